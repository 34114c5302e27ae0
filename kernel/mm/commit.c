/*
 * Commit accounting (commit.h).
 *
 * The limit depends on what the kernel itself uses (slab, stacks, buffers), which changes all the time; adding that up
 * at every mmap would cost more than the mmap. So the allocator recomputes it each time it goes to its buddy lists,
 * a few dozen frames apart, and a charge that would fail recomputes it before it does.
 */
#include "mm/commit.h"

#include "lib/err.h"
#include "mm/frame_pool.h"

static uint64_t committed;	/* atomic */
static uint64_t limit;		/* recomputed by commit_refresh */

/* Kept back for the kernel: tables, stacks and caches that a promise brings with it. */
static uint64_t kernel_reserve(uint64_t usable)
{
	return clamp(usable / 32, (uint64_t)64, (uint64_t)8192);
}

void commit_refresh(void)
{
	uint64_t usable = READ_ONCE(frame_pool.usable);
	uint64_t keep = kernel_reserve(usable);

	for (unsigned i = 0; i < cpu_count; i++) {
		const struct frame_cpu *cpu = &frame_cpus[i];

		keep += (uint64_t)(READ_ONCE(cpu->kind_count[FRAME_SLAB]) +
				   READ_ONCE(cpu->kind_count[FRAME_KERNEL]));
	}
	WRITE_ONCE(limit, usable > keep ? usable - keep : 0);
}

int commit_charge(uint64_t pages)
{
	uint64_t old;

	if (failpoint_hit(FAILPOINT_COMMIT))
		return -ENOMEM;
	old = __atomic_load_n(&committed, __ATOMIC_RELAXED);
	do {
		uint64_t sum;

		if (unlikely(__builtin_add_overflow(old, pages, &sum)))
			return -ENOMEM;
		if (unlikely(sum > READ_ONCE(limit))) {
			commit_refresh();
			if (sum > READ_ONCE(limit))
				return -ENOMEM;
		}
	} while (unlikely(!__atomic_compare_exchange_n(&committed, &old, old + pages, false,
						       __ATOMIC_RELAXED, __ATOMIC_RELAXED)));
	return 0;
}

void commit_uncharge(uint64_t pages)
{
	uint64_t old = __atomic_fetch_sub(&committed, pages, __ATOMIC_RELAXED);

	ASSERT(old >= pages);
	(void)old;
}

uint64_t commit_used(void)
{
	return READ_ONCE(committed);
}

uint64_t commit_limit(void)
{
	commit_refresh();
	return READ_ONCE(limit);
}
