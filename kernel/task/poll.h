/*
 * Waiting for any of several things: poll(2), select(2).
 *
 * A poll operation adds the caller's waiter to the queues that it would be woken through (poll_add; `waiter` may be
 * NULL: only asked), then says what is ready now. The caller loops:
 *
 *	poll_waiter_init(&waiter);
 *	for (;;) {
 *		ready = ... every file's poll(file, first pass ? &waiter : NULL) ...;
 *		if (ready || error)
 *			break;
 *		error = poll_wait(&waiter, deadline);
 *	}
 *	poll_waiter_finish(&waiter);
 */
#ifndef OSIER_TASK_POLL_H
#define OSIER_TASK_POLL_H

#include <osier/types.h>

#include "lib/list.h"
#include "task/waitq.h"

#define POLL_ENTRIES_INLINE 8

struct poll_waiter;

struct poll_entry {
	struct list_node link;		/* in waitq.listeners */
	struct waitq *queue;
	struct poll_waiter *waiter;
	struct poll_entry *next;	/* of the same waiter */
};

struct poll_waiter {
	struct thread *thread;
	bool triggered;			/* a queue was woken since poll_wait looked */
	int error;			/* -ENOMEM: an entry could not be had */
	unsigned used;
	struct poll_entry *more;	/* beyond the inline ones; kmalloc */
	struct poll_entry entries[POLL_ENTRIES_INLINE];
};

void poll_waiter_init(struct poll_waiter *);
/* Makes wake-ups of `queue` wake the waiter. The queue must live until poll_waiter_finish. NULL waiter: nothing. */
void poll_add(struct poll_waiter *, struct waitq *queue);
/* => 0: look again; -EINTR, -ETIMEDOUT (deadline_ns 0: none), -ENOMEM. */
int poll_wait(struct poll_waiter *, uint64_t deadline_ns);
void poll_waiter_finish(struct poll_waiter *);

/* Called by waitq_wake_*, with the queue's lock held. */
void poll_trigger(struct poll_entry *);

#endif
