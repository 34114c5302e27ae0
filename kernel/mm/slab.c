/*
 * Slab caches (slab.h has the contract, slab_cache.h the structure and its invariants).
 *
 * In the debug build a free object is filled with POISON_FREE and followed by a red zone; both are checked when it is
 * handed out and when it comes back, so a write after free or past the end is found at the next call for that object,
 * and a second free at once.
 */
#include "mm/slab.h"

#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab_cache.h"

#define SLAB_MAX_ORDER 5
/* The word behind an object: also says whether the object is free. */
#define RED_ZONE_FREE 0xbbbbbbbbbbbbbbbbull
#define RED_ZONE_LIVE 0xccccccccccccccccull

struct list_node slab_caches = LIST_INIT(slab_caches);
struct spinlock slab_caches_lock = SPINLOCK_INIT("slab caches", LOCK_RANK_LIST);

/* The two caches that all others are made of. They have no magazines: those come from here. */
static struct slab_cache cache_cache, magazine_cache;

/* ---- debug build ---------------------------------------------------------------------------------- */

static uint64_t *red_zone(const struct slab_cache *cache, void *object)
{
	return (uint64_t *)((char *)object + cache->stride - 8);
}

/* From byte 8 on: the first word links free objects. */
static bool is_poisoned(const struct slab_cache *cache, const void *object)
{
	const uint8_t *bytes = object;

	for (uint32_t i = 8; i < cache->size; i++)
		if (bytes[i] != POISON_FREE)
			return false;
	return true;
}

static void debug_fresh(struct slab_cache *cache, void *object)
{
	memset(object, POISON_FREE, cache->size);
	*red_zone(cache, object) = RED_ZONE_FREE;
}

static void debug_alloc(struct slab_cache *cache, void *object)
{
	if (!is_poisoned(cache, object))
		panic("slab %s: object %p was written to after it was freed", cache->name, object);
	if (*red_zone(cache, object) != RED_ZONE_FREE)
		panic("slab %s: red zone of free object %p is broken", cache->name, object);
	memset(object, POISON_NEW, cache->size);
	*red_zone(cache, object) = RED_ZONE_LIVE;
}

static void debug_free(struct slab_cache *cache, void *object)
{
	struct slab *slab = slab_of(cache, object);
	size_t offset = (size_t)((char *)object - (char *)slab);

	if (frame_of_virt(object)->kind != FRAME_SLAB || slab->cache != cache)
		panic("slab %s: freeing %p, which is not of this cache", cache->name, object);
	if (offset < cache->first || (offset - cache->first) % cache->stride != 0)
		panic("slab %s: freeing %p, which is not the start of an object", cache->name, object);
	if (*red_zone(cache, object) == RED_ZONE_FREE)
		panic("slab %s: object %p is freed twice", cache->name, object);
	if (*red_zone(cache, object) != RED_ZONE_LIVE)
		panic("slab %s: something wrote past the end of object %p", cache->name, object);
	debug_fresh(cache, object);
}

/* ---- slabs ---------------------------------------------------------------------------------------- */

/* A new slab, all free, on no list. No lock held. */
static struct slab *slab_grow(struct slab_cache *cache, unsigned frame_flags)
{
	struct frame *frame = frame_alloc_block(cache->order, FRAME_SLAB | frame_flags);
	struct slab *slab;
	char *object;

	if (!frame)
		return NULL;
	slab = frame_to_virt(frame);
	list_init(&slab->link);
	slab->cache = cache;
	slab->in_use = 0;
	slab->free = NULL;
	object = (char *)slab + cache->first + (size_t)cache->per_slab * cache->stride;
	for (uint32_t i = 0; i < cache->per_slab; i++) {
		object -= cache->stride;
		if (MM_POISON)
			debug_fresh(cache, object);
		*(void **)object = slab->free;
		slab->free = object;
	}
	return slab;
}

static void slab_shrink(struct slab_cache *cache, struct slab *slab)
{
	slab->cache = NULL;
	frame_free_block(frame_of_virt(slab), cache->order);
}

/* One object off the slabs; NULL when all are full. */
static void *take_locked(struct slab_cache *cache)
{
	struct list_node *node = list_first(&cache->partial);
	struct slab *slab;
	void *object;

	if (!node) {
		node = list_first(&cache->empty);
		if (!node)
			return NULL;
		cache->empty_count--;
		list_move_head(&cache->partial, node);
	}
	slab = list_entry(node, struct slab, link);
	object = slab->free;
	slab->free = *(void **)object;
	if (++slab->in_use == cache->per_slab)
		list_move_head(&cache->full, &slab->link);
	if (MM_POISON)
		memset(object, POISON_FREE, 8);	/* where the link was */
	return object;
}

