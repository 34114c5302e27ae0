/* Sleeping on a word and waking who sleeps there. */
#include "thread.h"
#include <time.h>
#include <osier/abi/futex.h>

hidden int __osier_wait(const volatile void *word, unsigned int value, clockid_t clock,
			const struct timespec *until, int shared, int cancel)
{
	long op = FUTEX_WAIT_BITSET, ret;

	if (until && (until->tv_nsec < 0 || until->tv_nsec >= 1000000000))
		return EINVAL;
	if (until && until->tv_sec < 0)
		return ETIMEDOUT;
	if (!shared)
		op |= FUTEX_PRIVATE;
	if (until && clock == CLOCK_REALTIME)
		op |= FUTEX_CLOCK_REALTIME;
	if (cancel)
		ret = cancel_raw(SYS_futex, word, op, value, until, NULL, FUTEX_BITSET_ANY);
	else
		ret = raw(SYS_futex, word, op, value, until, NULL, FUTEX_BITSET_ANY);
	return (int)-ret;
}

hidden void __osier_wake(const volatile void *word, int count, int shared)
{
	raw(SYS_futex, word, FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE), count, NULL, NULL, 0);
}
