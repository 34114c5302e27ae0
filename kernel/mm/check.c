/*
 * mm_check: counts what there is frame by frame and compares it with what the allocators say.
 */
#include "lib/err.h"
#include "mm/frame_pool.h"
#include "mm/slab.h"

static int check_cached(const struct frame *frame)
{
	if (frame->kind == FRAME_FREE && frame->refs == 0 && frame->flags == FRAME_FREE_CACHED)
		return 0;
	log_error("mm: frame %#lx in a magazine: kind %u refs %u flags %#x",
		  (unsigned long)pfn_of(frame), frame->kind, frame->refs, frame->flags);
	return -EINVAL;
}

/* => the number of free frames outside the buddy lists, or -EINVAL. */
static int64_t check_caches(void)
{
	uint64_t cached = 0, pool = 0;

	for (unsigned i = 0; i < CPU_MAX; i++) {
		const struct frame_cpu *cpu = &frame_cpus[i];

		for (uint32_t j = 0; j < cpu->count; j++)
			if (check_cached(cpu->frames[j]) != 0)
				return -EINVAL;
		for (uint32_t j = 0; j < cpu->zeroed_count; j++)
			if (check_cached(cpu->zeroed[j]) != 0)
				return -EINVAL;
		cached += cpu->count + cpu->zeroed_count;
	}
	for (uint32_t pfn = frame_pool.zeroed; pfn != FRAME_LINK_NONE;
	     pfn = frame_of(pfn)->link.next) {
		if (check_cached(frame_of(pfn)) != 0 || ++pool > frame_pool.zeroed_count)
			return -EINVAL;
	}
	if (pool != frame_pool.zeroed_count) {
		log_error("mm: %lu frames in the zeroed pool, counted %lu", (unsigned long)pool,
			  (unsigned long)frame_pool.zeroed_count);
		return -EINVAL;
	}
	return (int64_t)(cached + pool);
}

/* Each frame's kind, against the counts that the fast paths keep. */
static int check_kinds(void)
{
	uint64_t by_kind[FRAME_KINDS] = { 0 };
	struct frame_stats stats;

	for (unsigned i = 0; i < frame_run_count; i++) {
		for (pfn_t pfn = frame_runs[i].first; pfn < frame_runs[i].last; pfn++) {
			const struct frame *frame = frame_of(pfn);

			if (frame->kind >= FRAME_KINDS) {
				log_error("mm: frame %#lx has kind %u", (unsigned long)pfn,
					  frame->kind);
				return -EINVAL;
			}
			by_kind[frame->kind]++;
		}
	}
	frame_stats(&stats);
	for (unsigned kind = 0; kind < FRAME_RESERVED; kind++) {
		if (by_kind[kind] != stats.by_kind[kind]) {
			log_error("mm: %lu frames of kind %u, counted %lu",
				  (unsigned long)by_kind[kind], kind,
				  (unsigned long)stats.by_kind[kind]);
			return -EINVAL;
		}
	}
	return 0;
}

int mm_check(void)
{
	int64_t cached;
	int error;

	spin_lock(&frame_pool.lock);
	error = buddy_check(&frame_pool.buddy);
	if (!error) {
		cached = check_caches();
		error = cached < 0 ? (int)cached : check_kinds();
		if (!error && frame_pool.buddy.free + (uint64_t)cached != frame_free_count()) {
			log_error("mm: %lu frames free, counted %lu",
				  (unsigned long)(frame_pool.buddy.free + (uint64_t)cached),
				  (unsigned long)frame_free_count());
			error = -EINVAL;
		}
	}
	spin_unlock(&frame_pool.lock);
	return error ? error : slab_check();
}
