/*
 * Debug build: the order of sleeping locks, kept in the thread that holds them.
 */
#ifdef CONFIG_DEBUG

#include "arch/x86_64/cpu.h"
#include "debug/panic.h"
#include "sync/lock_rank.h"
#include "task/run_queue.h"
#include "task/thread.h"

void sleep_lock_check(unsigned rank, const void *lock)
{
	struct thread *thread = thread_current();
	unsigned held;

	if (!thread)
		return;
	if (!cpu_may_sleep())
		panic("sleeping lock %s taken in a context that must not sleep", lock_rank_name(rank));
	if (!rank || !thread->locks_held_count)
		return;
	held = thread->locks_held[thread->locks_held_count - 1];
	if (held > rank || (held == rank && !lock_rank_may_repeat(rank)))
		panic("lock order: %s taken while %s is held", lock_rank_name(rank), lock_rank_name(held));
}

/* Kept sorted, so that the last is the one to compare with, in whatever order they are released. */
void sleep_lock_acquired(unsigned rank)
{
	struct thread *thread = thread_current();
	unsigned i;

	if (!thread || !rank)
		return;
	if (thread->locks_held_count == sizeof thread->locks_held)
		panic("too many sleeping locks held");
	for (i = thread->locks_held_count; i > 0 && thread->locks_held[i - 1] > rank; i--)
		thread->locks_held[i] = thread->locks_held[i - 1];
	thread->locks_held[i] = (uint8_t)rank;
	thread->locks_held_count++;
}

void sleep_lock_released(unsigned rank)
{
	struct thread *thread = thread_current();
	unsigned i;

	if (!thread || !rank)
		return;
	for (i = thread->locks_held_count; i > 0; i--)
		if (thread->locks_held[i - 1] == rank)
			break;
	if (i == 0)
		panic("lock %s released but not held", lock_rank_name(rank));
	for (; i < thread->locks_held_count; i++)
		thread->locks_held[i - 1] = thread->locks_held[i];
	thread->locks_held_count--;
}

#endif
