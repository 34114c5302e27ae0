/*
 * Inside the scheduler: the run queue of a CPU, and what sleeping locks and wait queues build on. For kernel/task only.
 *
 * Invariants
 *  1. A thread is in `queues` of exactly one run queue when READY (the idle threads never are), and only then.
 *  2. A level's bit is set exactly when its list is not empty; `ready` is the number of threads in both arrays.
 *  3. The lock is held across the switch: taken by the thread that gives up the CPU, released by the one that gets it.
 *     So who finds a thread asleep under the lock knows that its registers are saved.
 */
#ifndef OSIER_TASK_RUN_QUEUE_H
#define OSIER_TASK_RUN_QUEUE_H

#include "lib/list.h"
#include "sync/spinlock.h"
#include "task/mutex.h"
#include "task/sched.h"
#include "task/timer.h"

struct run_array {
	uint64_t bitmap;
	struct list_node levels[PRIORITY_LEVELS];
};

struct run_queue {
	struct spinlock lock;
	uint16_t cpu;
	uint32_t ready;
	struct run_array *active, *expired;
	struct thread *idle;
	struct thread *dead;		/* has just left for good: the next one hands it to the reaper */
	struct timer tick;		/* while not idle */
	uint64_t idle_ns, switches;
	struct run_array arrays[2];
};

extern struct run_queue run_queues[CPU_MAX];
extern uint64_t sched_idle_cpus;	/* bit per CPU in its idle loop; atomic */

static inline struct run_queue *run_queue_this(void)
{
	return cpu_slot(CPU_SLOT_RUN_QUEUE);
}

/* A waiter of a wait queue, mutex or rwlock; on its stack, in a list under the lock of that. */
struct wait_entry {
	struct list_node link;
	struct thread *thread;
	bool queued;
	bool writer;			/* rwlock */
};

/* States that a wake-up may end, as bits 1 << enum thread_state. */
#define WAKE_ASLEEP (1u << THREAD_SLEEPING | 1u << THREAD_WAITING)

/* => true if the thread was in one of `states` and runs again. Interrupts off. */
bool sched_wake_locked(struct thread *, int reason, unsigned states);

/*
 * Puts the current thread to sleep; interrupts off. `release` (maybe NULL) and `release_too` are unlocked once it counts as
 * asleep. If `unless` is not NULL and already true then, or the sleep is interruptible and a signal waits, it does not sleep.
 * Returns with interrupts off, nothing held. => wake_reason.
 */
int sched_sleep(enum thread_state, struct spinlock *release, struct spinlock *release_too, const bool *unless,
		uint64_t deadline_ns);

/* Called on the new thread's side of a switch, first thing. Interrupts off. */
void sched_finish_switch(void);
/* The idle loop tells: nothing else to do. */
void reaper_poke(void);
/* The thread has left its stack for good. Interrupts off. */
void reaper_take(struct thread *);
/* The thread that stands for a CPU's own context; its stack is not the reaper's. */
struct thread *thread_create_idle(unsigned cpu, vaddr_t stack_base, vaddr_t stack_top);
/* Gives up the CPU of a thread that is DEAD. */
_Noreturn void sched_leave(void);

/* Unlocks unless somebody waits for it; takes no other lock. => false: it is still locked. */
bool mutex_unlock_uncontended(struct mutex *);

/* Nanoseconds that a level may run in a round. */
int64_t sched_slice(unsigned level);

/* Debug build: order of sleeping locks. */
#ifdef CONFIG_DEBUG
void sleep_lock_check(unsigned rank, const void *lock);	/* before acquiring */
void sleep_lock_acquired(unsigned rank);
void sleep_lock_released(unsigned rank);
#else
static inline void sleep_lock_check(unsigned rank, const void *lock) { }
static inline void sleep_lock_acquired(unsigned rank) { }
static inline void sleep_lock_released(unsigned rank) { }
#endif

#endif
