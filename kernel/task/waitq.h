/*
 * Wait queues: threads that wait for something, and those that poll for it.
 *
 * The condition that is waited for belongs to the caller and has a lock of its own; the queue holds only the
 * waiters. A sleep that releases the caller's lock does both in one call, so no wake-up is lost:
 *
 *	spin_lock_irq(&thing->lock);
 *	while (!thing->ready) {
 *		error = waitq_sleep(&thing->waiters, &thing->lock, true, 0);
 *		if (error)
 *			return error;			(the lock is NOT held after a sleep)
 *		spin_lock_irq(&thing->lock);
 *	}
 *
 * and the other side changes the condition under the lock, then calls waitq_wake_one or _all (with or without the
 * lock; also from interrupt handlers). The queue's own lock may serve as the caller's lock: pass &queue->lock, and
 * wake with waitq_wake_locked.
 *
 * Invariants
 *  1. `sleepers` and `listeners` change under `lock`, taken with interrupts off.
 *  2. A waiter's entry lies on its own stack; whoever removes it from the list does so under `lock`, before the
 *     thread can return from its sleep.
 *  3. Order: caller's lock, then waitq.lock, then a run queue's.
 */
#ifndef OSIER_TASK_WAITQ_H
#define OSIER_TASK_WAITQ_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "lib/list.h"
#include "sync/spinlock.h"

struct mutex;
struct thread;

struct waitq {
	struct spinlock lock;
	struct list_node sleepers;	/* struct wait_entry, first come first */
	struct list_node listeners;	/* struct poll_entry (task/poll.h) */
};

void waitq_init(struct waitq *);

/*
 * Releases `held` and sleeps until a wake-up, a signal (interruptible) or `deadline_ns` on the monotonic clock
 * (0: none).
 * => called with `held` held, interrupts on or off; returns with `held` NOT held and interrupts ON.
 * => 0 (woken; look at the condition again), -ETIMEDOUT, -EINTR (a signal is pending: at once, if it was already).
 */
int waitq_sleep(struct waitq *, struct spinlock *held, bool interruptible, uint64_t deadline_ns);

/* The same with a sleeping lock, which it takes again before it returns, whatever the result. */
int waitq_sleep_mutex(struct waitq *, struct mutex *held, bool interruptible, uint64_t deadline_ns);

/* Wakes the one that has waited longest, or all; pollers always all. From any context. */
void waitq_wake_one(struct waitq *);
void waitq_wake_all(struct waitq *);
/* The same with waitq.lock held by the caller (interrupts off). */
void waitq_wake_locked(struct waitq *, bool all);

/* Whether anybody is there to be woken; a hint unless the caller's lock excludes new ones. */
static inline bool waitq_idle(const struct waitq *queue)
{
	return list_empty(&queue->sleepers) && list_empty(&queue->listeners);
}

/*
 * Waits until `condition` (an expression, evaluated with `mutex` held) is true. => 0, -EINTR, -ETIMEDOUT as an
 * expression; `mutex` is held before and after.
 */
#define waitq_wait_mutex(queue, mutex, condition, interruptible, deadline_ns)                       \
	({                                                                                         \
		int wait_error_ = 0;                                                               \
		while (!(condition) && !wait_error_)                                               \
			wait_error_ = waitq_sleep_mutex((queue), (mutex), (interruptible),         \
							(deadline_ns));                            \
		if (wait_error_ && (condition))                                                    \
			wait_error_ = 0;                                                           \
		wait_error_;                                                                       \
	})

/*
 * Something that happens once: an answer from a device. Safe to keep on the stack of the one who waits.
 */
struct completion {
	struct waitq queue;
	bool done;
};

void completion_init(struct completion *);
void completion_signal(struct completion *);	/* from any context */
/* => 0; -EINTR, -ETIMEDOUT as waitq_sleep. */
int completion_wait(struct completion *, bool interruptible, uint64_t deadline_ns);

#endif
