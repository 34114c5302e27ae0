/*
 * Signals: handlers and their flags, masks, queues, faults with their codes, waiting.
 */
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#include "tap.h"

static volatile sig_atomic_t count, last_signal, last_code, order[16], order_count;
static volatile uintptr_t last_address, handler_stack;
static volatile int last_value;
static sigjmp_buf back;

static void counting(int signal)
{
	count++;
	last_signal = signal;
}

static void informed(int signal, siginfo_t *info, void *context)
{
	char here;

	count++;
	last_signal = signal;
	last_code = info->si_code;
	last_address = (uintptr_t)info->si_addr;
	last_value = info->si_value.sival_int;
	handler_stack = (uintptr_t)&here;
	if (order_count < 16)
		order[order_count++] = signal * 100 + info->si_value.sival_int;
}

static void jumping(int signal, siginfo_t *info, void *context)
{
	informed(signal, info, context);
	siglongjmp(back, 1);
}

static void install(int signal, void *handler, int flags)
{
	struct sigaction action = { .sa_flags = flags };

	if (flags & SA_SIGINFO)
		action.sa_sigaction = (void (*)(int, siginfo_t *, void *))handler;
	else
		action.sa_handler = (void (*)(int))handler;
	sigaction(signal, &action, NULL);
}

static void basics(void)
{
	struct sigaction action;
	sigset_t set, old;

	install(SIGUSR1, counting, 0);
	count = 0;
	raise(SIGUSR1);
	ok(count == 1 && last_signal == SIGUSR1, "raise runs the handler");
	kill(getpid(), SIGUSR1);
	is(count, 2, "kill of oneself runs it before it returns");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR1);
	raise(SIGUSR1);
	is(count, 2, "a blocked signal waits");
	sigpending(&set);
	ok(sigismember(&set, SIGUSR1), "... and is pending");
	sigprocmask(SIG_SETMASK, &old, NULL);
	is(count, 3, "two of a standard signal become one");

	install(SIGUSR1, counting, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &action);
	ok(action.sa_handler == SIG_DFL, "SA_RESETHAND");
	install(SIGUSR1, SIG_IGN, 0);
	raise(SIGUSR1);
	ok(1, "an ignored signal does nothing");
	fails_with(EINVAL, sigaction(SIGKILL, &action, NULL));
	fails_with(EINVAL, sigaction(SIGSTOP, &action, NULL));
	fails_with(EINVAL, sigaction(0, NULL, &action));
	fails_with(EINVAL, sigaction(65, NULL, &action));
	is(sigaction(SIGKILL, NULL, &action), 0, "one may look at SIGKILL's");
	fails_with(EINVAL, kill(getpid(), 65));
	fails_with(ESRCH, kill(30000, 0));
	is(kill(getpid(), 0), 0, "signal 0 only checks");
}

static void nested(int signal)
{
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	order[order_count++] = sigismember(&mask, signal);
	if (order_count < 3)
		raise(signal);
	order[order_count++] = 100;
}

static void masks(void)
{
	struct sigaction action = { .sa_handler = nested };
	sigset_t mask;

	order_count = 0;
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	ok(order[0] == 1 && order[1] == 100, "a signal is blocked in its own handler");
	sigprocmask(SIG_SETMASK, NULL, &mask);
	ok(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2), "the mask is put back");
	order_count = 0;
	action.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	ok(order[0] == 0 && order[1] == 0, "... unless SA_NODEFER");
	install(SIGUSR1, SIG_DFL, 0);
}

