/*
 * Wait queues and completions. See waitq.h.
 */
#include "task/waitq.h"

#include "debug/assert.h"
#include "lib/err.h"
#include "task/mutex.h"
#include "task/poll.h"
#include "task/run_queue.h"

void waitq_init(struct waitq *queue)
{
	spin_init(&queue->lock, "waitq", LOCK_RANK_WAITQ);
	list_init(&queue->sleepers);
	list_init(&queue->listeners);
}

/* The wake_reason of who was taken off the queue by a wake-up. Whatever else ends a sleep leaves the entry queued. */
#define WOKEN_BY_QUEUE 1

/* After a sleep. Interrupts off, no lock held. => 0, -ETIMEDOUT, -EINTR */
static int settle(struct waitq *queue, struct wait_entry *entry, int why)
{
	if (likely(why == WOKEN_BY_QUEUE))
		return 0;
	spin_lock(&queue->lock);
	if (entry->queued)
		list_remove(&entry->link);
	else
		why = 0;	/* the wake-up came as well: it counts, or it would be lost */
	spin_unlock(&queue->lock);
	return why;
}

int waitq_sleep(struct waitq *queue, struct spinlock *held, bool interruptible, uint64_t deadline_ns)
{
	struct thread *thread = thread_current();
	struct wait_entry entry = { .thread = thread, .queued = true };
	int why;

	irq_disable();
	if (held != &queue->lock)
		spin_lock(&queue->lock);
	else
		held = NULL;
	list_add_tail(&queue->sleepers, &entry.link);
	thread->waiting_on = queue;
	why = sched_sleep(interruptible ? THREAD_WAITING : THREAD_SLEEPING, &queue->lock, held, NULL, deadline_ns);
	why = settle(queue, &entry, why);
	thread->waiting_on = NULL;
	irq_enable();
	return why;
}

int waitq_sleep_mutex(struct waitq *queue, struct mutex *held, bool interruptible, uint64_t deadline_ns)
{
	struct thread *thread = thread_current();
	struct wait_entry entry = { .thread = thread, .queued = true };
	int why = 0;

	/* On the queue first, so that no wake-up after the unlock is lost; then asleep, unless it came already. */
	irq_disable();
	spin_lock(&queue->lock);
	list_add_tail(&queue->sleepers, &entry.link);
	thread->waiting_on = queue;
	if (unlikely(!mutex_unlock_uncontended(held))) {
		/* Handing it on takes locks that do not go with the queue's. */
		spin_unlock(&queue->lock);
		mutex_unlock(held);
		spin_lock(&queue->lock);
	}
	if (likely(entry.queued)) {
		why = sched_sleep(interruptible ? THREAD_WAITING : THREAD_SLEEPING, &queue->lock, NULL, NULL,
				  deadline_ns);
		why = settle(queue, &entry, why);
	} else {
		spin_unlock(&queue->lock);
	}
	thread->waiting_on = NULL;
	irq_enable();
	mutex_lock(held);
	return why;
}

static __always_inline void wake_locked(struct waitq *queue, bool all)
{
	struct poll_entry *listener;

	while (!list_empty(&queue->sleepers)) {
		struct wait_entry *entry = list_first_entry(&queue->sleepers, struct wait_entry, link);
		struct thread *thread = entry->thread;

		list_remove(&entry->link);
		entry->queued = false;
		/* One that is no longer asleep finds out in settle(), which waits for our lock. */
		sched_wake_locked(thread, WOKEN_BY_QUEUE, WAKE_ASLEEP);
		if (!all)
			break;
	}
	if (unlikely(!list_empty(&queue->listeners)))
		list_for_each_entry(listener, &queue->listeners, link)
			poll_trigger(listener);
}

void waitq_wake_locked(struct waitq *queue, bool all)
{
	wake_locked(queue, all);
}

static __always_inline void wake(struct waitq *queue, bool all)
{
	uint64_t flags = spin_lock_irqsave(&queue->lock);

	wake_locked(queue, all);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void waitq_wake_one(struct waitq *queue)
{
	wake(queue, false);
}

void waitq_wake_all(struct waitq *queue)
{
	wake(queue, true);
}

void completion_init(struct completion *completion)
{
	waitq_init(&completion->queue);
	completion->done = false;
}

void completion_signal(struct completion *completion)
{
	uint64_t flags = spin_lock_irqsave(&completion->queue.lock);

	completion->done = true;
	waitq_wake_locked(&completion->queue, true);
	spin_unlock_irqrestore(&completion->queue.lock, flags);
}

int completion_wait(struct completion *completion, bool interruptible, uint64_t deadline_ns)
{
	for (;;) {
		uint64_t flags = spin_lock_irqsave(&completion->queue.lock);
		int why;

		if (completion->done) {
			spin_unlock_irqrestore(&completion->queue.lock, flags);
			return 0;
		}
		why = waitq_sleep(&completion->queue, &completion->queue.lock, interruptible, deadline_ns);
		if (why) {
			flags = spin_lock_irqsave(&completion->queue.lock);
			if (completion->done)
				why = 0;
			spin_unlock_irqrestore(&completion->queue.lock, flags);
			return why;
		}
	}
}
