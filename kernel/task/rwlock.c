/*
 * Sleeping reader/writer lock. See rwlock.h.
 */
#include "task/rwlock.h"

#include "debug/assert.h"
#include "task/run_queue.h"

void rwlock_init(struct rwlock *lock, unsigned rank)
{
	lock->state = 0;
	lock->rank = (uint8_t)rank;
	lock->writer = NULL;
	spin_init(&lock->lock, "rwlock", LOCK_RANK_WAITQ);
	list_init(&lock->waiters);
}

static inline bool try_read(struct rwlock *lock)
{
	uint32_t state = READ_ONCE(lock->state);

	while (!(state & (RWLOCK_WRITER | RWLOCK_WAITERS)))
		if (__atomic_compare_exchange_n(&lock->state, &state, state + RWLOCK_READER, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

static inline bool try_write(struct rwlock *lock)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(&lock->state, &expected, RWLOCK_WRITER, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/*
 * Gives the lock to those at the head of the queue, if they can have it now. lock->lock held; WAITERS set, so nobody
 * else takes the lock meanwhile, but readers may still leave.
 */
static void grant_locked(struct rwlock *lock)
{
	while (!list_empty(&lock->waiters)) {
		struct wait_entry *entry = list_first_entry(&lock->waiters, struct wait_entry, link);
		struct thread *thread = entry->thread;
		uint32_t state = READ_ONCE(lock->state);

		if (state & RWLOCK_WRITER || (entry->writer && state >= RWLOCK_READER))
			return;
		if (entry->writer)
			WRITE_ONCE(lock->writer, thread);
		__atomic_fetch_add(&lock->state, entry->writer ? RWLOCK_WRITER : RWLOCK_READER, __ATOMIC_ACQUIRE);
		list_remove(&entry->link);
		entry->queued = false;
		sched_wake_locked(thread, 0, WAKE_ASLEEP);
	}
	__atomic_fetch_and(&lock->state, ~(uint32_t)RWLOCK_WAITERS, __ATOMIC_RELAXED);
}

static __noinline void wait_slow(struct rwlock *lock, bool writer)
{
	struct wait_entry entry = { .thread = thread_current(), .queued = true, .writer = writer };
	uint64_t flags = spin_lock_irqsave(&lock->lock);

	/* With WAITERS set, whoever leaves will come by; and who left before that, grant_locked sees. */
	__atomic_fetch_or(&lock->state, RWLOCK_WAITERS, __ATOMIC_ACQUIRE);
	list_add_tail(&lock->waiters, &entry.link);
	grant_locked(lock);
	while (entry.queued) {
		sched_sleep(THREAD_SLEEPING, &lock->lock, NULL, NULL, 0);
		spin_lock(&lock->lock);
	}
	spin_unlock_irqrestore(&lock->lock, flags);
}

static __noinline void grant_slow(struct rwlock *lock)
{
	uint64_t flags = spin_lock_irqsave(&lock->lock);

	grant_locked(lock);
	spin_unlock_irqrestore(&lock->lock, flags);
}

void rwlock_read_lock(struct rwlock *lock)
{
	sleep_lock_check(lock->rank, lock);
	if (unlikely(!try_read(lock)))
		wait_slow(lock, false);
	sleep_lock_acquired(lock->rank);
}

bool rwlock_read_trylock(struct rwlock *lock)
{
	if (!try_read(lock))
		return false;
	sleep_lock_acquired(lock->rank);
	return true;
}

void rwlock_read_unlock(struct rwlock *lock)
{
	uint32_t state;

	ASSERT(READ_ONCE(lock->state) >= RWLOCK_READER);
	sleep_lock_released(lock->rank);
	state = __atomic_sub_fetch(&lock->state, RWLOCK_READER, __ATOMIC_RELEASE);
	if (unlikely(state == RWLOCK_WAITERS))
		grant_slow(lock);
}

void rwlock_write_lock(struct rwlock *lock)
{
	sleep_lock_check(lock->rank, lock);
	if (likely(try_write(lock)))
		lock->writer = thread_current();
	else
		wait_slow(lock, true);
	sleep_lock_acquired(lock->rank);
}

bool rwlock_write_trylock(struct rwlock *lock)
{
	if (!try_write(lock))
		return false;
	lock->writer = thread_current();
	sleep_lock_acquired(lock->rank);
	return true;
}

void rwlock_write_unlock(struct rwlock *lock)
{
	uint32_t state;

	ASSERT(rwlock_is_held_write(lock));
	sleep_lock_released(lock->rank);
	lock->writer = NULL;
	state = __atomic_and_fetch(&lock->state, ~(uint32_t)RWLOCK_WRITER, __ATOMIC_RELEASE);
	if (unlikely(state & RWLOCK_WAITERS))
		grant_slow(lock);
}

void rwlock_downgrade(struct rwlock *lock)
{
	uint32_t state;

	ASSERT(rwlock_is_held_write(lock));
	lock->writer = NULL;
	state = __atomic_add_fetch(&lock->state, RWLOCK_READER - RWLOCK_WRITER, __ATOMIC_RELEASE);
	if (unlikely(state & RWLOCK_WAITERS))
		grant_slow(lock);
}

bool rwlock_is_held_write(const struct rwlock *lock)
{
	return READ_ONCE(lock->state) & RWLOCK_WRITER && READ_ONCE(lock->writer) == thread_current();
}

bool rwlock_is_held_read(const struct rwlock *lock)
{
	return READ_ONCE(lock->state) >= RWLOCK_READER || rwlock_is_held_write(lock);
}
