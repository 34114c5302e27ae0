/*
 * The frame array: made at boot from the memory map, at a fixed address, backed only where there is RAM.
 *
 * The array is indexed by frame number, so a hole in physical memory is a hole in the array, and costs nothing. It
 * is backed in units of the largest buddy block (4 MiB of RAM, 16 KiB of array): a block's buddy then always has
 * its struct frame. Frames in such a unit that are not RAM, or are in use already, are FRAME_RESERVED.
 *
 * A cleared struct frame is a free frame, so the array needs no pass over all of it. What puts memory behind it is
 * frame_array_map.c.
 */
#include "mm/frame.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/boot_memory.h"
#include "mm/commit.h"
#include "mm/frame_pool.h"

struct frame_run frame_runs[BOOT_RANGES_MAX];
unsigned frame_run_count;

bool pfn_valid(pfn_t pfn)
{
	for (unsigned i = 0; i < frame_run_count; i++)
		if (pfn >= frame_runs[i].first && pfn < frame_runs[i].last)
			return true;
	return false;
}

/* RAM, rounded outward to largest blocks, neighbours joined. */
static void find_runs(void)
{
	unsigned cursor = 0;
	paddr_t start, end;

	while (boot_memory_next_ram(&cursor, &start, &end)) {
		pfn_t first = align_down(start >> PAGE_SHIFT, BUDDY_CHUNK);
		pfn_t last = align_up(end >> PAGE_SHIFT, BUDDY_CHUNK);
		struct frame_run *before = frame_run_count ? &frame_runs[frame_run_count - 1] : NULL;

		frame_pool.total += (end - start) >> PAGE_SHIFT;
		if (before && first <= before->last) {
			before->last = max(before->last, last);
		} else {
			frame_runs[frame_run_count].first = first;
			frame_runs[frame_run_count++].last = last;
		}
	}
}

static void reserve(pfn_t first, pfn_t last)
{
	for (pfn_t pfn = first; pfn < last; pfn++)
		frame_of(pfn)->kind = FRAME_RESERVED;
}

/* Frame 0 is never handed out: a physical address of 0 means "none" in many places. */
static bool next_free_range(paddr_t *cursor, pfn_t *first, pfn_t *last)
{
	paddr_t start, end;

	while (boot_memory_next_free(cursor, &start, &end)) {
		*first = max(start >> PAGE_SHIFT, (paddr_t)1);
		*last = end >> PAGE_SHIFT;
		if (*first < *last)
			return true;
	}
	return false;
}

/* Everything of a run that is not free RAM is reserved. */
static void reserve_rest(const struct frame_run *run)
{
	pfn_t at = run->first, first, last;
	paddr_t cursor = 0;

	while (next_free_range(&cursor, &first, &last)) {
		if (last <= run->first || first >= run->last)
			continue;
		reserve(at, first);
		at = last;
	}
	reserve(at, run->last);
}

void frame_init(void)
{
	paddr_t cursor = 0;
	pfn_t first, last;

	find_runs();
	for (unsigned i = 0; i < frame_run_count; i++)
		frame_array_back(frame_runs[i].first, frame_runs[i].last);

	/* From here on boot memory does not change. */
	buddy_init(&frame_pool.buddy);
	for (unsigned i = 0; i < frame_run_count; i++)
		reserve_rest(&frame_runs[i]);
	while (next_free_range(&cursor, &first, &last)) {
		buddy_add_range(&frame_pool.buddy, first, last);
		frame_pool.usable += last - first;
	}
	boot_memory_close();
	magazine_init();
	commit_refresh();
	log_info("mm: %lu MiB of RAM, %lu KiB free, frame array in %u runs",
		 (unsigned long)(frame_pool.total >> (20 - PAGE_SHIFT)),
		 (unsigned long)(frame_pool.usable << (PAGE_SHIFT - 10)), frame_run_count);
}
