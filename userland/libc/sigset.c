/* Signal sets, and the System V calls that work on one signal of the mask. */
#include "osier.h"
#include <signal.h>

#define BIT(sig)	(1UL << ((sig) - 1))

static int bad(int sig)
{
	if (sig >= 1 && sig < NSIG)
		return 0;
	errno = EINVAL;
	return 1;
}

int sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}

/* Not the signals that libc keeps for itself. */
int sigfillset(sigset_t *set)
{
	*set = ~(7UL << (OSIER_SIGRTMIN - 1));
	return 0;
}

int sigaddset(sigset_t *set, int sig)
{
	if (bad(sig))
		return -1;
	*set |= BIT(sig);
	return 0;
}

int sigdelset(sigset_t *set, int sig)
{
	if (bad(sig))
		return -1;
	*set &= ~BIT(sig);
	return 0;
}

int sigismember(const sigset_t *set, int sig)
{
	if (bad(sig))
		return -1;
	return (*set & BIT(sig)) != 0;
}

int sigisemptyset(const sigset_t *set)
{
	return *set == 0;
}

int sigandset(sigset_t *set, const sigset_t *a, const sigset_t *b)
{
	*set = *a & *b;
	return 0;
}

int sigorset(sigset_t *set, const sigset_t *a, const sigset_t *b)
{
	*set = *a | *b;
	return 0;
}

static int change(int how, int sig)
{
	sigset_t set = 0;

	if (sigaddset(&set, sig) < 0)
		return -1;
	return sigprocmask(how, &set, NULL);
}

int sighold(int sig)
{
	return change(SIG_BLOCK, sig);
}

int sigrelse(int sig)
{
	return change(SIG_UNBLOCK, sig);
}

int sigignore(int sig)
{
	struct sigaction action = { .sa_flags = 0 };

	action.sa_handler = SIG_IGN;
	return sigaction(sig, &action, NULL);
}

int sigpause(int sig)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	if (sigdelset(&mask, sig) < 0)
		return -1;
	return sigsuspend(&mask);
}

void (*sigset(int sig, void (*handler)(int)))(int)
{
	struct sigaction new = { .sa_flags = 0 }, old;
	sigset_t mask;

	if (bad(sig) || sigprocmask(SIG_BLOCK, NULL, &mask) < 0)
		return SIG_ERR;
	if (handler == (void (*)(int))2) {		/* SIG_HOLD */
		if (sigaction(sig, NULL, &old) < 0 || sighold(sig) < 0)
			return SIG_ERR;
	} else {
		new.sa_handler = handler;
		if (sigaction(sig, &new, &old) < 0 || sigrelse(sig) < 0)
			return SIG_ERR;
	}
	return mask & BIT(sig) ? (void (*)(int))2 : old.sa_handler;
}
