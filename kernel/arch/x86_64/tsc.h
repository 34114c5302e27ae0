/*
 * Time from the time-stamp counter: calibrated once against the PIT, then a multiplication and a shift.
 */
#ifndef OSIER_ARCH_TSC_H
#define OSIER_ARCH_TSC_H

#include "arch/x86_64/cpu.h"

/* ns = (tsc - tsc_at_boot) * tsc_mul >> tsc_shift */
extern uint64_t tsc_at_boot;
extern uint32_t tsc_mul;
extern uint32_t tsc_shift;
extern uint64_t tsc_hz;

void tsc_init(void);

static inline uint64_t tsc_to_ns(uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * tsc_mul >> tsc_shift);
}

/* Nanoseconds since boot; does not go back on one CPU. 0 before tsc_init. */
static inline uint64_t time_ns(void)
{
	return tsc_to_ns(rdtsc() - tsc_at_boot);
}

/* Busy wait; good from tsc_init on. */
void delay_us(uint64_t microseconds);

#endif
