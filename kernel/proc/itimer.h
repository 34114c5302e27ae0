/*
 * Interval timers (setitimer, alarm) and POSIX timers (timer_create) of a process.
 */
#ifndef OSIER_PROC_ITIMER_H
#define OSIER_PROC_ITIMER_H

#include <osier/abi/signal.h>
#include <osier/types.h>

struct process;

struct itimer_value {
	uint64_t value_ns, interval_ns;		/* value 0: off */
};

/* `which`: ITIMER_*. => 0 or -EINVAL. `new` NULL: only look. */
int itimer_set(unsigned which, const struct itimer_value *new, struct itimer_value *old);
/* Exit: none of the process's timers runs any more when this returns. */
void itimers_cancel(struct process *);
void itimers_init_process(struct process *);
/* RLIMIT_CPU is new, or has been inherited. => process_lock held, or the process not linked yet. */
void itimer_apply_cpu_limit_locked(struct process *);

/* POSIX timers of the calling process. ids are small numbers from 0. */
int posix_timer_create(unsigned clock, const struct sigevent *event, int *id);
int posix_timer_delete(int id);
int posix_timer_set(int id, bool absolute, const struct itimer_value *new, struct itimer_value *old);
int posix_timer_get(int id, struct itimer_value *);
int posix_timer_overrun(int id);
/* exec, exit. */
void posix_timers_delete(struct process *);

#endif
