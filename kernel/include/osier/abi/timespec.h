/*
 * struct timespec, timeval and their interval forms.
 */
#ifndef OSIER_ABI_TIMESPEC_H
#define OSIER_ABI_TIMESPEC_H

#include <osier/abi/types.h>

struct timespec {
	time_t tv_sec;
	long tv_nsec;		/* 0 .. 999999999 */
};

struct timeval {
	time_t tv_sec;
	suseconds_t tv_usec;	/* 0 .. 999999 */
};

struct itimerspec {
	struct timespec it_interval;
	struct timespec it_value;
};

#endif /* OSIER_ABI_TIMESPEC_H */