static void queues(void)
{
	union sigval value;
	sigset_t set, old;
	siginfo_t info;
	struct timespec soon = { 0, 10000000 };

	install(SIGRTMIN + 1, informed, SA_SIGINFO);
	install(SIGRTMIN + 2, informed, SA_SIGINFO);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGRTMIN + 2);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (int i = 1; i <= 3; i++) {
		value.sival_int = i;
		is(sigqueue(getpid(), SIGRTMIN + 2, value), 0, "sigqueue");
		sigqueue(getpid(), SIGRTMIN + 1, value);
	}
	memset(&info, 0, sizeof info);
	is(sigtimedwait(&set, &info, &soon), SIGRTMIN + 1, "sigtimedwait takes the lowest");
	ok(info.si_value.sival_int == 1 && info.si_code == SI_QUEUE && info.si_pid == getpid(), "... oldest first, with its value");
	order_count = 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	is(order_count, 5, "real-time signals queue");
	/* Frames are built lowest first, one on the other, so the highest number runs first. */
	ok(order[0] == (SIGRTMIN + 2) * 100 + 1 && order[2] == (SIGRTMIN + 2) * 100 + 3 &&
	   order[3] == (SIGRTMIN + 1) * 100 + 2 && order[4] == (SIGRTMIN + 1) * 100 + 3,
	   "frames are built from the lowest number up, each number's oldest first");
	fails_with(EAGAIN, sigtimedwait(&set, &info, &soon));
	install(SIGALRM, counting, 0);
	alarm(1);
	fails_with(EINTR, sigwaitinfo(&set, &info));
}

static void alternate_stack(void)
{
	stack_t stack = { .ss_size = 65536 }, old;

	stack.ss_sp = malloc(stack.ss_size);
	is(sigaltstack(&stack, NULL), 0, "sigaltstack");
	install(SIGUSR2, informed, SA_SIGINFO | SA_ONSTACK);
	raise(SIGUSR2);
	ok(handler_stack - (uintptr_t)stack.ss_sp < stack.ss_size, "the handler ran on it");
	install(SIGUSR2, informed, SA_SIGINFO);
	raise(SIGUSR2);
	ok(handler_stack - (uintptr_t)stack.ss_sp >= stack.ss_size, "without SA_ONSTACK it did not");
	stack.ss_size = 100;
	fails_with(ENOMEM, sigaltstack(&stack, NULL));
	stack.ss_flags = SS_DISABLE;
	is(sigaltstack(&stack, &old), 0, "switched off");
	is(old.ss_size, 65536, "the old one is told");
}

