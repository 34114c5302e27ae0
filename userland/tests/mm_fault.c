/*
 * Faults: the exact signal, code and address for every case; handlers that repair and return; synchronous signals that are blocked or
 * ignored kill; a stack overflow on an alternate stack; and nothing tells mapped kernel addresses from unmapped ones.
 *
 * Mutations this catches: SEGV_MAPERR and SEGV_ACCERR swapped; si_addr rounded down to the page; a guard that says ACCERR; NX not set for
 * PROT_READ; a fault that is retried for ever when its signal is blocked; the handler's frame pushed on the overflowed stack.
 */
#include <sys/resource.h>

#include "mm.h"

#ifndef SI_KERNEL
#define SI_KERNEL 0x80
#endif

__attribute__((noinline)) static void run_at(void *address)
{
	((void (*)(void))address)();
}

static void codes(void)
{
	char *five = mmap((void *)0x2000000000, 5 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	char *none = map_anonymous(1, PROT_NONE), *reading = map_anonymous(1, PROT_READ);
	int file = open_scratch("mm_fault-file", PAGE + 100);
	char *mapped = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, file, 0);
	char *copied = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, file, 0);

	munmap(five + PAGE, PAGE);
	faults_with(SIGSEGV, SEGV_MAPERR, five + PAGE + 123, "reading what is not mapped", read_byte(five + PAGE + 123));
	faults_with(SIGSEGV, SEGV_MAPERR, five + PAGE, "writing the first byte behind a mapping", write_byte(five + PAGE, 1));
	faults_with(SIGSEGV, SEGV_MAPERR, five + PAGE, "a word that begins in a mapping and ends outside",
		    *(volatile uint64_t *)(five + PAGE - 4) = 1);
	faults_with(SIGSEGV, SEGV_MAPERR, five + PAGE, "jumping there", run_at(five + PAGE));
	faults_with(SIGSEGV, SEGV_MAPERR, NULL, "a null pointer", read_byte(0));
	faults_with(SIGSEGV, SEGV_MAPERR, (char *)0xfff, "the end of page zero", write_byte(0xfff, 1));
	faults_with(SIGSEGV, SEGV_ACCERR, none + 77, "reading PROT_NONE", read_byte(none + 77));
	faults_with(SIGSEGV, SEGV_ACCERR, none + 4095, "writing PROT_NONE", write_byte(none + 4095, 1));
	faults_with(SIGSEGV, SEGV_ACCERR, reading + 5, "writing PROT_READ that was never touched", write_byte(reading + 5, 1));
	is(read_byte(reading), 0, "reading it");
	faults_with(SIGSEGV, SEGV_ACCERR, reading + 6, "writing PROT_READ that was read", write_byte(reading + 6, 1));
	faults_with(SIGSEGV, SEGV_ACCERR, reading + 8, "running PROT_READ", run_at(reading + 8));
	five[2 * PAGE] = (char)0xc3;
	faults_with(SIGSEGV, SEGV_ACCERR, five + 2 * PAGE, "running memory that was written", run_at(five + 2 * PAGE));
	mprotect(five + 2 * PAGE, PAGE, PROT_READ | PROT_EXEC);
	ok(!faults(run_at(five + 2 * PAGE)), "running it once that is allowed");
	faults_with(SIGSEGV, SEGV_ACCERR, five + 2 * PAGE, "and writing no more", write_byte(five + 2 * PAGE, 0));
	mprotect(five + 2 * PAGE, PAGE, RW);
	faults_with(SIGSEGV, SEGV_ACCERR, five + 2 * PAGE, "the right to run is taken again", run_at(five + 2 * PAGE));
	mprotect(five + 2 * PAGE, PAGE, PROT_EXEC);
	ok(!faults(run_at(five + 2 * PAGE)) && read_byte(five + 2 * PAGE) == (char)0xc3, "PROT_EXEC alone reads too, on this machine");
	mprotect(five + 2 * PAGE, PAGE, PROT_WRITE);
	is(read_byte(five + 2 * PAGE), (char)0xc3, "and so does PROT_WRITE");
	mprotect(five, PAGE, PROT_NONE);
	faults_with(SIGSEGV, SEGV_ACCERR, five + 1, "PROT_NONE after use", read_byte(five + 1));
	faults_with(SIGSEGV, SEGV_ACCERR, (char *)run_at, "writing the program's text", write_byte(run_at, 0));

	/* The kernel's half: no difference between what is mapped there and what is not. */
	faults_with(SIGSEGV, SEGV_MAPERR, KERNEL_ADDRESS, "reading the kernel's half", read_byte(KERNEL_ADDRESS));
	faults_with(SIGSEGV, SEGV_MAPERR, KERNEL_ADDRESS, "writing it", write_byte(KERNEL_ADDRESS, 1));
	faults_with(SIGSEGV, SEGV_MAPERR, 0xffffffff80000000, "reading the kernel's image", read_byte(0xffffffff80000000));
	faults_with(SIGSEGV, SEGV_MAPERR, 0xffffffff80100000, "writing its text", write_byte(0xffffffff80100000, 1));
	faults_with(SIGSEGV, SEGV_MAPERR, 0xfffffffffffff123, "reading the last page", read_byte(0xfffffffffffff123));
	faults_with(SIGSEGV, SEGV_MAPERR, 0xfffff80000000000, "reading what nobody has mapped", read_byte(0xfffff80000000000));
	faults_with(SIGSEGV, SEGV_MAPERR, 0x00007ffffffff000, "the page below the hole", read_byte(0x00007ffffffff000));
	faults_with(SIGSEGV, SI_KERNEL, NULL, "an address that is not canonical", read_byte(NOT_CANONICAL));
	faults_with(SIGSEGV, SI_KERNEL, NULL, "writing there", write_byte(0x1234567890abcdef, 1));
	faults_with(SIGSEGV, SI_KERNEL, NULL, "a privileged instruction", __asm__ volatile("cli"));

	/* Files. */
	is(read_byte(mapped + PAGE + 4095), 0, "the tail of the last page is there, zero");
	faults_with(SIGBUS, BUS_ADRERR, mapped + 2 * PAGE + 9, "reading past the end of a file", read_byte(mapped + 2 * PAGE + 9));
	faults_with(SIGBUS, BUS_ADRERR, mapped + 3 * PAGE, "writing past it", write_byte(mapped + 3 * PAGE, 1));
	faults_with(SIGBUS, BUS_ADRERR, copied + 2 * PAGE + 9, "reading past it, private", read_byte(copied + 2 * PAGE + 9));
	faults_with(SIGBUS, BUS_ADRERR, copied + 3 * PAGE, "writing past it, private", write_byte(copied + 3 * PAGE, 1));
	write_byte(mapped, 1);
	write_byte(copied, 2);
	(void)!ftruncate(file, 0);
	faults_with(SIGBUS, BUS_ADRERR, mapped + 4, "after a shrink", read_byte(mapped + 4));
	faults_with(SIGBUS, BUS_ADRERR, copied + 4, "after a shrink, a private copy", read_byte(copied + 4));
	mprotect(mapped, PAGE, PROT_READ);
	faults_with(SIGSEGV, SEGV_ACCERR, mapped + 4, "protection comes before the end", write_byte(mapped + 4, 1));
	(void)!ftruncate(file, PAGE);
	is(read_byte(mapped + 4), 0, "after it has grown again");
	is(read_byte(copied), 0, "... and the private copy is gone");
	munmap(five, 5 * PAGE);
	munmap(mapped, 4 * PAGE);
	munmap(copied, 4 * PAGE);
	close(file);
}

