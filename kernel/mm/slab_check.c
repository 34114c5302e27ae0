/*
 * Slab statistics, and the check of the invariants in slab_cache.h.
 */
#include "lib/err.h"
#include "mm/slab_cache.h"

uint64_t slab_live(const struct slab_cache *cache)
{
	int64_t live = READ_ONCE(cache->live_direct);

	for (unsigned i = 0; i < CPU_MAX; i++)
		if (cache->cpu[i])
			live += READ_ONCE(cache->cpu[i]->live);
	return (uint64_t)live;
}

void slab_for_each_cache(void (*show)(const struct slab_stats *, void *), void *context)
{
	struct slab_cache *cache;

	spin_lock(&slab_caches_lock);
	list_for_each_entry(cache, &slab_caches, all_link) {
		struct slab_stats stats = {
			.name = cache->name,
			.object_size = cache->size,
			.live = slab_live(cache),
			.slabs = READ_ONCE(cache->slabs),
			.pages = READ_ONCE(cache->slabs) << cache->order,
		};

		show(&stats, context);
	}
	spin_unlock(&slab_caches_lock);
}

/* => objects outside the slab's free list, or -EINVAL. */
static int64_t check_slab(const struct slab_cache *cache, struct slab *slab)
{
	uint32_t free = 0;

	if (slab->cache != cache || frame_of_virt(slab)->kind != FRAME_SLAB) {
		log_error("slab %s: %p is not a slab of it", cache->name, slab);
		return -EINVAL;
	}
	for (void *object = slab->free; object; object = *(void **)object) {
		if (slab_of(cache, object) != slab || ++free > cache->per_slab) {
			log_error("slab %s: free list of %p is broken", cache->name, slab);
			return -EINVAL;
		}
	}
	if (free + slab->in_use != cache->per_slab) {
		log_error("slab %s: %p has %u free and %u used of %u", cache->name, slab, free,
			  slab->in_use, cache->per_slab);
		return -EINVAL;
	}
	return slab->in_use;
}

static int64_t check_list(const struct slab_cache *cache, const struct list_node *head,
			  uint32_t least, uint32_t most, uint64_t *slabs)
{
	struct slab *slab;
	int64_t used = 0;

	if (!list_check(head)) {
		log_error("slab %s: a list of slabs is broken", cache->name);
		return -EINVAL;
	}
	list_for_each_entry(slab, head, link) {
		int64_t in_use = check_slab(cache, slab);

		if (in_use < 0)
			return in_use;
		if (in_use < least || in_use > most) {
			log_error("slab %s: %p with %ld used is on the wrong list", cache->name, slab,
				  (long)in_use);
			return -EINVAL;
		}
		used += in_use;
		(*slabs)++;
	}
	return used;
}

static int check_cache(const struct slab_cache *cache)
{
	uint64_t slabs = 0, empty = 0;
	int64_t partial, full, out = cache->live_direct;

	for (unsigned i = 0; i < CPU_MAX; i++)
		if (cache->cpu[i])
			out += cache->cpu[i]->live + cache->cpu[i]->count;
	partial = check_list(cache, &cache->partial, 1, cache->per_slab - 1, &slabs);
	if (partial < 0)
		return -EINVAL;
	full = check_list(cache, &cache->full, cache->per_slab, cache->per_slab, &slabs);
	if (full < 0)
		return -EINVAL;
	if (check_list(cache, &cache->empty, 0, 0, &empty) < 0)
		return -EINVAL;
	if (slabs + empty != cache->slabs || empty != cache->empty_count || empty > SLAB_EMPTY_MAX ||
	    partial + full != out) {
		log_error("slab %s: %lu slabs (%lu empty), counted %lu (%lu); %ld objects out, counted %ld",
			  cache->name, (unsigned long)(slabs + empty), (unsigned long)empty,
			  (unsigned long)cache->slabs, (unsigned long)cache->empty_count,
			  (long)(partial + full), (long)out);
		return -EINVAL;
	}
	return 0;
}

int slab_check(void)
{
	struct slab_cache *cache;
	int error = 0;

	spin_lock(&slab_caches_lock);
	list_for_each_entry(cache, &slab_caches, all_link) {
		spin_lock(&cache->lock);
		error = check_cache(cache);
		spin_unlock(&cache->lock);
		if (error)
			break;
	}
	spin_unlock(&slab_caches_lock);
	return error;
}
