/*
 * Scheduling policies and parameters.
 */
#ifndef OSIER_ABI_SCHED_H
#define OSIER_ABI_SCHED_H

#define SCHED_OTHER	0
#define SCHED_FIFO	1
#define SCHED_RR	2
#define SCHED_BATCH	3
#define SCHED_IDLE	5

struct sched_param {
	int sched_priority;
};

#endif /* OSIER_ABI_SCHED_H */
