/* POSIX timers, but for SIGEV_THREAD, which is refused with ENOTSUP. */
#include "osier.h"
#include <signal.h>
#include <time.h>

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict out)
{
	int id;

	if (event && event->sigev_notify == SIGEV_THREAD) {
		errno = ENOTSUP;
		return -1;
	}
	if (call(SYS_timer_create, clock, event, &id) < 0)
		return -1;
	*out = (timer_t)id;
	return 0;
}

int timer_delete(timer_t id)
{
	return (int)call(SYS_timer_delete, id);
}

int timer_settime(timer_t id, int flags, const struct itimerspec *restrict new,
		  struct itimerspec *restrict old)
{
	return (int)call(SYS_timer_settime, id, flags, new, old);
}

int timer_gettime(timer_t id, struct itimerspec *value)
{
	return (int)call(SYS_timer_gettime, id, value);
}

int timer_getoverrun(timer_t id)
{
	return (int)call(SYS_timer_getoverrun, id);
}
