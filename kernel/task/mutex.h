/*
 * A lock that sleeps: one owner. Handed to the longest waiter on unlock, so nobody starves.
 *
 * Invariants
 *  1. `owner` is the owning thread's address, bit 0 set while anybody waits; 0: free.
 *  2. With bit 0 set, `owner` changes under `lock` only.
 */
#ifndef OSIER_TASK_MUTEX_H
#define OSIER_TASK_MUTEX_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "lib/list.h"
#include "sync/spinlock.h"
#include "task/thread.h"

#define MUTEX_WAITERS ((uintptr_t)1)

struct mutex {
	uintptr_t owner;
	struct spinlock lock;		/* guards `waiters` */
	struct list_node waiters;	/* struct wait_entry */
	uint8_t rank;			/* sync/rank.h; 0: not checked */
};

void mutex_init(struct mutex *, unsigned rank);

/* => sleeps; the thread holds no spinlock. Not for interrupt handlers. */
void mutex_lock(struct mutex *);
/* => 0, or -EINTR and the lock not held. */
int __must_check mutex_lock_interruptible(struct mutex *);
bool __must_check mutex_trylock(struct mutex *);
void mutex_unlock(struct mutex *);

/* Held by the current thread. */
static inline bool mutex_is_held(const struct mutex *mutex)
{
	return (READ_ONCE(mutex->owner) & ~MUTEX_WAITERS) == (uintptr_t)thread_current();
}

/* Held by anybody. */
static inline bool mutex_is_locked(const struct mutex *mutex)
{
	return READ_ONCE(mutex->owner) != 0;
}

#endif
