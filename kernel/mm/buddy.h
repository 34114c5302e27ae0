/*
 * The buddy lists: free blocks of 2^order frames, aligned to their size. The pure core: no locks (the caller has
 * the allocator's), no statistics, no policy; tested on the host.
 *
 * Invariants (buddy_check walks them):
 *  1. the first frame of a free block has FRAME_FREE_HEAD and the block's order; the other frames of it are plain
 *     FRAME_FREE, all flags clear;
 *  2. no two free blocks that are buddies of one order below the largest: they would have merged;
 *  3. free is the number of frames in all lists.
 *
 * struct frame exists for all of every largest block that contains any RAM, so a block's buddy can always be looked at.
 */
#ifndef OSIER_MM_BUDDY_H
#define OSIER_MM_BUDDY_H

#include "mm/frame.h"

#define BUDDY_MAX_ORDER 10
#define BUDDY_ORDERS (BUDDY_MAX_ORDER + 1)
#define BUDDY_CHUNK (1ul << BUDDY_MAX_ORDER)	/* frames in the largest block */
#define BUDDY_NONE UINT64_MAX

struct buddy {
	uint32_t head[BUDDY_ORDERS];	/* frame number of the first block, or FRAME_LINK_NONE */
	uint64_t blocks[BUDDY_ORDERS];
	uint64_t free;			/* frames */
};

void buddy_init(struct buddy *buddy);

/* => the first frame's number, or BUDDY_NONE. The block's frames are left as FRAME_FREE, without flags. */
pfn_t buddy_alloc(struct buddy *buddy, unsigned order);

/* The block's frames must be FRAME_FREE without flags. Merges with its buddies as far as they are free. */
void buddy_free(struct buddy *buddy, pfn_t pfn, unsigned order);

/* Frees [first, last) in the largest blocks that fit. */
void buddy_add_range(struct buddy *buddy, pfn_t first, pfn_t last);

/* => 0, or -EINVAL after logging the first broken invariant. */
int buddy_check(const struct buddy *buddy);

#endif
