/*
 * Copy-on-write: whoever writes, by whatever way, writes to its own copy, and nobody else sees it.
 *
 * Mutations this catches: W left in the parent's root after fork; the kernel writing through the direct map without breaking copy-on-write
 * (read, wait status, signal frame, pipe); mprotect that puts W into an entry whose frame is shared; a table copied without a reference
 * for each page; reuse of a frame that a grandchild still sees; a last owner that copies all the same (frames are lost).
 */
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "mm.h"

static int to_child[2], to_parent[2];

static void pipes_open(void)
{
	(void)!pipe(to_child);
	(void)!pipe(to_parent);
}

static void pipes_close(void)
{
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(to_parent[i]);
	}
}

static void tell(int fd)
{
	(void)!write(fd, "x", 1);
}

static void hear(int fd)
{
	char byte;

	(void)!read(fd, &byte, 1);
}

/* ---- by the program -------------------------------------------------------------------------- */

static void by_hand(void)
{
	char *pages = map_anonymous(4, RW);

	memset(pages, 'a', 4 * PAGE);
	is(exit_of_child(pages[0] = 'b'; pages[PAGE] = 'b'; _exit(pages[0] == 'b' && pages[1] == 'a' && pages[2 * PAGE] == 'a')), 1,
	   "the child writes to its copy");
	ok(pages[0] == 'a' && pages[PAGE] == 'a', "the parent does not see it");
	pipes_open();
	pid_t pid = fork();

	if (pid == 0) {
		hear(to_child[0]);
		_exit(pages[0] == 'a' && pages[3 * PAGE] == 'a' ? 1 : 2);
	}
	pages[0] = pages[3 * PAGE] = 'p';
	tell(to_child[1]);
	int status;

	waitpid(pid, &status, 0);
	is(WEXITSTATUS(status), 1, "what the parent writes after fork, the child does not see");
	ok(pages[0] == 'p', "the parent does");
	pipes_close();
	munmap(pages, 4 * PAGE);
}

/* ---- by the kernel --------------------------------------------------------------------------- */

/* Each writes into a page that a waiting child shares; => what then stands there. */
static long write_read(char *page, int fd)
{
	return pread(fd, page, 8, 0);
}

static long write_pipe(char *page, int fd)
{
	int fds[2];
	long got;

	(void)!pipe(fds);
	(void)!write(fds[1], "kernel!!", 8);
	got = read(fds[0], page, 8);
	close(fds[0]);
	close(fds[1]);
	return got;
}

static long write_vector(char *page, int fd)
{
	struct iovec vector[2] = { { page, 4 }, { page + PAGE - 4, 4 } };

	return preadv(fd, vector, 2, 0);
}

static long write_status(char *page, int fd)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(77);
	return waitpid(pid, (int *)page, 0);
}

static long write_stat(char *page, int fd)
{
	return fstat(fd, (struct stat *)page) ? -1 : 1;
}

static long write_limit(char *page, int fd)
{
	return getrlimit(RLIMIT_NOFILE, (struct rlimit *)page) ? -1 : 1;
}

static long write_clock(char *page, int fd)
{
	return clock_gettime(CLOCK_REALTIME, (struct timespec *)page) ? -1 : 1;
}

static long write_cwd(char *page, int fd)
{
	return getcwd(page, PAGE) ? 1 : -1;
}

static long write_pipe_numbers(char *page, int fd)
{
	int *fds = (int *)page;

	if (pipe(fds))
		return -1;
	close(fds[0]);
	close(fds[1]);
	return 1;
}

static long write_mask(char *page, int fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sigprocmask(SIG_UNBLOCK, &set, (sigset_t *)page) ? -1 : 1;
}

static void on_signal(int number)
{
}

/* The signal's frame goes to the page. */
static long write_frame(char *page, int fd)
{
	stack_t stack = { .ss_sp = page, .ss_size = 8 * PAGE }, off = { .ss_flags = SS_DISABLE };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	sigaltstack(&off, NULL);
	return 1;
}

