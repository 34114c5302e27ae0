/*
 * Clocks and timers. One heap of timers a CPU, one one-shot interrupt for the earliest.
 *
 * A timer's function runs in interrupt context, interrupts off, on the CPU where the timer was set; it may set the
 * timer again, wake threads, and nothing that sleeps.
 *
 * Invariants
 *  1. A timer is in at most one heap; `cpu` names it while `queued`, under that heap's lock.
 *  2. The hardware is armed no later than the earliest deadline of the CPU's heap.
 */
#ifndef OSIER_TASK_TIMER_H
#define OSIER_TASK_TIMER_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "task/timer_heap.h"

struct timer;
struct osier_timepage;

typedef void (*timer_fn)(struct timer *, void *argument);

struct timer {
	struct timer_node node;		/* node.deadline_ns */
	timer_fn fn;
	void *argument;
	uint16_t cpu;
	bool queued;
};

void timer_init(struct timer *, timer_fn, void *argument);
/* Sets or moves the timer to `deadline_ns` on the monotonic clock; a deadline that is past fires at once. Any context. */
void timer_set(struct timer *, uint64_t deadline_ns);
/*
 * => true if it was set and now will not run. When this returns, the function is not running on another CPU either
 * (so not to be called with a lock held that the function takes). Any context.
 */
bool timer_cancel(struct timer *);

/* Time since boot, ns; never goes back. */
uint64_t clock_monotonic_ns(void);
/* Time since 1970, ns. */
uint64_t clock_realtime_ns(void);
/* Sets the calendar clock; monotonic time is not touched. */
void clock_set_realtime(uint64_t ns);
/* The reading of the battery clock at boot; called once by dev/rtc.c. `seconds` since 1970. */
void clock_init_realtime(uint64_t seconds);

/* The page that libc reads (abi/time.h): frame of the direct map, kept right by this layer. Its physical address. */
paddr_t clock_timepage(void);

/* Sleeps until the deadline. => 0, or -EINTR if interruptible. */
int clock_sleep_until(uint64_t deadline_ns, bool interruptible);
static inline int clock_sleep_ns(uint64_t ns, bool interruptible)
{
	return clock_sleep_until(clock_monotonic_ns() + ns, interruptible);
}

/* Once, after slab and before sched_init. */
void timers_init(void);

#endif
