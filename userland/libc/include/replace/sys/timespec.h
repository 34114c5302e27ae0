/* struct timespec and itimerspec. */
#ifndef _SYS_TIMESPEC_H
#define _SYS_TIMESPEC_H

#include <sys/cdefs.h>
#include <sys/_timespec.h>

#if __BSD_VISIBLE
#define TIMEVAL_TO_TIMESPEC(tv, ts) \
	((ts)->tv_sec = (tv)->tv_sec, (void)((ts)->tv_nsec = (tv)->tv_usec * 1000))
#define TIMESPEC_TO_TIMEVAL(tv, ts) \
	((tv)->tv_sec = (ts)->tv_sec, (void)((tv)->tv_usec = (ts)->tv_nsec / 1000))
#endif

#endif /* _SYS_TIMESPEC_H */