static void by_kernel(void)
{
	static const struct {
		const char *name;
		long (*write)(char *, int);
	} ways[] = {
		{ "read", write_read }, { "read of a pipe", write_pipe }, { "readv", write_vector }, { "wait status", write_status },
		{ "fstat", write_stat }, { "getrlimit", write_limit }, { "clock_gettime", write_clock }, { "getcwd", write_cwd },
		{ "pipe", write_pipe_numbers }, { "sigprocmask", write_mask }, { "a signal's frame", write_frame },
	};
	int file = open_scratch("mm_cow-file", PAGE);

	(void)!pwrite(file, "kernel!!", 8, 0);
	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
		char *pages = map_anonymous(8, RW);
		long done;
		int status;

		memset(pages, 0x5a, 8 * PAGE);
		pipes_open();
		fflush(stdout);
		pid_t pid = fork();

		if (pid == 0) {
			hear(to_child[0]);
			for (unsigned long at = 0; at < 8 * PAGE; at++)
				if (pages[at] != 0x5a)
					_exit(2);
			_exit(1);
		}
		done = ways[i].write(pages, file);
		tell(to_child[1]);
		waitpid(pid, &status, 0);
		bool changed = false;

		for (unsigned long at = 0; at < 8 * PAGE; at++)
			changed |= pages[at] != 0x5a;
		ok(done > 0 && changed, "%s writes to the page", ways[i].name);
		is(WEXITSTATUS(status), 1, "... and the child, which shares it, does not see that");
		/* And the other way round: the child's kernel writes. */
		memset(pages, 0x5a, 8 * PAGE);
		pid = fork();
		if (pid == 0)
			_exit(ways[i].write(pages, file) > 0 ? 1 : 2);
		waitpid(pid, &status, 0);
		changed = false;
		for (unsigned long at = 0; at < 8 * PAGE; at++)
			changed |= pages[at] != 0x5a;
		ok(WEXITSTATUS(status) == 1 && !changed, "... nor the parent when the child does it");
		pipes_close();
		munmap(pages, 8 * PAGE);
	}
	close(file);
}

/* ---- mprotect -------------------------------------------------------------------------------- */

static void protecting(void)
{
	char *pages = map_anonymous(4, RW);
	int status;

	memset(pages, 'a', 4 * PAGE);
	pipes_open();
	pid_t pid = fork();

	if (pid == 0) {
		hear(to_child[0]);
		_exit(pages[0] == 'a' && pages[PAGE] == 'a' && pages[2 * PAGE] == 'a' ? 1 : 2);
	}
	mprotect(pages, 4 * PAGE, PROT_READ);
	mprotect(pages, 4 * PAGE, RW);
	pages[0] = 'p';
	mprotect(pages + PAGE, PAGE, PROT_NONE);
	mprotect(pages + PAGE, PAGE, RW);
	pages[PAGE] = 'p';
	mprotect(pages + 2 * PAGE, PAGE, RW | PROT_EXEC);
	pages[2 * PAGE] = 'p';
	tell(to_child[1]);
	waitpid(pid, &status, 0);
	is(WEXITSTATUS(status), 1, "mprotect after fork gives no shared frame away");
	pipes_close();
	/* Protected at the time of the fork, writable after. */
	memset(pages, 'a', 4 * PAGE);
	mprotect(pages, 4 * PAGE, PROT_NONE);
	is(exit_of_child(mprotect(pages, 4 * PAGE, RW); pages[0] = 'c'; _exit(pages[1] == 'a' ? 1 : 2)), 1,
	   "a child opens what was closed");
	mprotect(pages, 4 * PAGE, PROT_READ);
	ok(pages[0] == 'a', "and the parent's page is its own");
	munmap(pages, 4 * PAGE);
}

/* ---- generations ----------------------------------------------------------------------------- */

/*
 * Parent, child, grandchild: they end in each of the six orders, and each sees its own values to its end. The page's value tells who
 * wrote last; page 2 nobody writes after the first.
 */
