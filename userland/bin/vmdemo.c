/*
 * vmdemo SCENE: provokes one kind of page fault. Each scene says in one line what it is about to touch, at a
 * fixed address, and then touches it: what a debugger stopped at the fault shows is the same in every run.
 *
 * Scenes marked fatal end with the signal that such an access deserves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL
#define BASE	((char *)0x10000000)	/* where every scene's memory is */
#define FILE_AT	"/etc/motd"		/* a file that is on every image */

enum { STACK_PAGES = 64 };

/* Anonymous or file memory at exactly BASE. Says what is wrong and ends when there is none. */
static char *map(size_t pages, int protection, int flags, int fd)
{
	char *memory = mmap(BASE, pages * PAGE, protection, flags | MAP_FIXED, fd, 0);

	if (memory == MAP_FAILED) {
		fprintf(stderr, "vmdemo: mmap of %zu pages at %p: %s\n", pages, (void *)BASE, strerror(errno));
		exit(1);
	}
	return memory;
}

static void protect(char *memory, size_t pages, int protection)
{
	if (mprotect(memory, pages * PAGE, protection) < 0) {
		fprintf(stderr, "vmdemo: mprotect of %zu pages at %p: %s\n", pages, (void *)memory, strerror(errno));
		exit(1);
	}
}

static int open_file(void)
{
	int fd = open(FILE_AT, O_RDONLY);

	if (fd < 0) {
		fprintf(stderr, "vmdemo: %s: %s\n", FILE_AT, strerror(errno));
		exit(1);
	}
	return fd;
}

