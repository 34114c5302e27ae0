/*
 * Spinlocks: ticket locks, fair and small. A holder does not sleep.
 *
 * spin_lock          for locks that no interrupt handler takes;
 * spin_lock_irqsave  for the others: interrupts off while held.
 *
 * The debug build knows the owner, checks ranks, and panics instead of spinning for ever.
 */
#ifndef OSIER_SYNC_SPINLOCK_H
#define OSIER_SYNC_SPINLOCK_H

#include "arch/x86_64/cpu.h"
#include "sync/lock_rank.h"

struct spinlock {
	uint16_t next, serving;		/* next ticket to draw; ticket that holds the lock */
	uint8_t rank;			/* enum lock_rank */
#ifdef CONFIG_DEBUG
	uint16_t owner;			/* CPU id + 1, 0: nobody */
	const char *name;
	vaddr_t taken_at;
#endif
};

#ifdef CONFIG_DEBUG
#define SPINLOCK_INIT(lock_name, lock_rank) { .rank = (lock_rank), .name = (lock_name) }
#else
#define SPINLOCK_INIT(lock_name, lock_rank) { .rank = (lock_rank) }
#endif

static inline void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(name, rank);
	(void)name;
}

#ifdef CONFIG_DEBUG
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
bool spin_trylock(struct spinlock *lock);
#else
static __always_inline void spin_lock(struct spinlock *lock)
{
	uint16_t ticket;

	preempt_disable();
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (unlikely(__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket))
		cpu_pause();
}

static __always_inline void spin_unlock(struct spinlock *lock)
{
	/* Only the holder writes it: a plain increment with release order. */
	__atomic_store_n(&lock->serving, (uint16_t)(lock->serving + 1), __ATOMIC_RELEASE);
	preempt_enable();
}

static inline bool spin_trylock(struct spinlock *lock)
{
	uint16_t serving = __atomic_load_n(&lock->serving, __ATOMIC_RELAXED);

	preempt_disable();
	if (__atomic_compare_exchange_n(&lock->next, &serving, (uint16_t)(serving + 1), false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return true;
	preempt_enable();
	return false;
}
#endif

/* => the interrupt state to hand to the unlock. */
static __always_inline uint64_t spin_lock_irqsave(struct spinlock *lock)
{
	uint64_t flags = irq_save();

	spin_lock(lock);
	return flags;
}

static __always_inline void spin_unlock_irqrestore(struct spinlock *lock, uint64_t flags)
{
	spin_unlock(lock);
	irq_restore(flags);
}

/* True if this CPU holds it (debug build); the release build only knows whether anybody does. For asserts. */
static inline bool spin_is_held(const struct spinlock *lock)
{
#ifdef CONFIG_DEBUG
	return lock->owner == cpu_id() + 1;
#else
	return READ_ONCE(lock->next) != READ_ONCE(lock->serving);
#endif
}

#endif