/* Puts an object back. => its slab, off all lists, when that is now one empty slab too many: the caller frees it. */
static struct slab *give_locked(struct slab_cache *cache, void *object)
{
	struct slab *slab = slab_of(cache, object);
	bool was_full = slab->in_use == cache->per_slab;

	*(void **)object = slab->free;
	slab->free = object;
	slab->in_use--;
	if (slab->in_use == 0) {
		if (cache->empty_count >= SLAB_EMPTY_MAX) {
			list_remove(&slab->link);
			cache->slabs--;
			return slab;
		}
		cache->empty_count++;
		list_move_head(&cache->empty, &slab->link);
	} else if (was_full) {
		list_move_head(&cache->partial, &slab->link);
	}
	return NULL;
}

/* The first object of an allocation that finds no magazine to serve it; fills the magazine on the way. */
static __noinline void *alloc_slow(struct slab_cache *cache, unsigned frame_flags)
{
	struct slab_magazine *magazine;
	struct slab *fresh = NULL;
	void *object;

	if (cache->magazine_limit && !cache->cpu[cpu_id()]) {
		magazine = slab_alloc_nowait(&magazine_cache);
		if (magazine) {
			memset(magazine, 0, sizeof(*magazine));
			magazine->limit = cache->magazine_limit;
			cache->cpu[cpu_id()] = magazine;
		}
	}
	for (;;) {
		spin_lock(&cache->lock);
		if (fresh) {
			cache->slabs++;
			cache->empty_count++;
			list_add_head(&cache->empty, &fresh->link);
			fresh = NULL;
		}
		object = take_locked(cache);
		if (object)
			break;
		spin_unlock(&cache->lock);
		fresh = slab_grow(cache, frame_flags);
		if (!fresh)
			return NULL;
	}
	/* Growing may have slept: the magazine is looked up only here. */
	magazine = cache->cpu[cpu_id()];
	if (magazine) {
		magazine->live++;
		while (magazine->count < magazine->limit / 2) {
			void *more = take_locked(cache);

			if (!more)
				break;
			magazine->objects[magazine->count++] = more;
		}
	} else {
		cache->live_direct++;
	}
	spin_unlock(&cache->lock);
	return object;
}

/* Half of a full magazine, and the object itself where there is no magazine, go back to the slabs. */
static __noinline void free_slow(struct slab_cache *cache, struct slab_magazine *magazine, void *object)
{
	struct list_node doomed;
	struct slab *slab;

	list_init(&doomed);
	spin_lock(&cache->lock);
	if (magazine) {
		while (magazine->count > magazine->limit / 2) {
			slab = give_locked(cache, magazine->objects[--magazine->count]);
			if (slab)
				list_add_tail(&doomed, &slab->link);
		}
		magazine->live--;
		magazine->objects[magazine->count++] = object;
	} else {
		cache->live_direct--;
		slab = give_locked(cache, object);
		if (slab)
			list_add_tail(&doomed, &slab->link);
	}
	spin_unlock(&cache->lock);
	while (!list_empty(&doomed)) {
		slab = list_entry(list_pop(&doomed), struct slab, link);
		slab_shrink(cache, slab);
	}
}

static __always_inline void *alloc_with(struct slab_cache *cache, unsigned frame_flags)
{
	struct slab_magazine *magazine = cache->cpu[cpu_id()];
	void *object;

	ASSERT(!mm_in_interrupt());
	if (failpoint_hit(FAILPOINT_SLAB_ALLOC))
		return NULL;
	if (likely(magazine && magazine->count)) {
		object = magazine->objects[--magazine->count];
		magazine->live++;
	} else {
		object = alloc_slow(cache, frame_flags);
		if (unlikely(!object))
			return NULL;
	}
	if (MM_POISON)
		debug_alloc(cache, object);
	if (unlikely(cache->constructor))
		cache->constructor(object);
	return object;
}

void *slab_alloc(struct slab_cache *cache)
{
	return alloc_with(cache, 0);
}

void *slab_alloc_nowait(struct slab_cache *cache)
{
	return alloc_with(cache, FRAME_NOWAIT);
}

void *slab_alloc_zeroed(struct slab_cache *cache)
{
	void *object = alloc_with(cache, 0);

	if (object)
		memset(object, 0, cache->size);
	return object;
}