/* Forks; in the parent waits and returns the child's exit status, in the child returns -1. */
static int in_child(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0) {
		perror("vmdemo: fork");
		exit(1);
	}
	if (pid == 0)
		return -1;
	if (waitpid(pid, &status, 0) != pid)
		perror("vmdemo: wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The regions of this process at and after BASE, as /proc shows them. */
static void show_regions(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start;

	while (maps && fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx", &start) == 1 && start >= (unsigned long)BASE && start < (unsigned long)BASE + (64UL << 20))
			printf("    %s", line);
	if (maps)
		fclose(maps);
}

/* ---- the scenes ------------------------------------------------------------------------------ */

static int zero(void)
{
	volatile char *memory = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	printf("read, then write, a promised page that nobody has touched: %p\n", (void *)(memory + 2 * PAGE));
	if (memory[2 * PAGE] != 0)
		return 1;
	memory[2 * PAGE] = 'Z';
	return memory[2 * PAGE] != 'Z';
}

static int cow(void)
{
	char *memory = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	volatile char *child = memory + 3 * PAGE + 0x10;
	int status;

	memset(memory, 'P', 8 * PAGE);
	printf("fork, then the child writes a page it shares with its parent: %p\n", (void *)child);
	status = in_child();
	if (status < 0) {
		child[0] = 'C';
		_exit(child[0] != 'C');
	}
	printf("the child saw its own 'C'; the parent still has '%c'\n", child[0]);
	return status || child[0] != 'P';
}

static int file(void)
{
	volatile char *memory = map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE, open_file());

	printf("read the first byte of %s, mapped private, then write it: %p\n", FILE_AT, (void *)memory);
	char first = memory[0];
	memory[0] = '#';
	printf("it was 0x%02x, the copy has '%c', the file is as before\n", first, memory[0]);
	return memory[0] != '#';
}

static int shared(void)
{
	volatile char *memory = map(8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	int status;

	printf("fork, then the child writes a page of shared memory: %p\n", (void *)(memory + PAGE));
	status = in_child();
	if (status < 0) {
		memory[PAGE] = 'S';
		_exit(0);
	}
	printf("the parent reads what the child wrote: '%c'\n", memory[PAGE]);
	return status || memory[PAGE] != 'S';
}

static int change_protection(void)
{
	volatile char *memory = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memory[0] = 'a';
	printf("mprotect to read-only and back, then write: %p\n", (void *)memory);
	protect((char *)memory, 8, PROT_READ);
	protect((char *)memory, 8, PROT_READ | PROT_WRITE);
	memory[0] = 'b';
	return memory[0] != 'b';
}

/* Goes down the stack, a page a call. */
static __attribute__((noinline)) unsigned long descend(int pages)
{
	volatile char page[PAGE];

	page[0] = (char)pages;
	return pages > 1 ? descend(pages - 1) + page[0] : (unsigned long)page;
}

static int stack(void)
{
	printf("descend %d pages below the stack pointer, %p\n", STACK_PAGES, __builtin_frame_address(0));
	return descend(STACK_PAGES) == 0;
}

static int guard(void)
{
	printf("descend without end from %p, through the whole stack into the guard below it (fatal)\n",
		__builtin_frame_address(0));
	return descend(1 << 30) == 0;
}

static int segv(void)
{
	printf("write where no region is: %p (fatal)\n", (void *)BASE);
	*(volatile char *)BASE = 'X';
	return 1;
}

static int readonly(void)
{
	volatile char *memory = map(8, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	printf("write a region that may only be read: %p (fatal)\n", (void *)memory);
	memory[0] = 'X';
	return 1;
}

static int noexec(void)
{
	char *memory = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memory[0] = (char)0xc3;			/* ret */
	printf("run an instruction in a region that may not be executed: %p (fatal)\n", (void *)memory);
	((void (*)(void))(uintptr_t)memory)();
	return 1;
}

static int bus(void)
{
	volatile char *memory = map(8, PROT_READ, MAP_PRIVATE, open_file());

	printf("read a page of a file mapping that lies after the file's end: %p (fatal)\n", (void *)(memory + 4 * PAGE));
	return memory[4 * PAGE] + 1;
}

static int split(void)
{
	char *memory = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memset(memory, 's', 8 * PAGE);
	printf("mprotect two pages in the middle, %p, of a region of eight: three regions\n", (void *)(memory + 3 * PAGE));
	protect(memory + 3 * PAGE, 2, PROT_READ);
	show_regions();
	printf("and back: they merge into one\n");
	protect(memory + 3 * PAGE, 2, PROT_READ | PROT_WRITE);
	show_regions();
	memory[3 * PAGE] = 't';
	return memory[3 * PAGE] != 't';
}

static int fork_scene(void)
{
	enum { PAGES = 4096 };
	char *memory = map(PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int status;

	memset(memory, 'f', PAGES * PAGE);
	printf("fork a process with %d pages at %p: tables are shared, nothing is copied until somebody writes\n", PAGES,
		(void *)memory);
	status = in_child();
	if (status < 0)
		_exit(memory[PAGES * PAGE - 1] != 'f');
	return status;
}

static int exec(void)
{
	int status;

	printf("fork, then exec /bin/vmdemo: a fresh space, its text faulted in from the page cache at %p\n", (void *)exec);
	fflush(stdout);
	status = in_child();
	if (status < 0) {
		execl("/bin/vmdemo", "vmdemo", "zero", (char *)NULL);
		perror("vmdemo: exec");
		_exit(1);
	}
	return status;
}

static const struct scene {
	const char *name, *about;
	int (*play)(void);
} scenes[] = {
	{ "zero", "first touch of promised memory", zero },
	{ "cow", "a write after fork", cow },
	{ "file", "a private mapping of a file: read, then write", file },
	{ "shared", "shared memory between parent and child", shared },
	{ "mprotect", "a write after the protection was taken and given back", change_protection },
	{ "stack", "the stack grows", stack },
	{ "guard", "the stack runs into its guard (fatal)", guard },
	{ "segv", "a write where nothing is (fatal)", segv },
	{ "readonly", "a write to read-only memory (fatal)", readonly },
	{ "noexec", "a jump into data (fatal)", noexec },
	{ "bus", "a file mapping beyond the file's end (fatal)", bus },
	{ "split", "one region becomes three, and one again", split },
	{ "fork", "fork of a large process", fork_scene },
	{ "exec", "a program replaces a process's memory", exec },
};

int main(int argc, char **argv)
{
	size_t count = sizeof scenes / sizeof scenes[0];

	/* What a scene says must be out before it is killed, and must not be said again by a child. */
	setvbuf(stdout, NULL, _IONBF, 0);
	for (size_t i = 0; argc == 2 && i < count; i++)
		if (strcmp(argv[1], scenes[i].name) == 0) {
			printf("vmdemo %s: ", argv[1]);
			return scenes[i].play();
		}
	fprintf(stderr, "usage: vmdemo SCENE\n");
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "  %-9s %s\n", scenes[i].name, scenes[i].about);
	return 2;
}
