/*
 * struct timespec and timeval, as user mode gives them, against nanoseconds.
 */
#ifndef OSIER_SYS_TIME_CONVERT_H
#define OSIER_SYS_TIME_CONVERT_H

#include <osier/abi/errno.h>
#include <osier/abi/timespec.h>
#include <osier/types.h>

#include "proc/process.h"
#include "proc/restart.h"
#include "task/timer.h"
#include "vm/user_copy.h"

#define NS_PER_SECOND 1000000000ull
/* Far enough to be never, near enough that adding the present does not wrap. */
#define NS_FOREVER (INT64_MAX / 2)

/* => 0 or -EINVAL. Times too large become NS_FOREVER. */
static inline int ns_from_timespec(const struct timespec *time, uint64_t *ns)
{
	if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= (long)NS_PER_SECOND)
		return -EINVAL;
	if ((uint64_t)time->tv_sec >= NS_FOREVER / NS_PER_SECOND)
		*ns = NS_FOREVER;
	else
		*ns = (uint64_t)time->tv_sec * NS_PER_SECOND + (uint64_t)time->tv_nsec;
	return 0;
}

static inline struct timespec timespec_from_ns(uint64_t ns)
{
	return (struct timespec){ (time_t)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND) };
}

static inline int ns_from_timeval(const struct timeval *time, uint64_t *ns)
{
	struct timespec spec = { time->tv_sec, time->tv_usec * 1000 };

	if (time->tv_usec < 0 || time->tv_usec >= 1000000)
		return -EINVAL;
	return ns_from_timespec(&spec, ns);
}

static inline struct timeval timeval_from_ns(uint64_t ns)
{
	return (struct timeval){ (time_t)(ns / NS_PER_SECOND),
				 (suseconds_t)(ns % NS_PER_SECOND / 1000) };
}

/*
 * A relative timeout at `address` (0: none) as a deadline on the monotonic clock: 0 for none, 1 for at once.
 * => 0, -EFAULT, -EINVAL.
 */
static inline int deadline_from_user(vaddr_t address, uint64_t *deadline)
{
	struct timespec time;
	uint64_t ns;
	int error;

	*deadline = 0;
	if (!address)
		return 0;
	if (copy_value_from_user(&time, address))
		return -EFAULT;
	error = ns_from_timespec(&time, &ns);
	if (!error)
		*deadline = ns ? clock_monotonic_ns() + ns : 1;
	return error;
}

/*
 * The same for the call of that number, which may be made again after a stop: then it keeps its first deadline.
 */
static inline int deadline_of_call(unsigned number, vaddr_t timeout, uint64_t *deadline)
{
	struct user_thread *user = user_thread_current();
	bool again = user->restart_call == number;
	int error;

	user->restart_call = RESTART_NONE;
	if (again && user->restart_deadline_ns) {
		*deadline = user->restart_deadline_ns;
		return 0;
	}
	error = deadline_from_user(timeout, deadline);
	user->restart_deadline_ns = *deadline;
	return error;
}

#endif