static void generations(void)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	/* Told to all: whose turn it is to check and die, and what each found. */
	volatile int *board = mmap(NULL, PAGE, RW, SHARED, -1, 0);

	for (int n = 0; n < 6; n++) {
		memset((void *)board, 0, PAGE);
		pipes_open();
		/* The generations are all children of this process's child, so that even the first may die first. */
		pid_t pid = fork();

		if (pid == 0) {
			char *pages = map_anonymous(3, RW);
			int self = 0;

			memset(pages, '0', 3 * PAGE);
			for (int i = 1; i < 3; i++) {
				if (fork())
					break;
				self = i;
				pages[0] = (char)('0' + i);
			}
			for (int turn = 0; turn < 3; turn++) {
				while (board[0] < turn)
					sched_yield();
				/* All write between two deaths. */
				if (orders[n][turn] == self) {
					bool right = pages[0] == '0' + self && pages[PAGE] == (turn ? 'a' + self : '0') &&
						     pages[2 * PAGE] == '0' && pages[2 * PAGE + 1] == '0';

					board[1 + self] = right ? 1 : 2;
					board[0] = turn + 1;
					_exit(0);
				}
				pages[PAGE] = (char)('a' + self);
			}
		}
		while (board[0] != 3)
			sched_yield();
		waitpid(pid, NULL, 0);
		ok(board[1] == 1 && board[2] == 1 && board[3] == 1, "three generations, the deaths in order %d %d %d", orders[n][0],
		   orders[n][1], orders[n][2]);
		pipes_close();
	}
	munmap((void *)board, PAGE);
}

/* ---- the last owner -------------------------------------------------------------------------- */

static long copies_made(void)
{
	return on_osier ? proc_number("/proc/self/status", "FaultsCowCopy") : 0;
}

static void last_owner(void)
{
	enum { PAGES = 256 };
	char *pages = map_anonymous(PAGES, RW);
	long before, free_before;

	for (int i = 0; i < PAGES; i++)
		pages[i * PAGE] = (char)i;
	is(exit_of_child(_exit(pages[5 * PAGE])), 5, "a child that only reads");
	before = copies_made();
	free_before = meminfo("MemFree:");
	for (int i = 0; i < PAGES; i++)
		pages[i * PAGE + 1] = (char)i;
	if (on_osier) {
		ok(copies_made() - before < 8, "the last owner writes in place: %ld copies", copies_made() - before);
		ok(free_before - meminfo("MemFree:") < PAGES, "... and takes no frames");
	}
	/* And after a child that wrote to half of it. */
	is(exit_of_child(for (int i = 0; i < PAGES; i += 2) pages[i * PAGE] = 99; _exit(pages[1 * PAGE])), 1, "a child writes to half");
	bool right = true;

	for (int i = 0; i < PAGES; i++)
		right &= pages[i * PAGE] == (char)i && pages[i * PAGE + 1] == (char)i;
	ok(right, "none of it arrives");
	before = copies_made();
	memset(pages, 7, PAGES * PAGE);
	if (on_osier)
		ok(copies_made() - before < 8, "then the parent writes in place again: %ld copies", copies_made() - before);
	munmap(pages, PAGES * PAGE);
}

/* The shared frame of zeros is nobody's to write. */
static void zeros(void)
{
	char *pages = map_anonymous(64, RW), *others = map_anonymous(64, RW);
	bool zero = true;

	for (int i = 0; i < 64; i++)
		zero &= pages[i * PAGE] == 0 && others[i * PAGE + 5] == 0;
	ok(zero, "fresh pages are zero");
	memset(pages, 1, 32 * PAGE);
	is(exit_of_child(memset(pages + 32 * PAGE, 2, 32 * PAGE); _exit(others[40 * PAGE] + pages[3])), 1, "a child writes to pages only read");
	for (unsigned long at = 0; at < 64 * PAGE; at++)
		zero &= others[at] == 0 && pages[at] == (at < 32 * PAGE);
	ok(zero, "the others are zero still");
	munmap(pages, 64 * PAGE);
	munmap(others, 64 * PAGE);
}

int main(void)
{
	by_hand();
	by_kernel();
	protecting();
	generations();
	last_owner();
	zeros();
	ok(structures_good(), "structures");
	return done();
}