void slab_free(struct slab_cache *cache, void *object)
{
	struct slab_magazine *magazine = cache->cpu[cpu_id()];

	ASSERT(!mm_in_interrupt());
	if (unlikely(!object))
		return;
	if (MM_POISON)
		debug_free(cache, object);
	if (likely(magazine && magazine->count < magazine->limit)) {
		magazine->live--;
		magazine->objects[magazine->count++] = object;
		return;
	}
	free_slow(cache, magazine, object);
}

/* ---- caches --------------------------------------------------------------------------------------- */

static bool cache_init(struct slab_cache *cache, const char *name, size_t size, size_t align,
		       void (*constructor)(void *), bool magazines)
{
	size_t stride, first;
	unsigned order = 0;

	align = max(align, (size_t)8);
	size = max(size, (size_t)8);
	stride = align_up(size + (MM_POISON ? 8 : 0), align);
	first = align_up(sizeof(struct slab), align);
	/* The smallest block that wastes at most an eighth, if one of the smaller orders does; else one that holds an object. */
	while (order < 3 && (PAGE_SIZE << order) <
	       first + stride + ((PAGE_SIZE << order) - first) % stride * 8)
		order++;
	while (order <= SLAB_MAX_ORDER && (PAGE_SIZE << order) < first + stride)
		order++;
	if (order > SLAB_MAX_ORDER)
		return false;

	memset(cache, 0, sizeof(*cache));
	cache->constructor = constructor;
	cache->name = name;
	cache->size = (uint32_t)size;
	cache->stride = (uint32_t)stride;
	cache->first = (uint32_t)first;
	cache->per_slab = (uint32_t)(((PAGE_SIZE << order) - first) / stride);
	cache->order = order;
	if (magazines)
		cache->magazine_limit = size <= 256 ? 28 : size <= 1024 ? 12 : 6;
	spin_init(&cache->lock, name, LOCK_RANK_ALLOCATOR);
	list_init(&cache->partial);
	list_init(&cache->full);
	list_init(&cache->empty);
	spin_lock(&slab_caches_lock);
	list_add_tail(&slab_caches, &cache->all_link);
	spin_unlock(&slab_caches_lock);
	return true;
}

struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align,
				     void (*constructor)(void *))
{
	struct slab_cache *cache = slab_alloc(&cache_cache);

	if (cache && !cache_init(cache, name, size, align, constructor, true)) {
		slab_free(&cache_cache, cache);
		return NULL;
	}
	return cache;
}

void slab_cache_destroy(struct slab_cache *cache)
{
	VERIFY(slab_live(cache) == 0);
	spin_lock(&slab_caches_lock);
	list_remove(&cache->all_link);
	spin_unlock(&slab_caches_lock);

	/* No object is live and nobody uses the cache: other CPUs' magazines stand still. */
	for (unsigned i = 0; i < CPU_MAX; i++) {
		struct slab_magazine *magazine = cache->cpu[i];

		if (!magazine)
			continue;
		while (magazine->count > 0) {
			struct slab *slab;

			spin_lock(&cache->lock);
			slab = give_locked(cache, magazine->objects[--magazine->count]);
			spin_unlock(&cache->lock);
			if (slab)
				slab_shrink(cache, slab);
		}
		slab_free(&magazine_cache, magazine);
	}
	while (!list_empty(&cache->empty))
		slab_shrink(cache, list_entry(list_pop(&cache->empty), struct slab, link));
	slab_free(&cache_cache, cache);
}

uint64_t slab_reclaim(void)
{
	struct list_node doomed;
	struct slab_cache *cache;
	uint64_t freed = 0;

	list_init(&doomed);
	spin_lock(&slab_caches_lock);
	list_for_each_entry(cache, &slab_caches, all_link) {
		spin_lock(&cache->lock);
		cache->slabs -= cache->empty_count;
		cache->empty_count = 0;
		list_splice_tail(&doomed, &cache->empty);
		spin_unlock(&cache->lock);
	}
	/* Their caches stay while the list's lock is held. */
	while (!list_empty(&doomed)) {
		struct slab *slab = list_entry(list_pop(&doomed), struct slab, link);

		freed += 1ull << slab->cache->order;
		slab_shrink(slab->cache, slab);
	}
	spin_unlock(&slab_caches_lock);
	return freed;
}

void slab_init(void)
{
	bool fits = cache_init(&cache_cache, "slab_cache", sizeof(struct slab_cache), 64, NULL, false) &&
		    cache_init(&magazine_cache, "slab_magazine", sizeof(struct slab_magazine), 8, NULL,
			       false);

	VERIFY(fits);
	kmalloc_init();
}
