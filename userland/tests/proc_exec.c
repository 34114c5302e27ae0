/*
 * execve: arguments, environment, scripts, what is inherited, and every file that must be refused. Refused means: the old
 * program goes on with an errno.
 */
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tap.h"

#define DIRECTORY "/tmp/exec-test"

static const char *self = "/proc/self/exe";
static char real_self[256];

/* ---- what this program does when it is executed by itself ------------------------------------- */

static int as_child(int argc, char **argv)
{
	const char *mode = argv[1] + 6;

	if (!strcmp(mode, "count"))
		return argc == 10002 && !strcmp(argv[10001], "last") ? 0 : 1;
	if (!strcmp(mode, "env"))
		return getenv("ONLY") && !strcmp(getenv("ONLY"), "this") && !getenv("PATH") ? 0 : 1;
	if (!strcmp(mode, "fds"))
		return fcntl(10, F_GETFD) == 0 && fcntl(11, F_GETFD) == -1 ? 0 : 1;
	if (!strcmp(mode, "signals")) {
		struct sigaction action;
		sigset_t set;

		sigaction(SIGUSR1, NULL, &action);
		if (action.sa_handler != SIG_DFL)
			return 1;
		sigaction(SIGUSR2, NULL, &action);
		if (action.sa_handler != SIG_IGN)
			return 2;
		sigprocmask(SIG_SETMASK, NULL, &set);
		return sigismember(&set, SIGWINCH) ? 0 : 3;
	}
	if (!strcmp(mode, "aligned")) {
		/* A local that the ABI puts on a 16-byte boundary. */
		__attribute__((aligned(16))) volatile char local[16];

		return (uintptr_t)local % 16;
	}
	return 99;
}

static int run(const char *path, char *const argv[], char *const envp[])
{
	return exit_of_child({
		execve(path, argv, envp);
		_exit(100 + errno);
	});
}

static void put(const char *name, const void *bytes, size_t size, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || fchmod(fd, mode))
		printf("# cannot write %s: %s\n", name, strerror(errno));
	close(fd);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text), 0755);
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void arguments(void)
{
	static char *many[10003], *huge[3];
	char **volatile wild = (char **)8;
	char *env[] = { "ONLY=this", NULL }, *none[] = { NULL };
	char *argv[] = { "x", "child:env", NULL };

	many[0] = "x";
	many[1] = "child:count";
	for (int i = 2; i < 10001; i++)
		many[i] = "argument";
	many[10001] = "last";
	is(run(self, many, none), 0, "10,000 arguments arrive");
	is(run(self, argv, env), 0, "the environment is the one given");
	argv[1] = "child:aligned";
	is(run(self, argv, none), 0, "the stack is aligned");

	huge[0] = "true";
	huge[1] = malloc(3 << 20);
	memset(huge[1], 'a', 3 << 20);
	huge[1][(3 << 20) - 1] = 0;
	is(run(self, huge, none), 100 + E2BIG, "a string beyond ARG_MAX: E2BIG");
	huge[1][200000] = 0;
	is(run("/bin/true", huge, none), 0, "a string of 200,000 bytes goes through");
	free(huge[1]);
	is(exit_of_child({ execve("/bin/true", wild, none); _exit(100 + errno); }), 100 + EFAULT,
	   "a wild argument vector: EFAULT");
	is(exit_of_child({
		   char *bad[] = { "x", (char *)0xffff800000000000, NULL };
		   execve("/bin/true", bad, none);
		   _exit(100 + errno);
	   }), 100 + EFAULT, "a kernel address as argument: EFAULT");
	is(exit_of_child({ execve((char *)-1, none, none); _exit(100 + errno); }), 100 + EFAULT,
	   "a wild path: EFAULT");
}

static void inheritance(void)
{
	struct sigaction handler = { .sa_handler = (void (*)(int))arguments };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	char *argv[] = { "x", "child:fds", NULL };
	sigset_t set;

	is(exit_of_child({
		   dup2(1, 10);
		   dup2(1, 11);
		   fcntl(11, F_SETFD, FD_CLOEXEC);
		   execv(self, argv);
	   }), 0, "close-on-exec closes, others stay");
	argv[1] = "child:signals";
	is(exit_of_child({
		   sigaction(SIGUSR1, &handler, NULL);
		   sigaction(SIGUSR2, &ignore, NULL);
		   sigemptyset(&set);
		   sigaddset(&set, SIGWINCH);
		   sigprocmask(SIG_SETMASK, &set, NULL);
		   execv(self, argv);
	   }), 0, "handlers go to default, ignoring and mask stay");
	ok(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_ENTRY) && getauxval(AT_PHNUM) && getauxval(AT_RANDOM),
	   "the auxiliary vector is there");
}