/* ---- repair and return ----------------------------------------------------------------------- */

static char *repaired;
static volatile int repairs;

static void repair(int signal, siginfo_t *info, void *context)
{
	char *page = (char *)((uintptr_t)info->si_addr & ~(PAGE - 1));

	repairs++;
	if (repairs > 10)
		_exit(77);
	if (info->si_code == SEGV_MAPERR)
		mmap(page, PAGE, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0);
	else
		mprotect(page, PAGE, RW);
}

static void skip(int signal, siginfo_t *info, void *context)
{
	ucontext_t *where = context;

	where->uc_mcontext.gregs[REG_RIP] += 2;		/* the two bytes of cli; nop */
	repairs += 100;
}

static void repairing(void)
{
	struct sigaction action = { .sa_sigaction = repair, .sa_flags = SA_SIGINFO }, old;
	char *pages = map_anonymous(3, RW);

	munmap(pages + PAGE, PAGE);
	mprotect(pages + 2 * PAGE, PAGE, PROT_READ);
	repaired = pages;
	sigaction(SIGSEGV, &action, &old);
	write_byte(pages + 2 * PAGE + 5, 42);
	ok(repairs == 1 && pages[2 * PAGE + 5] == 42, "a handler gives the right, the instruction runs again");
	write_byte(pages + PAGE + 5, 43);
	ok(repairs == 3 && pages[PAGE + 5] == 43, "a handler maps the page, then gives the right");
	action.sa_sigaction = skip;
	sigaction(SIGSEGV, &action, NULL);
	__asm__ volatile("cli; nop");
	is(repairs, 103, "a handler steps over the instruction");
	sigaction(SIGSEGV, &old, NULL);
	munmap(pages, 3 * PAGE);
}

