/*
 * Clocks and timers. Clock numbers are newlib's. CPU-time clocks of other processes are not offered.
 */
#ifndef OSIER_ABI_TIME_H
#define OSIER_ABI_TIME_H

#include <osier/abi/timespec.h>

#define CLOCK_REALTIME_COARSE		((clockid_t) 0)
#define CLOCK_REALTIME			((clockid_t) 1)
#define CLOCK_PROCESS_CPUTIME_ID	((clockid_t) 2)
#define CLOCK_THREAD_CPUTIME_ID		((clockid_t) 3)
#define CLOCK_MONOTONIC			((clockid_t) 4)
#define CLOCK_MONOTONIC_RAW		((clockid_t) 5)
#define CLOCK_MONOTONIC_COARSE		((clockid_t) 6)
#define CLOCK_BOOTTIME			((clockid_t) 7)

#define TIMER_ABSTIME	4	/* flag of clock_nanosleep and timer_settime */

#define ITIMER_REAL	0	/* SIGALRM */
#define ITIMER_VIRTUAL	1	/* SIGVTALRM, user time */
#define ITIMER_PROF	2	/* SIGPROF, user + system time */

struct itimerval {
	struct timeval it_interval;
	struct timeval it_value;
};

/* times(2): in clock ticks, of which there are OSIER_CLK_TCK a second. */
#define OSIER_CLK_TCK	100

struct tms {
	clock_t tms_utime;
	clock_t tms_stime;
	clock_t tms_cutime;
	clock_t tms_cstime;
};

/*
 * The read-only page that gives the time without a system call; auxv AT_OSIER_TIMEPAGE is its
 * address. Read sequence (even), the rest, sequence again; on a change or an odd value retry.
 *   ns = ((tsc - tsc_base) * mult) >> shift        (128-bit product)
 *   monotonic = monotonic_base_ns + ns;  realtime = realtime_base_ns + ns
 * valid is 0 while the TSC cannot be used: then ask by clock_gettime(2).
 */
struct osier_timepage {
	unsigned int sequence;
	unsigned int valid;
	unsigned int mult;
	unsigned int shift;
	unsigned long tsc_base;
	unsigned long monotonic_base_ns;
	unsigned long realtime_base_ns;
};

#endif /* OSIER_ABI_TIME_H */