/* ---- scripts --------------------------------------------------------------------------------- */

static void scripts(void)
{
	char *argv[] = { "x", "one", NULL }, *env[] = { "PATH=/bin", NULL };

	put_text(DIRECTORY "/plain", "#!/bin/sh\n[ \"$0\" = " DIRECTORY "/plain ] && [ \"$1\" = one ] && exit 7\nexit 1\n");
	is(run(DIRECTORY "/plain", argv, env), 7, "a script gets its path and its arguments");
	put_text(DIRECTORY "/option", "#! /bin/sh  -eu  \nexit $((${#-} >= 2 ? 5 : 1))\n");
	is(run(DIRECTORY "/option", argv, env), 5, "a script's one argument");
	put_text(DIRECTORY "/missing", "#!/no/such/interpreter\n");
	is(run(DIRECTORY "/missing", argv, env), 100 + ENOENT, "a missing interpreter: ENOENT");
	put_text(DIRECTORY "/empty", "#!\n");
	is(run(DIRECTORY "/empty", argv, env), 100 + ENOEXEC, "no interpreter: ENOEXEC");
	put_text(DIRECTORY "/loop", "#!" DIRECTORY "/loop\n");
	is(run(DIRECTORY "/loop", argv, env), 100 + ELOOP, "a script that is its own interpreter: ELOOP");
	put_text(DIRECTORY "/second", "#!" DIRECTORY "/plain2\n");
	put_text(DIRECTORY "/plain2", "#!/bin/sh\n[ \"$1\" = " DIRECTORY "/second ] && exit 9\n");
	is(run(DIRECTORY "/second", argv, env), 9, "a script as interpreter of a script");
	put_text(DIRECTORY "/words", "exit 4\n");
	is(run(DIRECTORY "/words", argv, env), 100 + ENOEXEC, "text without #!: ENOEXEC");
	is(exit_of_child(execl("/bin/sh", "sh", "-c", DIRECTORY "/words", NULL)), 4, "which the shell then runs itself");
}

/* ---- files that must be refused --------------------------------------------------------------- */

struct elf_header {
	unsigned char ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct tiny {
	struct elf_header header;
	struct program_header program[2];
	unsigned char code[16];
} __attribute__((packed));

/* A good program that exits with 42: mov edi,42; mov eax,74; syscall. */
static struct tiny tiny_good(void)
{
	struct tiny t = {
		.header = {
			.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
			.type = 2, .machine = 62, .version = 1, .entry = 0x400000 + offsetof(struct tiny, code),
			.phoff = offsetof(struct tiny, program), .ehsize = 64, .phentsize = 56, .phnum = 1,
		},
		.program[0] = { .type = 1, .flags = 5, .vaddr = 0x400000, .filesz = sizeof(struct tiny),
				.memsz = sizeof(struct tiny), .align = 4096 },
		.code = { 0xbf, 42, 0, 0, 0, 0xb8, 74, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b },
	};

