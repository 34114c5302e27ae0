/*
 * poll_waiter: one thread listening on several wait queues.
 */
#include "task/poll.h"

#include "lib/err.h"
#include "mm/slab.h"
#include "task/run_queue.h"

void poll_waiter_init(struct poll_waiter *waiter)
{
	waiter->thread = thread_current();
	waiter->triggered = false;
	waiter->error = 0;
	waiter->used = 0;
	waiter->more = NULL;
}

void poll_add(struct poll_waiter *waiter, struct waitq *queue)
{
	struct poll_entry *entry;
	uint64_t flags;

	if (!waiter)
		return;
	if (waiter->used < POLL_ENTRIES_INLINE) {
		entry = &waiter->entries[waiter->used++];
	} else {
		entry = kmalloc(sizeof *entry);
		if (!entry) {
			waiter->error = -ENOMEM;
			return;
		}
		entry->next = waiter->more;
		waiter->more = entry;
	}
	entry->queue = queue;
	entry->waiter = waiter;
	flags = spin_lock_irqsave(&queue->lock);
	list_add_tail(&queue->listeners, &entry->link);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void poll_trigger(struct poll_entry *entry)
{
	struct poll_waiter *waiter = entry->waiter;

	if (READ_ONCE(waiter->triggered))
		return;
	__atomic_store_n(&waiter->triggered, true, __ATOMIC_SEQ_CST);
	sched_wake_locked(waiter->thread, 0, 1u << THREAD_WAITING);
}

int poll_wait(struct poll_waiter *waiter, uint64_t deadline_ns)
{
	int why;

	if (waiter->error)
		return waiter->error;
	irq_disable();
	why = sched_sleep(THREAD_WAITING, NULL, NULL, &waiter->triggered, deadline_ns);
	irq_enable();
	/* Whoever triggers from here on has changed something that the caller has not looked at yet. */
	if (__atomic_exchange_n(&waiter->triggered, false, __ATOMIC_SEQ_CST))
		return 0;
	return why;
}

static void leave(struct poll_entry *entry)
{
	uint64_t flags = spin_lock_irqsave(&entry->queue->lock);

	list_remove(&entry->link);
	spin_unlock_irqrestore(&entry->queue->lock, flags);
}

void poll_waiter_finish(struct poll_waiter *waiter)
{
	for (unsigned i = 0; i < waiter->used; i++)
		leave(&waiter->entries[i]);
	while (waiter->more) {
		struct poll_entry *entry = waiter->more;

		waiter->more = entry->next;
		leave(entry);
		kfree(entry);
	}
	waiter->used = 0;
}
