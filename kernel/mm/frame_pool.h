/*
 * What the files of the frame allocator share: the buddy lists, the pool of zeroed frames, their lock. Not for others.
 */
#ifndef OSIER_MM_FRAME_POOL_H
#define OSIER_MM_FRAME_POOL_H

#include "mm/buddy.h"
#include "mm/platform.h"

struct frame_pool {
	struct spinlock lock;		/* guards all below */
	struct buddy buddy;
	uint32_t zeroed;		/* free frames that are zero, linked through link.next */
	uint64_t zeroed_count;
	uint64_t zeroed_limit;		/* how many idle time may prepare */
	uint64_t total;			/* frames of RAM */
	uint64_t usable;		/* frames ever given to the allocator */
};

extern struct frame_pool frame_pool;

/* Sets up magazines and pool for so many frames: once usable is known. */
void magazine_init(void);

/* This CPU's magazines and the pool of zeroed frames go back to the buddy lists. */
void magazine_drain(void);

/* Frees memory, sleeping. => false: nothing could be freed, or the context cannot sleep. */
bool frame_reclaim(uint64_t want);

/* Runs of frames that have a struct frame, whole largest blocks, ascending. */
struct frame_run {
	pfn_t first, last;		/* [first, last) */
};
extern struct frame_run frame_runs[];
extern unsigned frame_run_count;

/* Puts cleared memory behind the array for frames [first, last), whole largest blocks. At boot only. */
void frame_array_back(pfn_t first, pfn_t last);

#endif
