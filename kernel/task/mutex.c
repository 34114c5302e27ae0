/*
 * Sleeping mutual exclusion. See mutex.h.
 */
#include "task/mutex.h"

#include "debug/assert.h"
#include "lib/err.h"
#include "task/run_queue.h"

void mutex_init(struct mutex *mutex, unsigned rank)
{
	mutex->owner = 0;
	spin_init(&mutex->lock, "mutex", LOCK_RANK_WAITQ);
	list_init(&mutex->waiters);
	mutex->rank = (uint8_t)rank;
}

static inline bool take_free(struct mutex *mutex)
{
	uintptr_t expected = 0;

	return __atomic_compare_exchange_n(&mutex->owner, &expected, (uintptr_t)thread_current(), false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static __noinline int lock_slow(struct mutex *mutex, bool interruptible)
{
	struct thread *thread = thread_current();
	struct wait_entry entry = { .thread = thread, .queued = true };
	uintptr_t owner;
	uint64_t flags;

	ASSERT(!mutex_is_held(mutex));
	flags = spin_lock_irqsave(&mutex->lock);
	/* Say that we wait, unless it came free meanwhile. With the bit set only unlock_slow changes it. */
	owner = READ_ONCE(mutex->owner);
	for (;;) {
		uintptr_t wanted = owner ? owner | MUTEX_WAITERS : (uintptr_t)thread;

		if (__atomic_compare_exchange_n(&mutex->owner, &owner, wanted, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			break;
	}
	if (!owner) {
		spin_unlock_irqrestore(&mutex->lock, flags);
		return 0;
	}
	list_add_tail(&mutex->waiters, &entry.link);
	while (entry.queued) {
		int why = sched_sleep(interruptible ? THREAD_WAITING : THREAD_SLEEPING, &mutex->lock, NULL, NULL, 0);

		spin_lock(&mutex->lock);
		if (why == -EINTR && entry.queued) {
			list_remove(&entry.link);
			if (list_empty(&mutex->waiters))
				__atomic_fetch_and(&mutex->owner, ~MUTEX_WAITERS, __ATOMIC_RELAXED);
			spin_unlock_irqrestore(&mutex->lock, flags);
			return -EINTR;
		}
	}
	/* Handed over by the last owner. */
	spin_unlock_irqrestore(&mutex->lock, flags);
	return 0;
}

void mutex_lock(struct mutex *mutex)
{
	sleep_lock_check(mutex->rank, mutex);
	if (unlikely(!take_free(mutex)))
		(void)lock_slow(mutex, false);
	sleep_lock_acquired(mutex->rank);
}

int mutex_lock_interruptible(struct mutex *mutex)
{
	sleep_lock_check(mutex->rank, mutex);
	if (unlikely(!take_free(mutex))) {
		int error = lock_slow(mutex, true);

		if (error)
			return error;
	}
	sleep_lock_acquired(mutex->rank);
	return 0;
}

bool mutex_trylock(struct mutex *mutex)
{
	if (!take_free(mutex))
		return false;
	sleep_lock_acquired(mutex->rank);
	return true;
}

static __noinline void unlock_slow(struct mutex *mutex)
{
	uint64_t flags = spin_lock_irqsave(&mutex->lock);

	if (list_empty(&mutex->waiters)) {
		/* The one that waited was interrupted. */
		__atomic_store_n(&mutex->owner, 0, __ATOMIC_RELEASE);
	} else {
		struct wait_entry *entry = list_first_entry(&mutex->waiters, struct wait_entry, link);
		struct thread *thread = entry->thread;

		list_remove(&entry->link);
		entry->queued = false;
		__atomic_store_n(&mutex->owner,
				 (uintptr_t)thread | (list_empty(&mutex->waiters) ? 0 : MUTEX_WAITERS),
				 __ATOMIC_RELEASE);
		sched_wake_locked(thread, 0, WAKE_ASLEEP);
	}
	spin_unlock_irqrestore(&mutex->lock, flags);
}

bool mutex_unlock_uncontended(struct mutex *mutex)
{
	uintptr_t expected = (uintptr_t)thread_current();

	ASSERT(mutex_is_held(mutex));
	if (!__atomic_compare_exchange_n(&mutex->owner, &expected, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return false;
	sleep_lock_released(mutex->rank);
	return true;
}

void mutex_unlock(struct mutex *mutex)
{
	uintptr_t expected = (uintptr_t)thread_current();

	ASSERT(mutex_is_held(mutex));
	sleep_lock_released(mutex->rank);
	if (unlikely(!__atomic_compare_exchange_n(&mutex->owner, &expected, 0, false, __ATOMIC_RELEASE,
						  __ATOMIC_RELAXED)))
		unlock_slow(mutex);
}
