/*
 * Memory ends in the middle: in each call the first, the second, the third … allocation fails, once or from there on, until the call
 * succeeds without having met the failure. After each failure the errno is ENOMEM (or what the call says instead), every region and every
 * byte is as it was, in a child that shares the page tables too, the structures agree, and at the end nothing has leaked. Debug kernel
 * only: the release kernel has no failpoints.
 *
 * Mutations this catches: any change made before the last allocation; an unwind that forgets a node, a promise, a table or a reference; an
 * unwind that allocates; an error that is dropped.
 */
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "mm.h"

#ifndef __osier__

int main(void)
{
	printf("1..0 # skip Osier's failpoints\n");
	return 0;
}

#else

#define PIECES 5
#define PIECE_PAGES 8
#define PIECE_STEP 12
/* Five pieces with holes between them, across a boundary of page tables. */
#define ARENA ((char *)(0x2000000000 + (2ul << 20) - 28 * PAGE))
#define ELSEWHERE ((char *)0x2100000000)
#define MOST 400

static int file, witness_go[2];
static pid_t witness;
static const char *self;

/* ---- one call with a failpoint --------------------------------------------------------------- */

static long passes;

/*
 * Arms, calls, disarms: without touching the stack in between, whose pages a fork has just made copy-on-write. => the call's
 * result; `passes` says how often the point was passed.
 */
static long armed_call(const char *point, long nth, int mode, const long *call)
{
	register long r12 __asm__("r12") = (long)call, r13 __asm__("r13") = (long)point, r14 __asm__("r14") = SYS_failpoint,
		      r15 __asm__("r15");
	long result = SYS_failpoint;

	__asm__ volatile("syscall\n\t"				/* arm: arguments are in place */
			 "mov (%%r12), %%rax\n\t"
			 "mov 8(%%r12), %%rdi\n\t"
			 "mov 16(%%r12), %%rsi\n\t"
			 "mov 24(%%r12), %%rdx\n\t"
			 "mov 32(%%r12), %%r10\n\t"
			 "mov 40(%%r12), %%r8\n\t"
			 "mov 48(%%r12), %%r9\n\t"
			 "syscall\n\t"
			 "mov %%rax, %%r15\n\t"
			 "mov %%r14, %%rax\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "xor %%esi, %%esi\n\t"
			 "xor %%edx, %%edx\n\t"
			 "syscall"
			 : "+a"(result), "=r"(r15), "+r"(r12), "+r"(r13), "+r"(r14), "+D"(point), "+S"(nth), "+d"(mode)
			 :
			 : "rcx", "r8", "r9", "r10", "r11", "memory");
	passes = result;
	return r15;
}

/* ---- what must not change -------------------------------------------------------------------- */

static unsigned long pattern(unsigned piece, unsigned page)
{
	return 0x1234500000000 + piece * 100 + page;
}

static bool contents_good(void)
{
	for (unsigned piece = 0; piece < PIECES; piece++)
		for (unsigned page = 0; page < PIECE_PAGES; page++)
			if (*(volatile unsigned long *)(ARENA + (piece * PIECE_STEP + page) * PAGE) != pattern(piece, page))
				return false;
	return true;
}

/* A child that shares all tables and pages with us, as long as nobody writes; it ends when it is told, with 1 if it sees what it should. */
static void witness_start(void)
{
	(void)!pipe(witness_go);
	fflush(stdout);
	witness = fork();
	if (witness == 0) {
		char byte;

		close(witness_go[1]);
		(void)!read(witness_go[0], &byte, 1);
		_exit(contents_good() ? 1 : 2);
	}
}