/* ---- blocked, ignored ------------------------------------------------------------------------ */

static void block(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void deadly(void)
{
	int file = open_scratch("mm_fault-empty", 0);
	char *past = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	is(exit_of_child(signal(SIGSEGV, SIG_IGN); write_byte(8, 1)), 1000 + SIGSEGV, "ignored SIGSEGV kills");
	is(exit_of_child(block(SIGSEGV); write_byte(8, 1)), 1000 + SIGSEGV, "blocked SIGSEGV kills, handler or not");
	is(exit_of_child(signal(SIGBUS, SIG_IGN); read_byte(past)), 1000 + SIGBUS, "ignored SIGBUS kills");
	is(exit_of_child(block(SIGBUS); read_byte(past)), 1000 + SIGBUS, "blocked SIGBUS kills");
	is(exit_of_child(signal(SIGSEGV, SIG_DFL); run_at((void *)8)), 1000 + SIGSEGV, "the default kills");
	is(exit_of_child(signal(SIGSEGV, SIG_IGN); raise(SIGSEGV); _exit(3)), 3, "but one that was sent is ignored");
	is(exit_of_child(block(SIGSEGV); raise(SIGSEGV); _exit(4)), 4, "... or blocked");
	munmap(past, PAGE);
	close(file);
}

/* ---- the stack ------------------------------------------------------------------------------- */

static char alternate[32768];
static char *volatile deepest;

static void overflowed(int signal, siginfo_t *info, void *context)
{
	char here;
	bool on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
	char *address = info->si_addr;

	/* Where the stack ended, and not mapped as far as the program is concerned. */
	_exit(on_alternate && signal == SIGSEGV && (info->si_code == SEGV_MAPERR || !on_osier) && address < deepest &&
	      deepest - address < 1 << 16 ? 42 : 43);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) static int recurse(int depth)
{
	char frame[512];

	memset(frame, depth, sizeof frame);
	deepest = frame;
	return recurse(depth + 1) + frame[depth & 511];
}
#pragma GCC diagnostic pop

static void use_alternate(void)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
	struct sigaction action = { .sa_sigaction = overflowed, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

static void stacks(void)
{
	is(exit_of_child(use_alternate(); recurse(0)), 42, "a stack overflow is handled on the alternate stack");
	is(exit_of_child(signal(SIGSEGV, SIG_DFL); recurse(0)), 1000 + SIGSEGV, "without one it kills");
	/* The handler cannot be pushed on the stack that overflowed. */
	is(exit_of_child(recurse(0)), 1000 + SIGSEGV, "a handler without an alternate stack does not help");
}

/* The kernel's copies find the same addresses bad, and say EFAULT. */
static void copies(void)
{
	char *const bad[] = { NULL, (char *)8, KERNEL_ADDRESS, NOT_CANONICAL, (char *)-1, (char *)-PAGE, USER_END };
	int fds[2];

	(void)!pipe(fds);
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		fails_with(EFAULT, write(fds[1], bad[i], 1));
		(void)!write(fds[1], "x", 1);
		fails_with(EFAULT, read(fds[0], bad[i], 1));
		char byte;
		(void)!read(fds[0], &byte, 1);
	}
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	catch_faults();
	codes();
	repairing();
	deadly();
	stacks();
	copies();
	ok(structures_good(), "structures");
	return done();
}
