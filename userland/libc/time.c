/* Clocks, sleeping, interval timers. */
#include "osier.h"
#include <limits.h>
#include <time.h>
#include <unistd.h>
#include <osier/abi/auxv.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <sys/times.h>

/* The kernel's time page, looked up once; NULL where there is none. */
static const volatile struct osier_timepage *timepage;
static int timepage_known;

/* => 1 when *ts was filled in without a system call. */
static int time_from_page(clockid_t clock, struct timespec *ts)
{
	const volatile struct osier_timepage *page = timepage;
	unsigned int sequence, lo, hi;
	unsigned long base, ns;

	if (!timepage_known) {
		unsigned long *entry = __osier_auxv;

		while (entry[0] != AT_NULL && entry[0] != AT_OSIER_TIMEPAGE)
			entry += 2;
		timepage = page = (void *)(entry[0] == AT_NULL ? 0 : entry[1]);
		timepage_known = 1;
	}
	if (!page)
		return 0;
	do {
		sequence = page->sequence;
		__asm__ volatile("" : : : "memory");
		if (!page->valid)
			return 0;
		base = clock == CLOCK_REALTIME ? page->realtime_base_ns : page->monotonic_base_ns;
		__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
		ns = base + (unsigned long)(((unsigned __int128)
			(((unsigned long)hi << 32 | lo) - page->tsc_base) * page->mult)
			>> page->shift);
		__asm__ volatile("" : : : "memory");
	} while ((sequence & 1) || sequence != page->sequence);
	ts->tv_sec = (time_t)(ns / 1000000000);
	ts->tv_nsec = (long)(ns % 1000000000);
	return 1;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	if ((clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && time_from_page(clock, ts))
		return 0;
	return (int)call(SYS_clock_gettime, clock, ts);
}

int clock_settime(clockid_t clock, const struct timespec *ts)
{
	return (int)call(SYS_clock_settime, clock, ts);
}

int clock_getres(clockid_t clock, struct timespec *ts)
{
	return (int)call(SYS_clock_getres, clock, ts);
}

int clock_getcpuclockid(pid_t pid, clockid_t *clock)
{
	if (pid != 0 && pid != getpid())
		return ESRCH;
	*clock = CLOCK_PROCESS_CPUTIME_ID;
	return 0;
}

/* Returns the error number, does not set errno. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *want,
		    struct timespec *left)
{
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return EINVAL;
	return (int)-cancel_raw(SYS_clock_nanosleep, clock, flags, want, left);
}

int nanosleep(const struct timespec *want, struct timespec *left)
{
	return (int)cancel_call(SYS_clock_nanosleep, CLOCK_REALTIME, 0, want, left);
}

unsigned int sleep(unsigned int seconds)
{
	struct timespec ts = { .tv_sec = seconds };

	if (nanosleep(&ts, &ts) == 0)
		return 0;
	return (unsigned int)(ts.tv_sec + (ts.tv_nsec >= 500000000));
}

int usleep(useconds_t us)
{
	struct timespec ts = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L };

	return nanosleep(&ts, NULL);
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	if (tv) {
		tv->tv_sec = ts.tv_sec;
		tv->tv_usec = ts.tv_nsec / 1000;
	}
	if (zone) {
		((struct timezone *)zone)->tz_minuteswest = 0;
		((struct timezone *)zone)->tz_dsttime = 0;
	}
	return 0;
}

int settimeofday(const struct timeval *tv, const struct timezone *zone)
{
	struct timespec ts;

	if (!tv)
		return 0;
	if (tv->tv_usec < 0 || tv->tv_usec >= 1000000) {
		errno = EINVAL;
		return -1;
	}
	ts.tv_sec = tv->tv_sec;
	ts.tv_nsec = tv->tv_usec * 1000;
	return clock_settime(CLOCK_REALTIME, &ts);
}

time_t time(time_t *out)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

clock_t times(struct tms *buf)
{
	struct tms dummy;

	return (clock_t)call(SYS_times, buf ? buf : &dummy);
}

clock_t clock(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) < 0)
		return (clock_t)-1;
	return (clock_t)(ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

int getitimer(int which, struct itimerval *value)
{
	return (int)call(SYS_getitimer, which, value);
}

int setitimer(int which, const struct itimerval *restrict new, struct itimerval *restrict old)
{
	return (int)call(SYS_setitimer, which, new, old);
}

unsigned int alarm(unsigned int seconds)
{
	struct itimerval new = { .it_value = { .tv_sec = seconds } }, old;

	if (setitimer(ITIMER_REAL, &new, &old) < 0)
		return 0;
	/* A rest below a second is still a pending alarm. */
	if (old.it_value.tv_sec == 0 && old.it_value.tv_usec)
		return 1;
	return (unsigned int)(old.it_value.tv_sec + (old.it_value.tv_usec >= 500000));
}

useconds_t ualarm(useconds_t us, useconds_t interval)
{
	struct itimerval new = {
		.it_interval = { interval / 1000000, interval % 1000000 },
		.it_value = { us / 1000000, us % 1000000 },
	}, old;

	if (setitimer(ITIMER_REAL, &new, &old) < 0)
		return (useconds_t)-1;
	return (useconds_t)(old.it_value.tv_sec * 1000000 + old.it_value.tv_usec);
}