static int recurse(int depth)
{
	volatile char frame[4096];

	frame[0] = (char)depth;
	return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

static void overflow_of_the_stack(void)
{
	static char alternate[65536];

	is(exit_of_child({
		   stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
		   sigaltstack(&stack, NULL);
		   install(SIGSEGV, jumping, SA_SIGINFO | SA_ONSTACK);
		   if (!sigsetjmp(back, 1))
			   recurse(0);
		   _exit(last_signal == SIGSEGV ? 0 : 1);
	   }), 0, "a stack overflow is caught on an alternate stack");
	is(exit_of_child(recurse(0)), 1000 + SIGSEGV, "without one it kills");
}

/* The code and address of the fault that `statement` makes. */
#define fault(...)                                                                                 \
	do {                                                                                       \
		last_code = 0;                                                                     \
		last_signal = 0;                                                                   \
		if (!sigsetjmp(back, 1)) {                                                         \
			__VA_ARGS__;                                                               \
		}                                                                                  \
	} while (0)

static void faults(void)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile int zero = 0, result;

	install(SIGSEGV, jumping, SA_SIGINFO);
	install(SIGBUS, jumping, SA_SIGINFO);
	install(SIGFPE, jumping, SA_SIGINFO);
	install(SIGILL, jumping, SA_SIGINFO);
	install(SIGTRAP, jumping, SA_SIGINFO);
	fault(*(volatile char *)0x1230 = 1);
	ok(last_signal == SIGSEGV && last_code == SEGV_MAPERR && last_address == 0x1230, "write to nothing: SEGV_MAPERR");
	fault(*(volatile char *)page = 1);
	ok(last_signal == SIGSEGV && last_code == SEGV_ACCERR && last_address == (uintptr_t)page, "write to read-only: SEGV_ACCERR");
	fault(result = *(volatile char *)(none + 5));
	ok(last_signal == SIGSEGV && last_code == SEGV_ACCERR && last_address == (uintptr_t)none + 5, "read of PROT_NONE: SEGV_ACCERR");
	fault(((void (*)(void))page)());
	ok(last_signal == SIGSEGV && last_code == SEGV_ACCERR && last_address == (uintptr_t)page, "execution of data: SEGV_ACCERR");
	fault(result = *(volatile char *)0xffffffff80000000);
	ok(last_signal == SIGSEGV && last_code == SEGV_MAPERR, "read of kernel text: SEGV_MAPERR");
	fault(result = *(volatile char *)0xffff900000000000);
	ok(last_signal == SIGSEGV && last_code == SEGV_MAPERR, "read of an unmapped kernel address: the same");
	fault(result = *(volatile char *)0x0000900000000000);
	ok(last_signal == SIGSEGV && last_code == SI_KERNEL, "an address that is not canonical: SI_KERNEL");
	fault(result = 7 / zero);
	ok(last_signal == SIGFPE && last_code == FPE_INTDIV, "division by zero: FPE_INTDIV (signal %d, code %d)",
	   (int)last_signal, (int)last_code);
	fault(__asm__ volatile("ud2"));
	ok(last_signal == SIGILL && last_code == ILL_ILLOPN, "ud2: ILL_ILLOPN");
	fault(__asm__ volatile("int3"));
	ok(last_signal == SIGTRAP, "int3: SIGTRAP");
	fault(__asm__ volatile("hlt"));
	ok(last_signal == SIGSEGV && last_code == SI_KERNEL, "hlt: general protection");
	(void)result;

	is(exit_of_child({
		   sigset_t set;
		   sigfillset(&set);
		   sigprocmask(SIG_SETMASK, &set, NULL);
		   *(volatile char *)0x1230 = 1;
	   }), 1000 + SIGSEGV, "a blocked SIGSEGV kills instead of looping");
	is(exit_of_child({
		   install(SIGSEGV, SIG_IGN, 0);
		   *(volatile char *)0x1230 = 1;
	   }), 1000 + SIGSEGV, "an ignored one too");
	is(exit_of_child({
		   install(SIGSEGV, informed, SA_SIGINFO);
		   __asm__ volatile("mov $0x1000, %%rsp; push %%rax" ::: "memory");
	   }), 1000 + SIGSEGV, "no room for the handler's frame kills");
	install(SIGSEGV, SIG_DFL, 0);
}

static char *repaired;

static void repair(int signal, siginfo_t *info, void *context)
{
	count++;
	mprotect(repaired, 4096, PROT_READ | PROT_WRITE);
}

static void skip_instruction(int signal, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	user->uc_mcontext.gregs[REG_RIP] += 2;
	user->uc_mcontext.gregs[REG_RAX] = 1234;
}

static void contexts(void)
{
	long rax = 0;
	double before = 1.5, after;

	repaired = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	install(SIGSEGV, repair, SA_SIGINFO);
	count = 0;
	*(volatile char *)repaired = 7;
	ok(count == 1 && *repaired == 7, "a handler repairs, the instruction runs again");
	install(SIGILL, skip_instruction, SA_SIGINFO);
	__asm__ volatile("ud2" : "=a"(rax) : "a"(0l));
	is(rax, 1234, "a handler's changes to the context take effect");
	install(SIGUSR1, counting, 0);
	after = before;
	for (int i = 0; i < 10; i++) {
		raise(SIGUSR1);
		after *= 2;
	}
	ok(after == 1.5 * 1024, "the FPU's registers survive handlers");
	install(SIGSEGV, SIG_DFL, 0);
	install(SIGILL, SIG_DFL, 0);
}

