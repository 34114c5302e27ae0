/*
 * Spinlocks of the debug build: who holds what on this CPU, in which order it was taken, and a panic instead of a
 * wait without end.
 */
#include "sync/spinlock.h"

#ifdef CONFIG_DEBUG

#include "debug/panic.h"

#define SPINS_MAX 400000000ull

/* Interrupts off around each change of the CPU's list: a handler takes locks too. */
static void check_order(const struct cpu *cpu, const struct spinlock *lock, bool interrupts_on)
{
	unsigned top;

	if (cpu->locks_held == CPU_LOCKS_MAX)
		panic("lock %s: %u spinlocks held at once", lock->name, CPU_LOCKS_MAX);
	if (lock->rank == LOCK_RANK_NONE)
		return;
	if (!lock_rank_is_irq(lock->rank) && cpu->irq_nesting)
		panic("lock %s (%s): taken in an interrupt handler", lock->name, lock_rank_name(lock->rank));
	if (lock_rank_is_irq(lock->rank) && interrupts_on)
		panic("lock %s (%s): interrupt handlers take it, and interrupts are on", lock->name,
		      lock_rank_name(lock->rank));
	if (!cpu->locks_held)
		return;
	top = cpu->lock_ranks[cpu->locks_held - 1];
	if (lock->rank < top || (lock->rank == top && !lock_rank_may_repeat(top))) {
		const struct spinlock *held = cpu->locks[cpu->locks_held - 1];

		panic("lock order: taking %s (rank %u, %s) while holding %s (rank %u, %s)", lock->name, lock->rank,
		      lock_rank_name(lock->rank), held->name, top, lock_rank_name(top));
	}
}

static void remember(struct cpu *cpu, struct spinlock *lock, vaddr_t caller)
{
	lock->owner = (uint16_t)(cpu->id + 1);
	lock->taken_at = caller;
	cpu->locks[cpu->locks_held] = lock;
	cpu->lock_ranks[cpu->locks_held++] = lock->rank;
}

static void forget(struct cpu *cpu, struct spinlock *lock)
{
	unsigned i = cpu->locks_held;

	while (i > 0 && cpu->locks[i - 1] != lock)
		i--;
	if (i == 0)
		panic("lock %s: released by a CPU that does not hold it", lock->name ? lock->name : "?");
	for (; i < cpu->locks_held; i++) {
		cpu->locks[i - 1] = cpu->locks[i];
		cpu->lock_ranks[i - 1] = cpu->lock_ranks[i];
	}
	cpu->locks_held--;
	lock->owner = 0;
}

void spin_lock(struct spinlock *lock)
{
	struct cpu *cpu = cpu_this();
	uint64_t flags, spins = 0;
	uint16_t ticket;

	if (panic_in_progress)
		return;
	preempt_disable();
	if (lock->owner == cpu->id + 1)
		panic("lock %s: taken again by the CPU that holds it (first at 0x%lx)", lock->name, lock->taken_at);
	flags = irq_save();
	check_order(cpu, lock, flags & RFLAGS_IF);
	irq_restore(flags);

	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket) {
		cpu_pause();
		if (++spins == SPINS_MAX)
			panic("lock %s: CPU %u has held it for too long (taken at 0x%lx)", lock->name, lock->owner - 1,
			      lock->taken_at);
	}
	flags = irq_save();
	remember(cpu, lock, (vaddr_t)__builtin_return_address(0));
	irq_restore(flags);
}

bool spin_trylock(struct spinlock *lock)
{
	uint16_t serving = __atomic_load_n(&lock->serving, __ATOMIC_RELAXED);
	uint64_t flags;

	preempt_disable();
	if (!__atomic_compare_exchange_n(&lock->next, &serving, (uint16_t)(serving + 1), false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED)) {
		preempt_enable();
		return false;
	}
	flags = irq_save();
	if (cpu_this()->locks_held == CPU_LOCKS_MAX)
		panic("lock %s: %u spinlocks held at once", lock->name, CPU_LOCKS_MAX);
	remember(cpu_this(), lock, (vaddr_t)__builtin_return_address(0));
	irq_restore(flags);
	return true;
}

void spin_unlock(struct spinlock *lock)
{
	uint64_t flags;

	if (panic_in_progress)
		return;
	flags = irq_save();
	forget(cpu_this(), lock);
	irq_restore(flags);
	__atomic_store_n(&lock->serving, (uint16_t)(lock->serving + 1), __ATOMIC_RELEASE);
	preempt_enable();
}

#endif
