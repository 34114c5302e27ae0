/* Time of day, interval timers, file times in microseconds. */
#ifndef _SYS_TIME_H
#define _SYS_TIME_H

#include <_ansi.h>
#include <sys/cdefs.h>
#include <sys/_timeval.h>
#include <sys/types.h>
#include <sys/timespec.h>
#include <sys/select.h>
#include <osier/abi/time.h>
#include <time.h>

#if __MISC_VISIBLE
struct timezone {
	int tz_minuteswest;
	int tz_dsttime;
};

#define timerclear(t)		((t)->tv_sec = (t)->tv_usec = 0)
#define timerisset(t)		((t)->tv_sec || (t)->tv_usec)
#define timercmp(a, b, cmp) \
	((a)->tv_sec == (b)->tv_sec ? (a)->tv_usec cmp (b)->tv_usec : (a)->tv_sec cmp (b)->tv_sec)
#define timeradd(a, b, r) do { \
	(r)->tv_sec = (a)->tv_sec + (b)->tv_sec; \
	(r)->tv_usec = (a)->tv_usec + (b)->tv_usec; \
	if ((r)->tv_usec >= 1000000) { (r)->tv_sec++; (r)->tv_usec -= 1000000; } \
} while (0)
#define timersub(a, b, r) do { \
	(r)->tv_sec = (a)->tv_sec - (b)->tv_sec; \
	(r)->tv_usec = (a)->tv_usec - (b)->tv_usec; \
	if ((r)->tv_usec < 0) { (r)->tv_sec--; (r)->tv_usec += 1000000; } \
} while (0)
#endif

__BEGIN_DECLS
int gettimeofday(struct timeval *__restrict, void *__restrict);
int getitimer(int, struct itimerval *);
int setitimer(int, const struct itimerval *__restrict, struct itimerval *__restrict);
int utimes(const char *, const struct timeval [2]);
#if __MISC_VISIBLE
int settimeofday(const struct timeval *, const struct timezone *);
int futimes(int, const struct timeval [2]);
int lutimes(const char *, const struct timeval [2]);
int futimesat(int, const char *, const struct timeval [2]);
#endif
#ifdef _COMPILING_NEWLIB
int _gettimeofday(struct timeval *, void *);
#endif
__END_DECLS

#endif /* _SYS_TIME_H */
