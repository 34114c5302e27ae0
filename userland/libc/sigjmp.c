/* The signal mask of sigsetjmp and siglongjmp, called from setjmp.S. */
#include "osier.h"
#include <setjmp.h>
#include <signal.h>

hidden int __osier_sigsetjmp_save(sigjmp_buf env)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	env[9] = (long long)mask;
	return 0;
}

hidden void __osier_sigsetjmp_restore(sigjmp_buf env)
{
	sigset_t mask = (sigset_t)env[9];

	sigprocmask(SIG_SETMASK, &mask, NULL);
}
