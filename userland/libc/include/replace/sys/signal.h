/* Signals: numbers, layouts and all calls. */
#ifndef _SYS_SIGNAL_H
#define _SYS_SIGNAL_H

#include <_ansi.h>
#include <sys/cdefs.h>
#include <sys/features.h>
#include <sys/types.h>
#include <sys/_timespec.h>
#include <osier/abi/signal.h>

typedef void (*_sig_func_ptr)(int);

#define SIGRTMIN	(OSIER_SIGRTMIN + 3)	/* the first three are libc's */
#define SIGRTMAX	OSIER_SIGRTMAX

#if __MISC_VISIBLE
#define sigmask(sig)	(1 << ((sig) - 1))
#endif

__BEGIN_DECLS
int kill(pid_t, int);
int killpg(pid_t, int);
int sigaction(int, const struct sigaction *__restrict, struct sigaction *__restrict);
int sigaddset(sigset_t *, int);
int sigdelset(sigset_t *, int);
int sigemptyset(sigset_t *);
int sigfillset(sigset_t *);
int sigismember(const sigset_t *, int);
int sigpending(sigset_t *);
int sigprocmask(int, const sigset_t *__restrict, sigset_t *__restrict);
int pthread_sigmask(int, const sigset_t *__restrict, sigset_t *__restrict);
int pthread_kill(pthread_t, int);
int sigsuspend(const sigset_t *);
int sigwait(const sigset_t *__restrict, int *__restrict);
int sigwaitinfo(const sigset_t *__restrict, siginfo_t *__restrict);
int sigtimedwait(const sigset_t *__restrict, siginfo_t *__restrict,
		 const struct timespec *__restrict);
int sigqueue(pid_t, int, const union sigval);
int sigaltstack(const stack_t *__restrict, stack_t *__restrict);
int siginterrupt(int, int);
int sighold(int);
int sigrelse(int);
int sigignore(int);
int sigpause(int);
void (*sigset(int, void (*)(int)))(int);
void psiginfo(const siginfo_t *, const char *);
#if __GNU_VISIBLE
int sigisemptyset(const sigset_t *);
int sigandset(sigset_t *, const sigset_t *, const sigset_t *);
int sigorset(sigset_t *, const sigset_t *, const sigset_t *);
int tgkill(pid_t, pid_t, int);
#endif
__END_DECLS

#ifndef _SIGNAL_H_
#include <signal.h>
#endif

#endif /* _SYS_SIGNAL_H */