static bool witness_end(void)
{
	int status = 0;

	close(witness_go[0]);
	close(witness_go[1]);
	waitpid(witness, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static void arena_make(void)
{
	char *at = ARENA;

	munmap(ELSEWHERE, 1024 * PAGE);
	munmap(ARENA - 512 * PAGE, 1024 * PAGE);
	mmap(at, PIECE_PAGES * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(at += PIECE_STEP * PAGE, PIECE_PAGES * PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0);
	mmap(at += PIECE_STEP * PAGE, PIECE_PAGES * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(at += PIECE_STEP * PAGE, PIECE_PAGES * PAGE, RW, SHARED | MAP_FIXED, -1, 0);
	mmap(at += PIECE_STEP * PAGE, PIECE_PAGES * PAGE, RW, MAP_PRIVATE | MAP_FIXED, file, 0);
	for (unsigned piece = 0; piece < PIECES; piece++)
		for (unsigned page = 0; page < PIECE_PAGES; page++)
			*(volatile unsigned long *)(ARENA + (piece * PIECE_STEP + page) * PAGE) = pattern(piece, page);
	mprotect(ARENA + 2 * PIECE_STEP * PAGE, PIECE_PAGES * PAGE, PROT_READ);
}

/* Slab objects in use, by cache. */
struct live {
	char text[6000];
};

static void live_count(struct live *live)
{
	static char text[8192];
	unsigned long used = 0, count;
	char name[32];

	slurp("/proc/slabinfo", text, sizeof text);
	for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (*line != '#' && sscanf(line, "%31s %*u %lu", name, &count) == 2 &&
		    strcmp(name, "slab_magazine"))
			used += (unsigned long)sprintf(live->text + used, "%s %lu\n", name, count);
}

/* ---- the calls ------------------------------------------------------------------------------- */

#define AT(piece, page) ((long)(ARENA + ((piece) * PIECE_STEP + (page)) * PAGE))

static char path[] = "mm_failpoints-new";
static int fds[2], two_fds[2];
static long old_break;

static void close_result(long result)
{
	close((int)result);
	unlink(path);
}

static void close_two(long result)
{
	close(two_fds[0]);
	close(two_fds[1]);
}

static void reap(long result)
{
	if (result == 0)
		_exit(0);
	waitpid((pid_t)result, NULL, 0);
}

static void remove_segment(long result)
{
	shmctl((int)result, IPC_RMID, NULL);
}

static void detach(long result)
{
	shmdt((void *)result);
}

static void unmap(long result)
{
	munmap((void *)result, 700 * PAGE);
}

static void lower_break(long result)
{
	syscall(SYS_brk, old_break);
}

static void shorten(long result)
{
	(void)!ftruncate(fds[0], 0);
}

struct call {
	const char *name;
	long call[7];
	void (*undo)(long result);
	int other_errno;		/* beside ENOMEM */
	bool no_witness;
	bool soft;			/* failing may leave a part of the pages gone: not all or nothing by nature */
};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static struct call calls[] = {
	{ "mmap", { SYS_mmap, 0, 700 * PAGE, RW, ANONYMOUS, -1, 0 }, unmap },
	{ "mmap shared", { SYS_mmap, 0, 700 * PAGE, RW, SHARED, -1, 0 }, unmap },
	{ "mmap fixed over five", { SYS_mmap, 0, 50 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0 } },
	{ "mmap fixed inside one", { SYS_mmap, 0, 2 * PAGE, RW, SHARED | MAP_FIXED, -1, 0 } },
	{ "mmap of a file over three", { SYS_mmap, 0, 22 * PAGE, RW, MAP_PRIVATE | MAP_FIXED, 0, 0 } },
	{ "munmap over five", { SYS_munmap, 0, 50 * PAGE } },
	{ "munmap inside one", { SYS_munmap, 0, 2 * PAGE } },
	{ "mprotect inside one", { SYS_mprotect, 0, 2 * PAGE, PROT_NONE } },
	{ "mprotect across", { SYS_mprotect, 0, 6 * PAGE, PROT_READ } },
	{ "mprotect to writable", { SYS_mprotect, 0, 4 * PAGE, RW } },
	{ "mremap moves", { SYS_mremap, 0, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (long)ELSEWHERE } },
	{ "mremap onto another", { SYS_mremap, 0, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 0 } },
	{ "mremap grows", { SYS_mremap, 0, 8 * PAGE, 12 * PAGE, 0 } },
	{ "mremap grows and moves", { SYS_mremap, 0, 8 * PAGE, 700 * PAGE, MREMAP_MAYMOVE }, unmap },
	{ "mremap shrinks", { SYS_mremap, 0, 8 * PAGE, 3 * PAGE, 0 } },
	{ "MADV_DONTNEED", { SYS_madvise, 0, 3 * PAGE, MADV_DONTNEED } },
	{ "mlock", { SYS_mlock, 0, 5 * PAGE }, .other_errno = EAGAIN, .soft = true },
	{ "brk", { SYS_brk, 0 }, lower_break },
	{ "fork", { SYS_fork }, reap, .other_errno = EAGAIN, .no_witness = true },
	{ "fork beside a child", { SYS_fork }, reap, .other_errno = EAGAIN },
	{ "open", { SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CREAT, 0600 }, close_result, .other_errno = ENOSPC },
	{ "pipe", { SYS_pipe2, (long)two_fds, 0 }, close_two, .other_errno = ENFILE },
	{ "memfd_create", { SYS_memfd_create, (long)"name", 0 }, close_result, .other_errno = ENOSPC },
	{ "shmget", { SYS_shmget, IPC_PRIVATE, 10 * PAGE, 0600 }, remove_segment, .other_errno = ENOSPC },
	{ "shmat", { SYS_shmat, 0, 0, 0 }, detach },
	{ "write to tmpfs", { SYS_pwrite, 0, 0, 3 * PAGE, 0 }, shorten, .other_errno = ENOSPC },
	{ "read into a shared page", { SYS_pread, 0, 0, 8, 0 }, .other_errno = EFAULT, .soft = true },
};

static struct call *find_call(const char *name)
{
	for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return NULL;
}

static void calls_complete(void)
{
	static const struct {
		const char *name;
		unsigned argument, piece, page;
	} addresses[] = {
		{ "mmap fixed over five", 1, 0, 3 }, { "mmap fixed inside one", 1, 0, 3 }, { "mmap of a file over three", 1, 1, 4 },
		{ "munmap over five", 1, 0, 3 }, { "munmap inside one", 1, 4, 2 }, { "mprotect inside one", 1, 2, 3 },
		{ "mprotect across", 1, 2, 2 }, { "mprotect to writable", 1, 2, 2 }, { "mremap moves", 1, 2, 0 },
		{ "mremap onto another", 1, 2, 2 }, { "mremap onto another", 5, 4, 2 }, { "mremap grows", 1, 3, 0 },
		{ "mremap grows and moves", 1, 0, 0 }, { "mremap shrinks", 1, 2, 0 }, { "MADV_DONTNEED", 1, 3, 2 },
		{ "mlock", 1, 0, 2 }, { "write to tmpfs", 2, 0, 0 }, { "read into a shared page", 2, 0, 5 },
	};

	for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++)
		find_call(addresses[i].name)->call[addresses[i].argument] = AT(addresses[i].piece, addresses[i].page);
	find_call("mmap of a file over three")->call[5] = file;
	fds[0] = open_scratch("mm_failpoints-scratch", 0);
	fds[1] = open_scratch("mm_failpoints-source", PAGE);
	find_call("write to tmpfs")->call[1] = fds[0];
	find_call("read into a shared page")->call[1] = fds[1];
	(void)!pwrite(fds[1], (unsigned long[]){ pattern(0, 5) }, 8, 0);
	find_call("shmat")->call[1] = shmget(IPC_PRIVATE, 10 * PAGE, 0600);
}

static bool is_failure(const struct call *call, long result)
{
	/* brk says what the break is. */
	if (call->call[0] == SYS_brk)
		return result == old_break;
	return result < 0 && result >= -4095;
}

/* One call at one point, k upwards. => failures seen, or -1: something is wrong. */
static int sweep(struct call *call, const char *point, int mode)
{
	int failures = 0;

	for (long k = 1; k < MOST; k++) {
		const char *wrong = NULL;
		long result, seen;

		arena_make();
		if (!call->no_witness)
			witness_start();
		maps_remember();
		if (call->call[0] == SYS_brk) {
			old_break = syscall(SYS_brk, 0);
			call->call[1] = old_break + 900 * (long)PAGE;
		}
		result = armed_call(point, k, mode, call->call);
		seen = passes;
		if (result == 0 && call->call[0] == SYS_fork)
			_exit(0);
		if (is_failure(call, result)) {
			failures++;
			if (result < 0 && result != -ENOMEM && result != -call->other_errno)
				wrong = strerror((int)-result);
			else if (!call->soft && !maps_same())
				wrong = "maps has changed";
			else if (!contents_good())
				wrong = "contents have changed";
			else if (seen < k)
				wrong = "failed without the failpoint";
		} else if (call->undo) {
			call->undo(result);
		}
		if (!wrong && !structures_of_self())
			wrong = "structures";
		if (!call->no_witness && !witness_end() && !wrong)
			wrong = "the child sees something else";
		if (call->soft)
			munlock((void *)call->call[1], 5 * PAGE);
		if (wrong) {
			note("%s, %s %s %ld: %s", call->name, point, mode == FAILPOINT_ONCE ? "once" : "from", k, wrong);
			return -1;
		}
		if (seen < k)
			return failures;
	}
	note("%s, %s: no end", call->name, point);
	return -1;
}

static const char *const points[] = { "frame_alloc", "slab_alloc", "table_alloc", "commit" };

static int sweep_all(struct call *call)
{
	int failures = 0;

	for (unsigned p = 0; p < sizeof points / sizeof *points; p++)
		for (int mode = FAILPOINT_ONCE; mode <= FAILPOINT_FROM; mode++) {
			int seen = sweep(call, points[p], mode);

			if (seen < 0)
				return -1;
			failures += seen;
		}
	return failures;
}

/* => whether a run leaves as much behind as it found. Says what not where it is asked to. */
static bool balanced(int (*run)(void *), void *argument, bool tell)
{
	static struct live before, after;
	long free_before, promised;
	bool good;

	arena_make();
	usleep(50000);
	live_count(&before);
	promised = meminfo("Committed_AS:");
	free_before = meminfo("MemFree:") + meminfo("Slab:");
	good = run(argument) >= 0;
	arena_make();
	/* Threads that have ended are freed a moment later. */
	for (int tries = 0; tries < 20; tries++) {
		live_count(&after);
		if (!strcmp(before.text, after.text))
			break;
		usleep(20000);
	}
	if (tell)
		for (char *a = before.text, *b = after.text; *a && *b; a = strchr(a, '\n') + 1, b = strchr(b, '\n') + 1)
			if (strncmp(a, b, strcspn(a, "\n") + 1))
				note("%.*s -> %.*s", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
	return good && !strcmp(before.text, after.text) && meminfo("Committed_AS:") == promised &&
	       free_before - meminfo("MemFree:") - meminfo("Slab:") <= 64;
}

/*
 * The first time fills caches; the second must leave nothing behind. Other processes may come and go meanwhile: a leak is there the
 * third and fourth time too.
 */
static void without_leak(const char *name, int (*run)(void *), void *argument)
{
	int failures = run(argument);

	ok(failures >= 0, "%s: %d failures", name, failures);
	if (failures >= 0)
		ok(balanced(run, argument, false) || balanced(run, argument, false) || balanced(run, argument, true),
		   "%s: nothing has leaked", name);
}

static int run_call(void *argument)
{
	return sweep_all(argument);
}

/* ---- exec ------------------------------------------------------------------------------------ */

/* In a child: exec fails and leaves the child as it was, or runs. */
static int run_exec(void *unused)
{
	static char *argv[] = { (char *)"mm_failpoints", (char *)"exec", NULL }, *envp[] = { NULL };
	const long call[7] = { SYS_execve, (long)self, (long)argv, (long)envp };
	int failures = 0;

	for (unsigned p = 0; p < sizeof points / sizeof *points; p++)
		for (long k = 1; k < MOST; k++) {
			int status;

			arena_make();
			status = exit_of_child({
				mlockall(MCL_CURRENT);
				maps_remember();
				long result = armed_call(points[p], k, FAILPOINT_ONCE, call);

				_exit(result != -ENOMEM && result != -EAGAIN ? 3 : !maps_same() ? 4 : !contents_good() ? 5 :
									 !structures_of_self() ? 6 : 1);
			});
			/* It ran; maybe not far, for what exec did not meet its first page faults do. */
			if (status == 7 || status == 1000 + SIGBUS)
				break;
			failures++;
			if (status != 1) {
				note("execve, %s %ld: %d", points[p], k, status);
				return -1;
			}
		}
	return failures;
}

/* ---- page faults ----------------------------------------------------------------------------- */

static char alternate[16384];

static void on_bus(int signal, siginfo_t *info, void *context)
{
	caught.signal = signal;
	caught.code = info->si_code;
	caught.address = info->si_addr;
}

/* Arms, writes, disarms: only the write can meet the failpoint. => how often it was passed. */
static long touch_armed(const char *point, long nth, void *address, unsigned long value)
{
	register long r12 __asm__("r12") = (long)address, r13 __asm__("r13") = (long)point, r14 __asm__("r14") = SYS_failpoint,
		      r15 __asm__("r15") = (long)value;
	long result = SYS_failpoint, mode = FAILPOINT_ONCE;

	__asm__ volatile("syscall\n\t"
			 "mov %%r15, (%%r12)\n\t"
			 "mov %%r14, %%rax\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "xor %%esi, %%esi\n\t"
			 "xor %%edx, %%edx\n\t"
			 "syscall"
			 : "+a"(result), "+D"(point), "+S"(nth), "+d"(mode)
			 : "r"(r12), "r"(r13), "r"(r14), "r"(r15)
			 : "rcx", "r11", "memory");
	return result;
}

/*
 * A write that finds no memory: SIGBUS for the writer; the handler returns, the instruction runs again and succeeds.
 * Copy-on-write, a shared page, a private page of a file, fresh private and fresh shared memory.
 */
static int run_faults(void *unused)
{
	static const struct {
		const char *name;
		unsigned piece, page;
		int flags;
	} places[] = {
		{ "copy-on-write", 0, 2, 0 }, { "shared file", 1, 2, 0 }, { "shared memory", 3, 2, 0 }, { "private file", 4, 2, 0 },
		{ "fresh private", 0, 0, ANONYMOUS }, { "fresh shared", 0, 0, SHARED }, { "fresh, not reserved", 0, 0, ANONYMOUS | MAP_NORESERVE },
	};
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate }, off = { .ss_flags = SS_DISABLE };
	struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO | SA_ONSTACK }, old;
	int failures = 0;
	long k, seen;

	sigaltstack(&stack, NULL);
	sigaction(SIGBUS, &action, &old);
	for (unsigned p = 0; p < sizeof points / sizeof *points; p++)
		for (unsigned place = 0; place < sizeof places / sizeof *places; place++)
			for (k = 1, seen = 1; seen >= k || k == 1; k++) {
				bool fresh = places[place].flags, good;
				char *at = fresh ? ELSEWHERE + 16 : (char *)AT(places[place].piece, places[place].page);

				arena_make();
				if (fresh)
					mmap(ELSEWHERE, PAGE, RW, places[place].flags | MAP_FIXED, -1, 0);
				witness_start();
				caught.signal = 0;
				seen = touch_armed(points[p], k, at, fresh ? 1 : pattern(places[place].piece, places[place].page));
				failures += caught.signal != 0;
				good = !caught.signal || (caught.signal == SIGBUS && caught.code == BUS_ADRERR && caught.address == at);
				good = contents_good() && structures_of_self() && witness_end() && good;
				if (!good || k == MOST) {
					note("%s, %s %ld: signal %d code %d at %p, wanted %p", places[place].name, points[p], k,
					     caught.signal, caught.code, (void *)caught.address, (void *)at);
					return -1;
				}
			}
	sigaction(SIGBUS, &old, NULL);
	sigaltstack(&off, NULL);
	return failures;
}

/* This program's file is in the page cache, all of it: exec brings in nothing that would look like a leak. */
static void cache_self(void)
{
	static char buffer[16 * PAGE];
	int fd = open(self, O_RDONLY);

	while (read(fd, buffer, sizeof buffer) > 0)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return strcmp(argv[1], "exec") ? 0 : 7;
	self = argv[0];
	if (syscall(SYS_failpoint, "slab_alloc", 0, FAILPOINT_QUERY) < 0 && errno == ENOSYS) {
		printf("1..0 # skip the release kernel has no failpoints\n");
		return 0;
	}
	file = open_scratch("mm_failpoints-file", 32 * PAGE);
	calls_complete();
	cache_self();
	/* Where memory seems to end, pages of files make room: this program's text must not, for it cannot be brought back then. */
	is(mlockall(MCL_CURRENT), 0, "mlockall");
	for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
		without_leak(calls[i].name, run_call, &calls[i]);
	without_leak("execve", run_exec, NULL);
	without_leak("page faults", run_faults, NULL);
	ok(structures_good(), "structures");
	return done();
}

#endif
