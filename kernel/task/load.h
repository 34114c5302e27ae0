/*
 * Load averages: the number of threads that run or are ready, averaged over 1, 5 and 15 minutes.
 */
#ifndef OSIER_TASK_LOAD_H
#define OSIER_TASK_LOAD_H

#include <osier/types.h>

/* From the tick. Idle CPUs have none, so what was missed is made up for. */
void load_tick(uint64_t now_ns);
/* Values times 2048. */
void load_read(uint64_t now_ns, uint64_t load[3]);

#endif
