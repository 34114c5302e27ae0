/*
 * The frame allocator beside single frames: blocks, kinds, statistics, reclaim, ranges given later.
 */
#include "mm/frame.h"

#include "lib/err.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/frame_pool.h"
#include "mm/slab.h"

static frame_reclaim_fn reclaim_hook;

/* Threads that are in the reclaim hook: it may allocate, and must not be entered again by the same thread. */
static void *reclaimers[CPU_MAX * 4];

void frame_set_reclaim(frame_reclaim_fn fn)
{
	reclaim_hook = fn;
}

bool frame_reclaim(uint64_t want)
{
	void *self = cpu_current_thread();
	void **slot = NULL;
	uint64_t freed;

	if (!cpu_may_sleep())
		return false;
	freed = slab_reclaim();
	if (freed > 0 || !reclaim_hook || !self)
		return freed > 0;
	for (size_t i = 0; i < ARRAY_SIZE(reclaimers); i++)
		if (READ_ONCE(reclaimers[i]) == self)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(reclaimers) && !slot; i++) {
		void *nobody = NULL;

		if (__atomic_compare_exchange_n(&reclaimers[i], &nobody, self, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			slot = &reclaimers[i];
	}
	if (!slot)
		return false;
	freed = reclaim_hook(want);
	store_release(slot, NULL);
	return freed > 0;
}

struct frame *frame_alloc_block(unsigned order, unsigned flags)
{
	unsigned kind = flags & FRAME_KIND_MASK;
	struct frame *head;
	pfn_t pfn;

	if (order == 0)
		return frame_alloc(flags);
	if (order > BUDDY_MAX_ORDER || failpoint_hit(FAILPOINT_FRAME_ALLOC))
		return NULL;
	for (unsigned round = 0;; round++) {
		spin_lock(&frame_pool.lock);
		pfn = buddy_alloc(&frame_pool.buddy, order);
		spin_unlock(&frame_pool.lock);
		if (pfn != BUDDY_NONE)
			break;
		if (round == 0)
			magazine_drain();	/* single frames kept back may be what keeps a block apart */
		else if (round > 16 || (flags & FRAME_NOWAIT) || !frame_reclaim(2ull << order))
			return NULL;
	}
	head = frame_of(pfn);
	for (pfn_t i = 0; i < 1ull << order; i++) {
		head[i].kind = (uint8_t)kind;
		head[i].order = (uint8_t)order;
		head[i].flags = 0;
		head[i].word = 0;
	}
	head->refs = 1;
	frame_this_cpu()->kind_count[kind] += 1ll << order;
	if (flags & FRAME_ZERO)
		memset(frame_to_virt(head), 0, PAGE_SIZE << order);
	commit_refresh();
	return head;
}

void frame_free_block(struct frame *head, unsigned order)
{
	if (order == 0) {
		frame_free(head);
		return;
	}
	ASSERT(head->order == order && head->kind != FRAME_FREE && head->kind < FRAME_RESERVED &&
	       head->refs <= 1);
	frame_this_cpu()->kind_count[head->kind] -= 1ll << order;
	if (MM_POISON)
		memset(frame_to_virt(head), (int)(POISON_FRAME & 0xff), PAGE_SIZE << order);
	for (pfn_t i = 0; i < 1ull << order; i++) {
		head[i].refs = 0;
		head[i].kind = FRAME_FREE;
		head[i].order = 0;
		head[i].flags = 0;
	}
	spin_lock(&frame_pool.lock);
	buddy_free(&frame_pool.buddy, pfn_of(head), order);
	spin_unlock(&frame_pool.lock);
	commit_refresh();
}

void frame_set_kind(struct frame *frame, enum frame_kind kind)
{
	struct frame_cpu *cpu = frame_this_cpu();

	ASSERT(frame->kind != FRAME_FREE && kind != FRAME_FREE);
	cpu->kind_count[frame->kind]--;
	cpu->kind_count[kind]++;
	frame->kind = (uint8_t)kind;
}

void frame_release_range(pfn_t first, pfn_t last)
{
	if (first >= last)
		return;
	for (pfn_t pfn = first; pfn < last; pfn++) {
		struct frame *frame = frame_of(pfn);

		VERIFY(pfn_valid(pfn) && frame->kind == FRAME_RESERVED);
		*frame = (struct frame){ .kind = FRAME_FREE };
	}
	spin_lock(&frame_pool.lock);
	buddy_add_range(&frame_pool.buddy, first, last);
	frame_pool.usable += last - first;
	spin_unlock(&frame_pool.lock);
	commit_refresh();
}

void frame_stats(struct frame_stats *stats)
{
	uint64_t used = 0;

	memset(stats, 0, sizeof(*stats));
	stats->zeroed = READ_ONCE(frame_pool.zeroed_count);
	for (unsigned i = 0; i < CPU_MAX; i++) {
		const struct frame_cpu *cpu = &frame_cpus[i];

		stats->zeroed += READ_ONCE(cpu->zeroed_count);
		for (unsigned kind = FRAME_FREE + 1; kind < FRAME_RESERVED; kind++)
			stats->by_kind[kind] += (uint64_t)READ_ONCE(cpu->kind_count[kind]);
	}
	for (unsigned kind = FRAME_FREE + 1; kind < FRAME_RESERVED; kind++)
		used += stats->by_kind[kind];
	stats->total = frame_pool.total;
	stats->usable = READ_ONCE(frame_pool.usable);
	stats->free = stats->usable - used;
	stats->by_kind[FRAME_FREE] = stats->free;
	stats->by_kind[FRAME_RESERVED] = stats->total - stats->usable;
}

uint64_t frame_free_count(void)
{
	struct frame_stats stats;

	frame_stats(&stats);
	return stats.free;
}
