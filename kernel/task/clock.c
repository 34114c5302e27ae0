/*
 * The clocks: monotonic time is the TSC's, calendar time is that plus an offset. And the page that libc reads both from.
 */
#include <osier/abi/time.h>

#include "arch/x86_64/tsc.h"
#include "lib/err.h"
#include "mm/frame.h"
#include "sync/spinlock.h"
#include "task/sched.h"
#include "task/timer.h"
#include "task/run_queue.h"

static uint64_t realtime_offset_ns;	/* calendar time at boot */
static struct osier_timepage *timepage;
static struct spinlock clock_lock = SPINLOCK_INIT("clock", LOCK_RANK_LIST);

uint64_t clock_monotonic_ns(void)
{
	return time_ns();
}

uint64_t clock_realtime_ns(void)
{
	return time_ns() + __atomic_load_n(&realtime_offset_ns, __ATOMIC_RELAXED);
}

static void publish(void)
{
	if (!timepage)
		return;
	__atomic_store_n(&timepage->sequence, timepage->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	timepage->mult = tsc_mul;
	timepage->shift = tsc_shift;
	timepage->tsc_base = tsc_at_boot;
	timepage->monotonic_base_ns = 0;
	timepage->realtime_base_ns = realtime_offset_ns;
	timepage->valid = 1;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&timepage->sequence, timepage->sequence + 1, __ATOMIC_RELEASE);
}

static void set_offset(uint64_t offset)
{
	spin_lock(&clock_lock);
	__atomic_store_n(&realtime_offset_ns, offset, __ATOMIC_RELAXED);
	publish();
	spin_unlock(&clock_lock);
}

void clock_set_realtime(uint64_t ns)
{
	set_offset(ns - time_ns());
}

void clock_init_realtime(uint64_t seconds)
{
	set_offset(seconds * 1000000000ull - time_ns());
}

paddr_t clock_timepage(void)
{
	if (!timepage) {
		struct frame *frame = frame_alloc(FRAME_KERNEL | FRAME_ZERO);

		if (!frame)
			return 0;
		spin_lock(&clock_lock);
		if (!timepage) {
			timepage = frame_to_virt(frame);
			publish();
			frame = NULL;
		}
		spin_unlock(&clock_lock);
		if (frame)
			frame_put(frame);
	}
	return virt_to_phys(timepage);
}

int clock_sleep_until(uint64_t deadline_ns, bool interruptible)
{
	int why;

	/* A deadline of 0 would mean none. */
	if (deadline_ns == 0)
		deadline_ns = 1;
	do {
		if (clock_monotonic_ns() >= deadline_ns)
			return 0;
		why = sched_block(interruptible ? THREAD_WAITING : THREAD_SLEEPING, NULL, deadline_ns);
	} while (why == 0);
	return why == -ETIMEDOUT ? 0 : why;
}
