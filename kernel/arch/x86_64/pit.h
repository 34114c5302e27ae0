/*
 * The 8254 timer, used once: to find out how fast other counters run.
 */
#ifndef OSIER_ARCH_PIT_H
#define OSIER_ARCH_PIT_H

#include <osier/types.h>

/* Ticks of the time-stamp counter in a second, or 0 when the PIT does not count. Takes about 10 ms. */
uint64_t pit_measure_tsc(void);

/* Runs channel 2 for `ticks` of 1/1193182 s (at most 65535). => false when it does not count. */
bool pit_wait(uint32_t ticks);

#endif
