/* Signals as libc presents them: handlers, masks, jumps, alternate stacks. */
#include "tap.h"
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

static volatile sig_atomic_t seen;
static volatile int seen_code;
static void *volatile seen_addr;
static sigjmp_buf env;

static void count(int sig)
{
	seen++;
}

static void info(int sig, siginfo_t *si, void *context)
{
	seen = sig;
	seen_code = si->si_code;
	seen_addr = si->si_addr;
	siglongjmp(env, 1);
}

static void on_stack(int sig, siginfo_t *si, void *context)
{
	seen_addr = __builtin_frame_address(0);
}

/* Floating point must come through a handler unharmed. */
static void disturb(int sig)
{
	volatile double x = 1.5;

	x = x * 3.7 + 2;
	seen++;
}

int main(void)
{
	struct sigaction action = { .sa_flags = 0 }, old;
	sigset_t set, mask;
	stack_t stack;
	char *page;
	double before, after;
	int status;

	ok(signal(SIGUSR1, count) == SIG_DFL, "signal returns the old handler");
	raise(SIGUSR1);
	raise(SIGUSR1);
	is(seen, 2, "the handler stays and is called");
	ok(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == count &&
	   (old.sa_flags & SA_RESTART), "sigaction reads what signal set");

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	seen = 0;
	sigprocmask(SIG_BLOCK, &set, &mask);
	raise(SIGUSR1);
	is(seen, 0, "a blocked signal waits");
	sigpending(&set);
	ok(sigismember(&set, SIGUSR1) == 1 && sigismember(&set, SIGUSR2) == 0, "it is pending");
	sigprocmask(SIG_SETMASK, &mask, NULL);
	is(seen, 1, "and comes when unblocked");

	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	action.sa_sigaction = info;
	action.sa_flags = SA_SIGINFO;
	sigaction(SIGSEGV, &action, NULL);
	if (!sigsetjmp(env, 1)) {
		*(volatile char *)(page + 8) = 1;
		ok(0, "writing to a read-only page faults");
	}
	ok(seen == SIGSEGV && seen_code == SEGV_ACCERR && seen_addr == page + 8,
	   "SIGSEGV with SEGV_ACCERR and the address");
	munmap(page, 4096);
	if (!sigsetjmp(env, 1)) {
		*(volatile char *)(page + 9) = 1;
		ok(0, "writing to nothing faults");
	}
	ok(seen == SIGSEGV && seen_code == SEGV_MAPERR && seen_addr == page + 9,
	   "SIGSEGV with SEGV_MAPERR, a second time: the mask was restored");

	stack.ss_sp = malloc(SIGSTKSZ);
	stack.ss_size = SIGSTKSZ;
	stack.ss_flags = 0;
	ok(sigaltstack(&stack, NULL) == 0, "sigaltstack");
	action.sa_sigaction = on_stack;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
	ok((char *)seen_addr >= (char *)stack.ss_sp &&
	   (char *)seen_addr < (char *)stack.ss_sp + stack.ss_size, "the handler ran on it");

	signal(SIGUSR1, disturb);
	before = 3.25;
	__asm__ volatile("movsd %0, %%xmm9" : : "m"(before) : "xmm9");
	kill(getpid(), SIGUSR1);
	__asm__ volatile("movsd %%xmm9, %0" : "=m"(after));
	ok(after == before, "a handler that computes leaves the interrupted registers alone");

	sigfillset(&set);
	is(sigismember(&set, SIGTERM), 1, "sigfillset");
	fails_with(EINVAL, sigaddset(&set, 65));
	fails_with(EINVAL, sigaddset(&set, 0));
	fails_with(EINVAL, sigaction(SIGKILL, &action, NULL));
	ok(!strcmp(strsignal(SIGSEGV), "Segmentation fault"), "strsignal");

	fflush(stdout);
	if (fork() == 0) {
		signal(SIGTERM, SIG_DFL);
		kill(getpid(), SIGTERM);
		_exit(1);
	}
	ok(wait(&status) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
	   "the default action ends the process");
	ok(sigsetjmp(env, 0) == 0, "sigsetjmp without a mask");
	return done();
}
