/*
 * Limits of a process, and of the machine: RLIMIT_AS, DATA, STACK, MEMLOCK; promises that cannot be kept are not made; who touches memory
 * that was never promised gets SIGBUS, nobody else anything; and at the end every frame and every promise is back.
 *
 * Mutations this catches: a limit that is checked for mmap but not for brk, mremap, mprotect; a moved mapping that is charged twice; a fork
 * that is promised memory there is not; NORESERVE pages that eat what others were promised; a promise or frame that is not given back by
 * munmap, mremap, MADV_DONTNEED of a stack, exit, or an exec.
 */
#include <grp.h>
#include <sys/resource.h>

#include "mm.h"

#define MIB (1ul << 20)

static char *self;

static void limit(int which, unsigned long bytes)
{
	struct rlimit value;

	getrlimit(which, &value);
	value.rlim_cur = bytes;
	if (setrlimit(which, &value))
		_exit(90);
}

static unsigned long status_bytes(const char *key)
{
	return (unsigned long)proc_number("/proc/self/status", key) * 1024;
}

static bool no_memory(void *result)
{
	return result == MAP_FAILED && errno == ENOMEM;
}

/* => 0: as it should be, else the number of the check that failed. */
static int address_space(void)
{
	char *at, *to;

	sbrk(PAGE);
	limit(RLIMIT_AS, status_bytes("VmSize:") + 4 * MIB);
	if (!no_memory(mmap(NULL, 5 * MIB, PROT_NONE, ANONYMOUS, -1, 0)))
		return 1;
	at = mmap(NULL, 3 * MIB, RW, ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return 2;
	if (!no_memory(mmap(NULL, 2 * MIB, RW, SHARED, -1, 0)))
		return 3;
	if (!no_memory(mremap(at, 3 * MIB, 5 * MIB, MREMAP_MAYMOVE)))
		return 4;
	if (sbrk(2 * MIB) != (void *)-1 || errno != ENOMEM)
		return 5;
	/* What takes the place of something, or moves, adds nothing. */
	if (mmap(at, 3 * MIB, RW, ANONYMOUS | MAP_FIXED, -1, 0) != at)
		return 6;
	to = (char *)0x2000000000;
	if (mremap(at, 3 * MIB, 3 * MIB, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		return 7;
	munmap(to, 3 * MIB);
	at = mmap(NULL, 3 * MIB, PROT_NONE, ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? 8 : 0;
}

static int data(void)
{
	char *at;

	sbrk(PAGE);
	limit(RLIMIT_DATA, status_bytes("VmData:") + 4 * MIB);
	if (!no_memory(mmap(NULL, 5 * MIB, RW, ANONYMOUS, -1, 0)))
		return 1;
	at = mmap(NULL, 5 * MIB, PROT_READ, ANONYMOUS, -1, 0);
	if (at == MAP_FAILED || mmap(NULL, 5 * MIB, RW, SHARED, -1, 0) == MAP_FAILED)
		return 2;
	if (mprotect(at, 5 * MIB, RW) != -1 || errno != ENOMEM)
		return 3;
	if (mprotect(at, 3 * MIB, RW))
		return 4;
	if (sbrk(2 * MIB) != (void *)-1 || errno != ENOMEM)
		return 5;
	if (!no_memory(mremap(at, 3 * MIB, 5 * MIB, MREMAP_MAYMOVE)))
		return 6;
	if (mmap(at, 3 * MIB, RW, ANONYMOUS | MAP_FIXED, -1, 0) != at)
		return 7;
	munmap(at, 3 * MIB);
	return sbrk(2 * MIB) == (void *)-1 ? 8 : 0;
}

static int locking(void)
{
	char *at = map_anonymous(64, RW), *more;

	/* On Linux the limit is not for root. */
	if (setgroups(0, NULL) || setgid(100) || setuid(100))
		return 9;
	limit(RLIMIT_MEMLOCK, 16 * PAGE);
	if (mlock(at, 17 * PAGE) != -1 || errno != ENOMEM)
		return 1;
	if (mlock(at, 16 * PAGE) || mlock(at, 16 * PAGE))
		return 2;
	if (mlock(at + 20 * PAGE, PAGE) != -1 || errno != ENOMEM)
		return 3;
	if (munlock(at, 4 * PAGE) || mlock(at + 20 * PAGE, 4 * PAGE))
		return 4;
	more = mmap(NULL, PAGE, RW, ANONYMOUS | MAP_LOCKED, -1, 0);
	if (more != MAP_FAILED || errno != EAGAIN)
		return 5;
	if (mlockall(MCL_CURRENT) != -1 || errno != ENOMEM)
		return 6;
	more = mremap(at + 20 * PAGE, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	if (more != MAP_FAILED || errno != EAGAIN)
		return 7;
	/* A child has no locks, so it may have as many. */
	if (exit_of_child(_exit(mlock(at, 16 * PAGE) ? 1 : 0)))
		return 8;
	if (munlockall() || mlock(at + 20 * PAGE, 8 * PAGE))
		return 10;
	munlockall();
	limit(RLIMIT_MEMLOCK, 0);
	return mlock(at, PAGE) == -1 && errno == EPERM ? 0 : 11;
}

/* ---- the stack ------------------------------------------------------------------------------- */

static char alternate[16384];
static char *stack_base;
static char *volatile deepest;

static void overflowed(int signal, siginfo_t *info, void *context)
{
	long depth = stack_base - deepest;

	_exit(depth > 200 * 1024 && depth <= 260 * 1024 ? 42 : 43);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) static int recurse(int n)
{
	char frame[512];

	memset(frame, n, sizeof frame);
	deepest = frame;
	return recurse(n + 1) + frame[n & 511];
}
#pragma GCC diagnostic pop

static void run_deep(void)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
	struct sigaction action = { .sa_sigaction = overflowed, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	char here;

	stack_base = &here;
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	recurse(0);
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* KiB that could still be promised. */
static unsigned long promisable(void)
{
	return (unsigned long)(meminfo("CommitLimit:") - meminfo("Committed_AS:")) * 1024;
}

static void promises(void)
{
	unsigned long most = promisable() / 5 * 3 & ~(PAGE - 1);
	char *at = mmap(NULL, most, RW, ANONYMOUS, -1, 0), *other;
	long before;
	pid_t pid;

	ok(at != MAP_FAILED, "three fifths of what can be promised: %lu MiB", most >> 20);
	before = meminfo("Committed_AS:");
	fails_with(ENOMEM, mmap(NULL, most, RW, ANONYMOUS, -1, 0));
	fails_with(ENOMEM, mmap(NULL, most, RW, SHARED, -1, 0));
	other = mmap(NULL, most, PROT_READ, ANONYMOUS, -1, 0);
	ok(other != MAP_FAILED, "what may only be read needs no promise");
	fails_with(ENOMEM, mprotect(other, most, RW));
	munmap(other, most);
	/* Only the growth of what moves is promised. */
	other = mremap(at, most, most + MIB, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)0x2000000000);
	ok(other == (char *)0x2000000000, "it moves: nobody promises it twice");
	at = mremap(other, most + MIB, most, 0);
	at[0] = at[most - 1] = 1;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(0);
	ok(pid == -1 && errno == ENOMEM, "a fork would promise it twice: ENOMEM");
	ok(at[0] == 1 && at[most - 1] == 1 && structures_good(), "and nothing has happened");
	ok(labs(meminfo("Committed_AS:") - before) < 64, "nor is more promised than before");
	munmap(at, most);
	is(exit_of_child(_exit(7)), 7, "with less it forks");
}

/* Touches page after page until it may not. => how many bytes. */
__attribute__((noinline)) static unsigned long touch(char *memory, unsigned long size)
{
	static volatile unsigned long at;

	for (at = 0; at < size && !faults_writing(memory + at, 1); at += PAGE)
		;
	return at;
}

static void too_much(void)
{
	unsigned long size = (unsigned long)meminfo("MemTotal:") * 4 * 1024, kept = 8 * MIB;
	unsigned long left = promisable(), ballast = left > 64 * MIB ? left - 48 * MIB : PAGE;
	/* On a large machine most is promised to shared memory that nobody touches: touching all of it would take long. */
	char *weight = mmap(NULL, ballast, RW, SHARED, -1, 0);
	char *promised = mmap(NULL, kept, RW, ANONYMOUS, -1, 0), *unreserved;
	int ready[2], go[2], status;
	char byte;

	ok(promised != MAP_FAILED && weight != MAP_FAILED, "some memory that is promised and not touched");
	(void)!pipe(ready);
	(void)!pipe(go);
	fflush(stdout);
	pid_t hog = fork();

	if (hog == 0) {
		unsigned long at;

		unreserved = mmap(NULL, size, RW, ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (unreserved == MAP_FAILED)
			_exit(2);
		/* Holds what it got, until it is told. */
		at = touch(unreserved, size);
		if (caught.signal != SIGBUS || caught.address != unreserved + at)
			_exit(3);
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &byte, 1);
		_exit(1);
	}
	(void)!read(ready[0], &byte, 1);
	is(touch(promised, kept), kept, "what was promised is there, though another has touched all it could");
	fails_with(ENOMEM, mmap(NULL, 64 * MIB, RW, ANONYMOUS, -1, 0));
	ok(fork() == -1 && errno == ENOMEM, "fork says ENOMEM");
	(void)!write(go[1], "x", 1);
	waitpid(hog, &status, 0);
	is(WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), 1, "the one that touched too much got SIGBUS, and lived");
	is(exit_of_child(_exit(9)), 9, "then there is memory again");
	munmap(promised, kept);

	/* The same with shared memory. */
	hog = fork();
	if (hog == 0) {
		unreserved = mmap(NULL, size, RW, SHARED | MAP_NORESERVE, -1, 0);
		_exit(unreserved != MAP_FAILED && touch(unreserved, size) < size && caught.signal == SIGBUS ? 1 : 2);
	}
	waitpid(hog, &status, 0);
	is(WEXITSTATUS(status), 1, "shared memory without a reservation ends in SIGBUS too");
	munmap(weight, ballast);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
}

/*
 * Pages of a file on the disk are nobody's promise: mapped or not, clean ones make room. Only where the machine is small: the file must
 * be larger than what is left.
 */
static void cache_makes_room(void)
{
	unsigned long total = (unsigned long)meminfo("MemTotal:") * 1024, size = total / 5 * 3 & ~(PAGE - 1), promised = total / 5 * 3 & ~(PAGE - 1);
	static char block[64 * PAGE];
	unsigned long sum = 0;
	char *memory, *mapped;
	int fd;

	if (total > 100 * MIB)
		return;
	fd = open_scratch("/root/mm_limits-file", 0);
	memset(block, 1, sizeof block);
	for (unsigned long at = 0; at < size; at += sizeof block)
		if (pwrite(fd, block, sizeof block, (off_t)at) != sizeof block) {
			note("no room on the disk");
			close(fd);
			return;
		}
	fsync(fd);
	memory = mmap(NULL, promised, RW, ANONYMOUS, -1, 0);
	mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	ok(memory != MAP_FAILED && mapped != MAP_FAILED, "%lu MiB promised, a file of %lu MiB mapped", promised >> 20, size >> 20);
	for (unsigned long at = 0; at < size; at += PAGE)
		sum += (unsigned long)mapped[at];
	is(sum, size / PAGE, "all of the file is read");
	is(touch(memory, promised), promised, "what was promised is there");
	for (unsigned long at = sum = 0; at < size; at += PAGE)
		sum += (unsigned long)mapped[at];
	is(sum, size / PAGE, "and so is the file, read again");
	munmap(memory, promised);
	munmap(mapped, size);
	close(fd);
}

/* ---- all of it comes back -------------------------------------------------------------------- */

static void work(void)
{
	int fd = open_scratch("mm_limits-file", 100 * PAGE);
	char *a = map_anonymous(600, RW), *b = mmap(NULL, 100 * PAGE, RW, MAP_SHARED, fd, 0), *c = mmap(NULL, 100 * PAGE, RW, SHARED, -1, 0),
	     *d = mmap(NULL, 300 * PAGE, RW, ANONYMOUS | MAP_NORESERVE, -1, 0);

	memset(a, 1, 600 * PAGE);
	memset(b, 1, 100 * PAGE);
	memset(c, 1, 100 * PAGE);
	memset(d, 1, 300 * PAGE);
	for (int i = 0; i < 3; i++)
		in_child({
			memset(a, 2, 300 * PAGE);
			memset(d, 2, 100 * PAGE);
			in_child(memset(a + 200 * PAGE, 3, 300 * PAGE); madvise(d, 50 * PAGE, MADV_DONTNEED));
			a = mremap(a, 600 * PAGE, 700 * PAGE, MREMAP_MAYMOVE);
			munmap(a + 100 * PAGE, 77 * PAGE);
			in_child(execl(self, self, "nothing", NULL));
		});
	mprotect(a, 600 * PAGE, PROT_READ);
	madvise(d, 10 * PAGE, MADV_DONTNEED);
	d = mremap(d, 300 * PAGE, 500 * PAGE, MREMAP_MAYMOVE);
	memset(d, 1, 500 * PAGE);
	munmap(a, 600 * PAGE);
	munmap(b, 100 * PAGE);
	munmap(c, 100 * PAGE);
	munmap(d, 500 * PAGE);
	close(fd);
}

/* Deeper than the stack was so far, then given back. */
__attribute__((noinline)) static void stack_and_back(void)
{
	char deep[200 * 1024], *low = (char *)(((uintptr_t)deep + PAGE) & ~(PAGE - 1));

	memset(deep, 1, sizeof deep);
	__asm__ volatile("" : : "r"(deep) : "memory");
	madvise(low, 150 * 1024 & ~(PAGE - 1), MADV_DONTNEED);
}

static void coming_back(void)
{
	long before, promised;

	/* Twice without counting: caches fill up. */
	work();
	work();
	stack_and_back();
	before = meminfo("MemFree:") + meminfo("Slab:");
	promised = meminfo("Committed_AS:");
	for (int i = 0; i < 5; i++)
		work();
	for (int i = 0; i < 50; i++)
		stack_and_back();
	note("free: %ld KiB before, %ld after; promised: %ld before, %ld after", before, meminfo("MemFree:") + meminfo("Slab:"), promised,
	     meminfo("Committed_AS:"));
	if (on_osier) {
		ok(labs(before - meminfo("MemFree:") - meminfo("Slab:")) <= 256, "every frame is free again");
		is(meminfo("Committed_AS:"), promised, "every promise is back");
	}
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "deep"))
		run_deep();
	if (argc > 1)
		return 0;
	catch_faults();
	is(exit_of_child(_exit(address_space())), 0, "RLIMIT_AS");
	is(exit_of_child(_exit(data())), 0, "RLIMIT_DATA");
	is(exit_of_child(_exit(locking())), 0, "RLIMIT_MEMLOCK");
	is(exit_of_child(limit(RLIMIT_STACK, 256 * 1024); execl(self, self, "deep", NULL)), 42, "RLIMIT_STACK: the stack ends where it should");
	if (on_osier) {
		promises();
		too_much();
		cache_makes_room();
	}
	coming_back();
	ok(structures_good(), "structures");
	return done();
}