static volatile double shared_double;
static int levels;

/* Uses the FPU at every level, and registers that it may change. */
static void calculating(int signal)
{
	double d = shared_double;

	__asm__ volatile("pxor %%xmm0, %%xmm0; pxor %%xmm15, %%xmm15; fninit" ::: "xmm0", "xmm15");
	shared_double = d * 3 + 1;
	if (--levels > 0)
		raise(signal);
	shared_double += 0.25;
}

static void jumping_out(int signal)
{
	__asm__ volatile("pxor %%xmm7, %%xmm7" ::: "xmm7");
	siglongjmp(back, 1);
}

/* xmm8 and a control word, before and after `statement`. */
#define registers_survive(text, ...)                                                               \
	do {                                                                                       \
		unsigned long before = 0x1122334455667788, after = 0;                              \
		unsigned short control = 0x27f, control_after = 0;                                 \
		__asm__ volatile("movq %0, %%xmm8; fldcw %1" : : "r"(before), "m"(control) : "xmm8"); \
		__VA_ARGS__;                                                                       \
		__asm__ volatile("movq %%xmm8, %0; fnstcw %1" : "=r"(after), "=m"(control_after));  \
		ok(after == before && control_after == control, "FPU registers survive " text);     \
	} while (0)

static void one_signal(void)
{
	register long rax __asm__("rax") = 105;	/* tgkill: no library code between the registers */
	register long pid __asm__("rdi") = getpid(), tid __asm__("rsi") = getpid(), signal __asm__("rdx") = SIGUSR1;

	__asm__ volatile("syscall" : "+r"(rax) : "r"(pid), "r"(tid), "r"(signal) : "rcx", "r11", "memory");
}

static void floating_point(void)
{
	install(SIGUSR1, counting, 0);
	registers_survive("a handler that does not use them", one_signal());
	install(SIGUSR1, calculating, 0);
	levels = 1;
	registers_survive("a handler that does", one_signal());
	install(SIGUSR1, calculating, SA_NODEFER);
	levels = 8;
	registers_survive("eight handlers in one another", one_signal());
	install(SIGUSR1, calculating, SA_NODEFER | SA_SIGINFO);
	levels = 3;
	registers_survive("handlers with SA_SIGINFO", one_signal());
	install(SIGUSR1, jumping_out, SA_NODEFER);
	for (int i = 0; i < 12; i++) {
		volatile char deep[200 * (i + 1)] __attribute__((unused));

		deep[sizeof deep - 1] = deep[0] = 1;
		if (!sigsetjmp(back, 1))
			one_signal();
	}
	install(SIGUSR1, calculating, SA_NODEFER);
	levels = 5;
	registers_survive("handlers after twelve that jumped out", one_signal());
	is(exit_of_child({
		   levels = 2;
		   install(SIGUSR1, calculating, SA_NODEFER);
		   one_signal();
		   if (fork() == 0)
			   _exit(0);
		   one_signal();
	   }), 0, "fork among handlers");
}

static void interruptions(void)
{
	struct itimerval timer = { .it_value = { 0, 30000 } };
	struct timespec longer = { 0, 80000000 }, rest;
	int fds[2];
	char byte;

	(void)!pipe(fds);
	install(SIGALRM, counting, 0);
	count = 0;
	setitimer(ITIMER_REAL, &timer, NULL);
	fails_with(EINTR, read(fds[0], &byte, 1));
	is(count, 1, "... after the handler");
	install(SIGALRM, counting, SA_RESTART);
	is(exit_of_child({
		   setitimer(ITIMER_REAL, &timer, NULL);
		   if (fork() == 0) {
			   nanosleep(&longer, NULL);
			   (void)!write(fds[1], "x", 1);
			   _exit(0);
		   }
		   count = 0;
		   _exit(read(fds[0], &byte, 1) == 1 && count == 1 ? 0 : 1);
	   }), 0, "SA_RESTART: the read goes on after the handler");
	setitimer(ITIMER_REAL, &timer, NULL);
	longer.tv_nsec = 500000000;
	fails_with(EINTR, nanosleep(&longer, &rest));
	ok(rest.tv_sec == 0 && rest.tv_nsec > 0 && rest.tv_nsec < 500000000, "nanosleep tells what is left, SA_RESTART or not");
	setitimer(ITIMER_REAL, &timer, NULL);
	fails_with(EINTR, pause());
	close(fds[0]);
	close(fds[1]);
}