	return t;
}

static int run_tiny(const struct tiny *t, size_t size)
{
	char *argv[] = { "tiny", NULL };

	put(DIRECTORY "/tiny", t, size, 0755);
	return run(DIRECTORY "/tiny", argv, argv + 1);
}

#define REFUSED(wanted, text, change)                                                              \
	do {                                                                                       \
		struct tiny t = tiny_good();                                                       \
		size_t size = sizeof t;                                                            \
		change;                                                                            \
		is(run_tiny(&t, size), 100 + (wanted), "%s: %s", text, #wanted);                   \
	} while (0)

static void hostile(void)
{
	struct tiny good = tiny_good();
	char *argv[] = { "x", NULL }, **volatile nothing = NULL;

	is(run_tiny(&good, sizeof good), 42, "a hand-made program runs");
	is(run(DIRECTORY "/tiny", nothing, nothing), 42, "also with no vectors at all");
	REFUSED(ENOEXEC, "an empty file", size = 0);
	REFUSED(ENOEXEC, "four bytes", size = 4);
	REFUSED(ENOEXEC, "a cut header", size = 60);
	REFUSED(ENOEXEC, "cut program headers", size = 100);
	REFUSED(ENOEXEC, "a wrong magic number", t.header.ident[0] = 0x7e);
	REFUSED(ENOEXEC, "32 bits", t.header.ident[4] = 1);
	REFUSED(ENOEXEC, "big endian", t.header.ident[5] = 2);
	REFUSED(ENOEXEC, "another machine", t.header.machine = 183);
	REFUSED(ENOEXEC, "an object file", t.header.type = 1);
	REFUSED(ENOEXEC, "no program headers", t.header.phnum = 0);
	REFUSED(ENOEXEC, "65535 program headers", t.header.phnum = 0xffff);
	REFUSED(ENOEXEC, "headers of another size", t.header.phentsize = 32);
	REFUSED(ENOEXEC, "headers beyond the end", t.header.phoff = 1ull << 40);
	REFUSED(ENOEXEC, "headers at an offset that wraps", t.header.phoff = ~0ull - 8);
	REFUSED(ENOEXEC, "no segment to load", t.program[0].type = 4);
	REFUSED(ENOEXEC, "a dynamic linker is asked for", (t.header.phnum = 2, t.program[1].type = 3));
	REFUSED(EINVAL, "memsz < filesz", t.program[0].memsz = 8);
	REFUSED(EINVAL, "a segment beyond the end of the file", t.program[0].filesz = t.program[0].memsz = 8192);
	REFUSED(EINVAL, "an offset that wraps", t.program[0].offset = ~0ull & ~4095ull);
	REFUSED(EINVAL, "a kernel address", t.program[0].vaddr = 0xffffffff80000000);
	REFUSED(EINVAL, "an address that is not canonical", t.program[0].vaddr = 0x800000000000);
	REFUSED(EINVAL, "a segment that wraps around", t.program[0].memsz = ~0ull);
	REFUSED(EINVAL, "a segment that ends in the kernel", t.program[0].memsz = 0x7ffffffff000);
	REFUSED(EINVAL, "address and offset differ within the page", t.program[0].vaddr = 0x400010);
	REFUSED(EINVAL, "page zero", t.program[0].vaddr = 0);
	REFUSED(EINVAL, "overlapping segments", (t.header.phnum = 2, t.program[1] = t.program[0]));
	REFUSED(EINVAL, "an entry outside of the code", t.header.entry = 0x500000);
	REFUSED(EINVAL, "an entry that is not executable", t.program[0].flags = 6);
	REFUSED(ENOMEM, "a segment larger than the machine's promise",
		(t.header.phnum = 2, t.program[1] = (struct program_header){ .type = 1, .flags = 6, .vaddr = 0x10000000,
									     .memsz = 1ull << 36 }));

	is(run("/no/such/file", argv, argv + 1), 100 + ENOENT, "no file: ENOENT");
	is(run("/tmp", argv, argv + 1), 100 + EACCES, "a directory: EACCES");
	put(DIRECTORY "/mode", &good, sizeof good, 0644);
	is(run(DIRECTORY "/mode", argv, argv + 1), 100 + EACCES, "not executable: EACCES");
	is(run(DIRECTORY "/mode/x", argv, argv + 1), 100 + ENOTDIR, "a file as directory: ENOTDIR");
	put(DIRECTORY "/open", &good, sizeof good, 0755);
	is(exit_of_child({
		   int fd = open(DIRECTORY "/open", O_WRONLY);
		   (void)fd;
		   execve(DIRECTORY "/open", argv, argv + 1);
		   _exit(100 + errno);
	   }), 100 + ETXTBSY, "open for writing: ETXTBSY");
}

/* Bytes between the file's end of a segment and its end in memory are zero, also within the last page. */
static void bss(void)
{
	static char zero[20000];
	size_t i = 0;

	while (i < sizeof zero && !zero[i])
		i++;
	is(i, sizeof zero, "bss is zero");
	zero[0] = 1;
}

static void limits(void)
{
	struct rlimit limit = { 64 << 20, 64 << 20 };

	is(exit_of_child({
		   setrlimit(RLIMIT_AS, &limit);
		   execl("/bin/true", "true", NULL);
		   _exit(100 + errno);
	   }), 0, "exec within RLIMIT_AS");
	limit.rlim_cur = limit.rlim_max = 4096;
	is(exit_of_child({
		   setrlimit(RLIMIT_AS, &limit);
		   execl("/bin/true", "true", NULL);
		   _exit(100 + errno);
	   }), 100 + ENOMEM, "exec beyond RLIMIT_AS: ENOMEM, and the caller lives");
}

int main(int argc, char **argv)
{
	ssize_t length;

	if (argc > 1 && !strncmp(argv[1], "child:", 6))
		return as_child(argc, argv);
	length = readlink(self, real_self, sizeof real_self - 1);
	ok(length > 0 && real_self[0] == '/', "/proc/self/exe names this program");
	self = length > 0 ? real_self : argv[0];
	mkdir(DIRECTORY, 0755);
	arguments();
	inheritance();
	scripts();
	hostile();
	bss();
	limits();
	return done();
}
