/*
 * What happens when the k-th allocation inside a call fails, for every k until the call goes through: the right errno, nothing lost,
 * and all memory back. Needs the debug kernel; the release kernel has no failpoints.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include "tap.h"

#define ONCE 0
#define QUERY 2

static long failpoint(const char *name, unsigned long nth, unsigned flags)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"((long)SYS_failpoint), "D"(name), "S"(nth), "d"((long)flags)
			 : "rcx", "r11", "memory");
	return result;
}

static long free_pages(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (long)(info.freeram + info.bufferram);
}

/* Each does one thing and undoes it. => 0, or the errno it failed with; -1: it did the wrong thing. */
static int do_fork(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(5);
	if (pid < 0)
		return errno;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 5 ? 0 : -1;
}

static int do_pipe(void)
{
	int fds[2];
	char byte = 0;

	if (pipe(fds))
		return errno;
	if (write(fds[1], "p", 1) != 1) {
		int error = errno;

		close(fds[0]);
		close(fds[1]);
		return error;
	}
	if (read(fds[0], &byte, 1) != 1 || byte != 'p')
		return -1;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static int do_open(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int do_create(void)
{
	int fd = open("/tmp/failpoint", O_RDWR | O_CREAT | O_TRUNC, 0600), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, "0123456789", 10) != 10)
		error = errno;
	close(fd);
	if (unlink("/tmp/failpoint") && !error)
		error = errno;
	unlink("/tmp/failpoint");
	return error;
}

static int do_mkdir(void)
{
	if (mkdir("/tmp/faildir", 0700))
		return errno;
	while (rmdir("/tmp/faildir"))
		if (errno != ENOMEM && errno != ENOSPC)
			return -1;
	return 0;
}

static int do_map(void)
{
	char *p = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error = 0;

	if (p == MAP_FAILED)
		return errno;
	if (mprotect(p + 4 * 4096, 4096, PROT_READ))
		error = errno;
	if (munmap(p + 8 * 4096, 4096) && !error)
		error = errno;
	while (munmap(p, 16 * 4096))
		if (errno != ENOMEM)
			return -1;
	return error;
}

static int do_shared(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return errno;
	return munmap(p, 4096) ? errno : 0;
}

static void handler(int signal)
{
}

static int do_signals(void)
{
	struct sigaction action = { .sa_handler = handler };
	union sigval value = { 1 };
	sigset_t set;

	if (sigaction(SIGUSR1, &action, NULL))
		return errno;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (sigqueue(getpid(), SIGRTMIN, value))
		return errno;
	return sigwaitinfo(&set, NULL) == SIGRTMIN ? 0 : -1;
}

static int do_groups(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setsid() < 0 ? errno : 0);
	if (pid < 0)
		return errno;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int do_poll(void)
{
	fd_set set;
	struct timeval none = { 0, 0 };

	FD_ZERO(&set);
	FD_SET(0, &set);
	return select(1, &set, NULL, NULL, &none) < 0 ? errno : 0;
}

static int do_write_shared_page(void)
{
	/* Copy on write in a child, while its parent lives: a lack of memory there is SIGBUS for it alone. */
	static volatile char page[8192] __attribute__((unused));

	page[4096] = 1;
	return 0;
}

static int do_proc(void)
{
	char buffer[4096];
	int fd = open("/proc/self/maps", O_RDONLY), error = 0;

	if (fd < 0)
		return errno;
	if (read(fd, buffer, sizeof buffer) < 0)
		error = errno;
	close(fd);
	return error;
}

/* In the process that will be replaced. */
static int do_exec(void)
{
	execl("/bin/true", "true", "an argument", NULL);
	return errno;
}

struct operation {
	const char *name;
	int (*run)(void);
	bool replaces;			/* exec: success is exit status 0 of what it runs */
};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const struct operation operations[] = {
	{ "fork", do_fork }, { "pipe", do_pipe }, { "open", do_open }, { "create, write, unlink", do_create },
	{ "mkdir, rmdir", do_mkdir }, { "mmap, mprotect, munmap", do_map }, { "shared memory", do_shared },
	{ "sigaction, sigqueue", do_signals }, { "setsid", do_groups }, { "select", do_poll },
	{ "copy on write", do_write_shared_page }, { "/proc", do_proc }, { "execve", do_exec, true },
};

static const char *const points[] = { "frame_alloc", "slab_alloc", "table_alloc", "commit" };

static bool acceptable(int error)
{
	return error == ENOMEM || error == EAGAIN || error == ENFILE || error == ENOSPC || error == EFAULT || error == EIO;
}

/* The k-th failure in a child of its own. => false when the call was through before it came. */
static bool attempt(const struct operation *operation, const char *point, unsigned long k, int *wrong)
{
	int status = in_child({
		int error;

		if (failpoint(point, k, ONCE) < 0)
			_exit(99);
		error = operation->run();
		if (failpoint(point, 0, QUERY) < (long)k && !operation->replaces) {
			failpoint(point, 0, ONCE);
			_exit(error ? 98 : 97);
		}
		failpoint(point, 0, ONCE);
		/* It failed, or survived the failure; once more it must work. */
		if (error && !acceptable(error))
			_exit(96);
		if (!operation->replaces && operation->run())
			_exit(95);
		_exit(error ? 1 : 2);
	});
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);

	if (code == 97)
		return false;
	if (operation->replaces) {
		/* exec went through when true ran; it may then have met the failure itself. There is no telling when it is over. */
		if (code != 0 && code != 1 && code != -SIGBUS && code != -SIGSEGV && code != -SIGKILL && code < 90) {
			note("%s, %s %lu: %d", operation->name, point, k, code);
			(*wrong)++;
		}
		return true;
	}
	/* A page that the program itself touches may be the one that fails: SIGBUS for the toucher. */
	if (code != 1 && code != 2 && code != -SIGBUS) {
		note("%s, %s %lu: %d", operation->name, point, k, code);
		(*wrong)++;
	}
	return true;
}

int main(void)
{
	long before, after;

	if (failpoint("slab_alloc", 0, QUERY) == -ENOSYS) {
		printf("1..0 # skip this kernel has no failpoints\n");
		return 0;
	}
	for (int round = 0; round < 2; round++) {
		before = free_pages();
		for (size_t o = 0; o < sizeof operations / sizeof operations[0]; o++)
			for (size_t p = 0; p < sizeof points / sizeof points[0]; p++) {
				int wrong = 0;
				unsigned long k = 1;

				if (failpoint(points[p], 0, ONCE) < 0)
					continue;
				while (k < (operations[o].replaces ? 50 : 300) && attempt(&operations[o], points[p], k, &wrong))
					k++;
				if (!round)
					is(wrong, 0, "%s survives %lu failures of %s", operations[o].name, k - 1, points[p]);
			}
		after = free_pages();
	}
	ok(after + 64 >= before, "all memory is back (%ld pages before, %ld after)", before, after);
	return done();
}
