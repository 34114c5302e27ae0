/*
 * How a slab cache is made up. For slab.c and its check; everybody else sees slab.h only.
 *
 * A slab is a block of frames, aligned to its size: a header, then objects of one cache. From an object's address
 * its slab is found by rounding down. Free objects of a slab are linked through their first word. In front of the
 * slabs each CPU has a magazine of free objects, used without a lock.
 *
 * Invariants (slab_check walks them):
 *  1. a slab is on `partial` (some objects free), `full` (none) or `empty` (all), as its in_use says;
 *  2. in_use counts the objects outside the slab's free list: handed out, or in a magazine;
 *  3. the sum of in_use = the sum over CPUs of (live + objects in the magazine);
 *  4. at most SLAB_EMPTY_MAX slabs are empty.
 */
#ifndef OSIER_MM_SLAB_CACHE_H
#define OSIER_MM_SLAB_CACHE_H

#include "lib/list.h"
#include "mm/platform.h"
#include "mm/slab.h"

#define SLAB_EMPTY_MAX 1
#define SLAB_MAGAZINE_SIZE 29

struct slab {
	struct list_node link;
	struct slab_cache *cache;
	void *free;			/* first free object */
	uint32_t in_use;
};

struct slab_magazine {
	uint32_t count, limit;
	int64_t live;			/* objects handed out less objects taken back, on this CPU */
	void *objects[SLAB_MAGAZINE_SIZE];
};

struct slab_cache {
	/* Fixed at creation. */
	struct slab_magazine *cpu[CPU_MAX];	/* NULL until that CPU first uses the cache */
	void (*constructor)(void *);
	const char *name;
	uint32_t size;			/* as asked for */
	uint32_t stride;		/* from one object to the next */
	uint32_t first;			/* from the slab's start to its first object */
	uint32_t per_slab;
	uint32_t order;
	uint32_t magazine_limit;	/* 0: no magazines */

	struct spinlock lock;		/* guards the rest */
	struct list_node partial, full, empty;
	uint64_t slabs, empty_count;
	int64_t live_direct;		/* handed out without a magazine */

	struct list_node all_link;	/* slab_caches, under its lock */
};

extern struct list_node slab_caches;
extern struct spinlock slab_caches_lock;

/* The slab of an object of this cache. */
static inline struct slab *slab_of(const struct slab_cache *cache, const void *object)
{
	return (struct slab *)align_down((uintptr_t)object, PAGE_SIZE << cache->order);
}

/* Makes kmalloc's caches. */
void kmalloc_init(void);

#endif