static void suspending(void)
{
	sigset_t set, empty;

	install(SIGUSR1, counting, 0);
	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	count = 0;
	raise(SIGUSR1);
	fails_with(EINTR, sigsuspend(&empty));
	is(count, 1, "... after the handler");
	sigprocmask(SIG_SETMASK, NULL, &set);
	ok(sigismember(&set, SIGUSR1), "the mask is the old one again");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void children(void)
{
	siginfo_t info;
	sigset_t set;
	struct timespec second = { 5, 0 };
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (pid == 0)
		_exit(9);
	is(sigtimedwait(&set, &info, &second), SIGCHLD, "SIGCHLD is sent, and waited for");
	ok(info.si_code == CLD_EXITED && info.si_pid == pid && info.si_status == 9, "... with pid and status");
	waitpid(pid, NULL, 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void hostile_returns(void)
{
	/* A forged frame: whatever it says, the kernel survives and the process does not. */
	is(exit_of_child({
		   static ucontext_t forged;
		   forged.uc_mcontext.gregs[REG_RIP] = (greg_t)0xffffffff80000000;
		   forged.uc_mcontext.gregs[REG_CSGSFS] = 8;
		   forged.uc_mcontext.gregs[REG_EFL] = 0x3000;
		   __asm__ volatile("mov %0, %%rsp; mov $110, %%eax; syscall" : : "r"(&forged) : "memory");
	   }), 1000 + SIGSEGV, "sigreturn to a kernel address");
	is(exit_of_child({
		   static ucontext_t forged;
		   forged.uc_mcontext.gregs[REG_RIP] = (greg_t)0x0000800000000000;
		   __asm__ volatile("mov %0, %%rsp; mov $110, %%eax; syscall" : : "r"(&forged) : "memory");
	   }), 1000 + SIGSEGV, "sigreturn to an address that is not canonical");
	is(exit_of_child(__asm__ volatile("mov $0xffff800000000000, %%rsp; mov $110, %%eax; syscall" ::: "memory")),
	   1000 + SIGSEGV, "sigreturn with a kernel stack pointer");
	is(exit_of_child({
		   static ucontext_t forged;
		   forged.uc_mcontext.gregs[REG_RIP] = (greg_t)0x1000;
		   forged.uc_mcontext.fpregs = (void *)0xffff800000000000;
		   __asm__ volatile("mov %0, %%rsp; mov $110, %%eax; syscall" : : "r"(&forged) : "memory");
	   }), 1000 + SIGSEGV, "sigreturn with a kernel FPU area");
	is(exit_of_child({
		   static ucontext_t forged;
		   static unsigned char area[4096] __attribute__((aligned(64)));
		   memset(area, 0xff, sizeof area);
		   forged.uc_mcontext.gregs[REG_RIP] = (greg_t)0x1000;
		   forged.uc_mcontext.fpregs = area;
		   __asm__ volatile("mov %0, %%rsp; mov $110, %%eax; syscall" : : "r"(&forged) : "memory");
	   }), 1000 + SIGSEGV, "sigreturn with nonsense as FPU state");
}

int main(void)
{
	basics();
	masks();
	queues();
	alternate_stack();
	overflow_of_the_stack();
	faults();
	contexts();
	floating_point();
	interruptions();
	suspending();
	children();
	hostile_returns();
	return done();
}
