/*
 * Small objects: slab caches over frames, reached through the direct map, and kmalloc on top.
 *
 * Never called from interrupt handlers. The fast paths take no lock: the kernel is not preempted, and each CPU
 * has a magazine of free objects per cache.
 */
#ifndef OSIER_MM_SLAB_H
#define OSIER_MM_SLAB_H

#include <osier/compiler.h>
#include <osier/types.h>

struct slab_cache;

#define SLAB_CACHE_LINE 64

/*
 * A cache of objects of `size` bytes aligned to `align` (a power of two; 0: 8 bytes). `name` must outlive it.
 * `constructor`, if there is one, is called on each object at every allocation, before slab_alloc returns it.
 * => NULL without memory. Caches made at boot may take that for fatal.
 */
struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align,
				     void (*constructor)(void *));

/* The cache must have no live object. */
void slab_cache_destroy(struct slab_cache *);

/* => an object with undefined contents (unless there is a constructor), or NULL. May sleep in reclaim. */
void *slab_alloc(struct slab_cache *);
/* The same for callers that hold a spinlock: never reclaims. */
void *slab_alloc_nowait(struct slab_cache *);
/* The same, all bytes zero. */
void *slab_alloc_zeroed(struct slab_cache *);
/* NULL is fine. */
void slab_free(struct slab_cache *, void *object);

uint64_t slab_live(const struct slab_cache *);	/* objects handed out and not freed */

/* Gives back cached empty slabs. => frames freed. */
uint64_t slab_reclaim(void);

/*
 * General sizes, 16-byte aligned; from 4096 bytes on page aligned. Above 4 MiB always NULL.
 * kmalloc may sleep in reclaim, kmalloc_nowait never does. kfree(NULL) is fine.
 */
void *kmalloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *kmalloc_nowait(size_t size) __attribute__((malloc, alloc_size(1)));
void *kzalloc(size_t size) __attribute__((malloc, alloc_size(1)));
/* count * size bytes, zeroed; NULL too when that overflows. */
void *kcalloc(size_t count, size_t size) __attribute__((malloc, alloc_size(1, 2)));
/* As realloc; on NULL the old memory stands. */
void *krealloc(void *memory, size_t size) __attribute__((alloc_size(2)));
void kfree(void *memory);
/* A copy of a string; NULL without memory. */
char *kstrdup(const char *string);

/* Called once, after frames. */
void slab_init(void);

struct slab_stats {
	const char *name;
	size_t object_size;	/* as asked for */
	uint64_t live;		/* objects handed out */
	uint64_t slabs;
	uint64_t pages;		/* frames held, free objects included */
};
/* Calls `show` for every cache; it must not allocate. */
void slab_for_each_cache(void (*show)(const struct slab_stats *, void *context), void *context);

/* Sum of live objects over all caches and large kmalloc blocks: equal before and after what must not leak. */
uint64_t slab_live_total(void);

/* Walks every slab of every cache. => 0, or -EINVAL after logging what is broken. */
int slab_check(void);

#endif
