/*
 * Clocks, sleeping, timers.
 */
#include <osier/abi/errno.h>
#include <osier/abi/syscall.h>
#include <osier/abi/time.h>

#include "fs/cred.h"
#include "proc/itimer.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "sys/sys.h"
#include "sys/time_convert.h"
#include "task/sched.h"

/* => 0 or -EINVAL. */
static int clock_read(clockid_t clock, uint64_t *ns)
{
	uint64_t user_ns, system_ns, flags;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = clock_monotonic_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		flags = spin_lock_irqsave(&process_lock);
		process_times_locked(process_current(), &user_ns, &system_ns);
		spin_unlock_irqrestore(&process_lock, flags);
		*ns = user_ns + system_ns;
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		thread_times(thread_current(), &user_ns, &system_ns);
		*ns = user_ns + system_ns;
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_clock_gettime(clockid_t clock, vaddr_t address)
{
	struct timespec time;
	uint64_t ns;
	int error = clock_read(clock, &ns);

	if (error)
		return error;
	time = timespec_from_ns(ns);
	return copy_value_to_user(address, &time);
}

long sys_clock_settime(clockid_t clock, vaddr_t address)
{
	struct timespec time;
	uint64_t ns;
	int error;

	if (copy_value_from_user(&time, address))
		return -EFAULT;
	error = ns_from_timespec(&time, &ns);
	if (error || clock != CLOCK_REALTIME)
		return -EINVAL;
	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	clock_set_realtime(ns);
	return 0;
}

long sys_clock_getres(clockid_t clock, vaddr_t address)
{
	struct timespec resolution = { 0, 1 };
	uint64_t ns;
	int error = clock_read(clock, &ns);

	if (error || !address)
		return error;
	return copy_value_to_user(address, &resolution);
}

long sys_clock_nanosleep(clockid_t clock, int flags, vaddr_t request, vaddr_t remaining)
{
	struct user_thread *user = user_thread_current();
	bool absolute = flags & TIMER_ABSTIME, again = user->restart_call == SYS_clock_nanosleep;
	uint64_t ns, deadline, now;
	struct timespec time;
	int error;

	user->restart_call = RESTART_NONE;
	if (copy_value_from_user(&time, request))
		return -EFAULT;
	if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) ||
	    (flags & ~TIMER_ABSTIME) || ns_from_timespec(&time, &ns))
		return -EINVAL;
	now = clock_monotonic_ns();
	if (!absolute) {
		/* Stopped and continued: the rest of the first time, not a new one. */
		deadline = again && user->restart_deadline_ns ? user->restart_deadline_ns : now + ns;
	} else if (clock == CLOCK_REALTIME) {
		uint64_t real = clock_realtime_ns();

		deadline = ns > real ? now + (ns - real) : now;
	} else {
		deadline = ns;
	}
	user->restart_deadline_ns = deadline;
	error = deadline > now ? clock_sleep_until(deadline, true) : 0;
	if (error != -EINTR)
		return error;
	if (!absolute && remaining) {
		now = clock_monotonic_ns();
		time = timespec_from_ns(deadline > now ? deadline - now : 0);
		if (copy_value_to_user(remaining, &time))
			return -EFAULT;
	}
	return restartable_without_handler(error);
}

/* ---- interval timers ------------------------------------------------------------------------- */

static int itimer_from_user(vaddr_t address, struct itimer_value *value)
{
	struct itimerval buffer;

	if (copy_value_from_user(&buffer, address))
		return -EFAULT;
	if (ns_from_timeval(&buffer.it_value, &value->value_ns) ||
	    ns_from_timeval(&buffer.it_interval, &value->interval_ns))
		return -EINVAL;
	return 0;
}

static int itimer_to_user(vaddr_t address, const struct itimer_value *value)
{
	/* Rounded up: a timer that runs does not show as 0. */
	struct itimerval buffer = {
		.it_interval = timeval_from_ns(value->interval_ns),
		.it_value = timeval_from_ns(value->value_ns + 999),
	};

	return copy_value_to_user(address, &buffer);
}

long sys_setitimer(unsigned which, vaddr_t new_value, vaddr_t old_value)
{
	struct itimer_value value, old;
	int error = itimer_from_user(new_value, &value);

	if (!error)
		error = itimer_set(which, &value, &old);
	if (error || !old_value)
		return error;
	return itimer_to_user(old_value, &old);
}

long sys_getitimer(unsigned which, vaddr_t address)
{
	struct itimer_value value;
	int error = itimer_set(which, NULL, &value);

	return error ? error : itimer_to_user(address, &value);
}

static int itimerspec_to_user(vaddr_t address, const struct itimer_value *value)
{
	struct itimerspec buffer = {
		.it_interval = timespec_from_ns(value->interval_ns),
		.it_value = timespec_from_ns(value->value_ns),
	};

	return copy_value_to_user(address, &buffer);
}

long sys_timer_create(clockid_t clock, vaddr_t event, vaddr_t id)
{
	struct sigevent buffer;
	int number, error;

	if (event && copy_value_from_user(&buffer, event))
		return -EFAULT;
	error = posix_timer_create((unsigned)clock, event ? &buffer : NULL, &number);
	if (error)
		return error;
	if (copy_value_to_user(id, &number)) {
		posix_timer_delete(number);
		return -EFAULT;
	}
	return 0;
}

long sys_timer_delete(int id)
{
	return posix_timer_delete(id);
}

long sys_timer_settime(int id, int flags, vaddr_t new_value, vaddr_t old_value)
{
	struct itimer_value value, old;
	struct itimerspec buffer;
	int error;

	if (copy_value_from_user(&buffer, new_value))
		return -EFAULT;
	if (ns_from_timespec(&buffer.it_value, &value.value_ns) ||
	    ns_from_timespec(&buffer.it_interval, &value.interval_ns))
		return -EINVAL;
	error = posix_timer_set(id, flags & TIMER_ABSTIME, &value, &old);
	if (error || !old_value)
		return error;
	return itimerspec_to_user(old_value, &old);
}

long sys_timer_gettime(int id, vaddr_t address)
{
	struct itimer_value value;
	int error = posix_timer_get(id, &value);

	return error ? error : itimerspec_to_user(address, &value);
}

long sys_timer_getoverrun(int id)
{
	return posix_timer_overrun(id);
}
