/*
 * What the allocators need of the layers below. On the host, where they are tested in one thread, locks and
 * failpoints are defined away.
 */
#ifndef OSIER_MM_PLATFORM_H
#define OSIER_MM_PLATFORM_H

#include "debug/assert.h"
#include "debug/log.h"
#include "mm/frame.h"

#ifdef OSIER_HOST
struct spinlock {
	bool held;
};
#define SPINLOCK_INIT(name, rank) { false }
#define spin_init(lock, name, rank) ((lock)->held = false)
static inline void spin_lock(struct spinlock *lock)
{
	assert(!lock->held);
	lock->held = true;
}
static inline void spin_unlock(struct spinlock *lock)
{
	assert(lock->held);
	lock->held = false;
}
enum { FAILPOINT_FRAME_ALLOC, FAILPOINT_SLAB_ALLOC, FAILPOINT_COMMIT };
static inline bool failpoint_hit(int point)
{
	return false;
}
static inline bool cpu_may_sleep(void)
{
	return true;
}
static inline bool mm_in_interrupt(void)
{
	return false;
}
static inline void *cpu_current_thread(void)
{
	static int thread;

	return &thread;
}
#define panic(...) (log_error(__VA_ARGS__), abort())
void abort(void) __noreturn;
static const uint32_t cpu_count = 1;
#else
#include "arch/x86_64/cpu.h"
#include "debug/panic.h"
#include "sync/failpoint.h"
#include "sync/spinlock.h"

/* Where the allocators must not be called: an interrupt handler may have come between a magazine's count and its slot. */
static inline bool mm_in_interrupt(void)
{
	return READ_ONCE(cpu_this()->irq_nesting) != 0;
}
#endif

/* Fill patterns of the debug build. */
#define POISON_FRAME 0xdfdfdfdfdfdfdfdfull	/* a free frame */
#define POISON_FREE 0x6b			/* a free slab object */
#define POISON_NEW 0x5a				/* a slab object just allocated */

#if defined(CONFIG_DEBUG) || defined(OSIER_HOST)
#define MM_POISON 1
#else
#define MM_POISON 0
#endif

#endif
