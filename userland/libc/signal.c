/* Signals: the calls. */
#include "osier.h"
#include <pthread.h>
#include <reent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Handlers return here; the kernel finds the frame at the stack pointer. */
__attribute__((naked)) static void signal_return(void)
{
	__asm__("movl %0, %%eax\n\t"
		"syscall\n\t"
		"ud2"
		: : "i"(SYS_sigreturn));
}

/* Also for the signals that libc keeps for itself. */
hidden int __osier_sigaction(int sig, const struct sigaction *new, struct sigaction *old)
{
	struct sigaction action;

	if (new) {
		action = *new;
		action.sa_flags |= SA_RESTORER;
		action.sa_restorer = signal_return;
	}
	return (int)call(SYS_sigaction, sig, new ? &action : NULL, old);
}

int sigaction(int sig, const struct sigaction *restrict new, struct sigaction *restrict old)
{
	if (sig >= OSIER_SIGRTMIN && sig < SIGRTMIN) {
		errno = EINVAL;
		return -1;
	}
	return __osier_sigaction(sig, new, old);
}

/* BSD's meaning: the handler stays, calls are restarted. */
static sigset_t no_restart;		/* set by siginterrupt */

_sig_func_ptr signal(int sig, _sig_func_ptr handler)
{
	struct sigaction new = { .sa_flags = SA_RESTART }, old;

	if (sig >= 1 && sig < NSIG && no_restart >> (sig - 1) & 1)
		new.sa_flags = 0;
	new.sa_handler = handler;
	if (sigaction(sig, &new, &old) < 0)
		return SIG_ERR;
	return old.sa_handler;
}

_sig_func_ptr _signal_r(struct _reent *reent, int sig, _sig_func_ptr handler)
{
	return signal(sig, handler);
}

int siginterrupt(int sig, int interrupt)
{
	struct sigaction action;

	if (sigaction(sig, NULL, &action) < 0)
		return -1;
	if (interrupt) {
		action.sa_flags &= ~SA_RESTART;
		no_restart |= 1UL << (sig - 1);
	} else {
		action.sa_flags |= SA_RESTART;
		no_restart &= ~(1UL << (sig - 1));
	}
	return sigaction(sig, &action, NULL);
}

int kill(pid_t pid, int sig)
{
	return (int)call(SYS_kill, pid, sig);
}

int killpg(pid_t pgid, int sig)
{
	if (pgid < 0) {
		errno = EINVAL;
		return -1;
	}
	return kill(-pgid, sig);
}

int tgkill(pid_t pid, pid_t tid, int sig)
{
	return (int)call(SYS_tgkill, pid, tid, sig);
}

int raise(int sig)
{
	return (int)call(SYS_tgkill, raw(SYS_getpid), raw(SYS_gettid), sig);
}

int _raise_r(struct _reent *reent, int sig)
{
	return raise(sig);
}

/* Ends the process with SIGABRT even where that is blocked, ignored or handled. */
void abort(void)
{
	sigset_t set = 1UL << (SIGABRT - 1);
	struct sigaction action = { .sa_flags = 0 };

	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGABRT);
	sigaction(SIGABRT, &action, NULL);
	raise(SIGABRT);
	_exit(127);
}

int sigprocmask(int how, const sigset_t *restrict new, sigset_t *restrict old)
{
	return (int)call(SYS_sigprocmask, how, new, old);
}

int pthread_sigmask(int how, const sigset_t *restrict new, sigset_t *restrict old)
{
	return (int)-raw(SYS_sigprocmask, how, new, old);
}

int sigpending(sigset_t *set)
{
	return (int)call(SYS_sigpending, set);
}

int sigsuspend(const sigset_t *set)
{
	return (int)cancel_call(SYS_sigsuspend, set);
}

int pause(void)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	return sigsuspend(&mask);
}

int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
		 const struct timespec *restrict timeout)
{
	return (int)cancel_call(SYS_sigtimedwait, set, info, timeout);
}

int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	return sigtimedwait(set, info, NULL);
}

int sigwait(const sigset_t *restrict set, int *restrict sig)
{
	long n;

	do
		n = cancel_raw(SYS_sigtimedwait, set, NULL, NULL);
	while (n == -EINTR);
	if (n < 0)
		return (int)-n;
	*sig = (int)n;
	return 0;
}

int sigqueue(pid_t pid, int sig, const union sigval value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value = value;
	return (int)call(SYS_sigqueue, pid, sig, &info);
}

int sigaltstack(const stack_t *restrict new, stack_t *restrict old)
{
	return (int)call(SYS_sigaltstack, new, old);
}
