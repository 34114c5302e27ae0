/*
 * kmalloc: a slab cache per size class up to 2 KiB, blocks of frames above.
 */
#include "lib/err.h"
#include "lib/math.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/slab_cache.h"

#define CLASS_STEP 16
#define CLASS_MAX 2048

static const struct {
	uint16_t size;
	const char *name;
} classes[] = {
	{ 16, "kmalloc-16" },	  { 32, "kmalloc-32" },	    { 48, "kmalloc-48" },
	{ 64, "kmalloc-64" },	  { 96, "kmalloc-96" },	    { 128, "kmalloc-128" },
	{ 192, "kmalloc-192" },	  { 256, "kmalloc-256" },   { 384, "kmalloc-384" },
	{ 512, "kmalloc-512" },	  { 768, "kmalloc-768" },   { 1024, "kmalloc-1024" },
	{ 1536, "kmalloc-1536" }, { CLASS_MAX, "kmalloc-2048" },
};

/* The cache for sizes up to 16 * index. */
static struct slab_cache *by_size[CLASS_MAX / CLASS_STEP + 1];

static int64_t large_blocks;	/* atomic */

void kmalloc_init(void)
{
	size_t index = 0;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		struct slab_cache *cache =
			slab_cache_create(classes[i].name, classes[i].size, CLASS_STEP, NULL);

		VERIFY(cache);
		while (index * CLASS_STEP <= classes[i].size)
			by_size[index++] = cache;
	}
}

static void *alloc_large(size_t size, unsigned frame_flags)
{
	struct frame *frame;

	if (size > PAGE_SIZE << BUDDY_MAX_ORDER)
		return NULL;
	frame = frame_alloc_block(log2_ceil(page_count(size)), FRAME_KERNEL | frame_flags);
	if (!frame)
		return NULL;
	__atomic_fetch_add(&large_blocks, 1, __ATOMIC_RELAXED);
	return frame_to_virt(frame);
}

void *kmalloc(size_t size)
{
	if (likely(size <= CLASS_MAX))
		return slab_alloc(by_size[(size + CLASS_STEP - 1) / CLASS_STEP]);
	return alloc_large(size, 0);
}

void *kmalloc_nowait(size_t size)
{
	if (likely(size <= CLASS_MAX))
		return slab_alloc_nowait(by_size[(size + CLASS_STEP - 1) / CLASS_STEP]);
	return alloc_large(size, FRAME_NOWAIT);
}

void *kzalloc(size_t size)
{
	void *memory;

	if (size > CLASS_MAX)
		return alloc_large(size, FRAME_ZERO);
	memory = kmalloc(size);
	if (memory)
		memset(memory, 0, size);
	return memory;
}

void *kcalloc(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return kzalloc(bytes);
}

/* The slab cache that kmalloc memory came from, NULL for a block of frames. */
static struct slab_cache *cache_of(const void *memory)
{
	const struct frame *frame = frame_of_virt(memory);
	const struct slab *slab;

	if (frame->kind != FRAME_SLAB) {
		VERIFY(frame->kind == FRAME_KERNEL && page_aligned((uintptr_t)memory));
		return NULL;
	}
	slab = (const struct slab *)align_down((uintptr_t)memory, PAGE_SIZE << frame->order);
	return slab->cache;
}

void *krealloc(void *memory, size_t size)
{
	struct slab_cache *cache;
	size_t have;
	void *fresh;

	if (!memory)
		return kmalloc(size);
	cache = cache_of(memory);
	have = cache ? cache->size : PAGE_SIZE << frame_of_virt(memory)->order;
	if (size <= have && (size > have / 2 || have <= CLASS_STEP))
		return memory;
	fresh = kmalloc(size);
	if (!fresh)
		return size <= have ? memory : NULL;
	memcpy(fresh, memory, min(size, have));
	kfree(memory);
	return fresh;
}

void kfree(void *memory)
{
	struct slab_cache *cache;

	if (!memory)
		return;
	cache = cache_of(memory);
	if (likely(cache)) {
		slab_free(cache, memory);
	} else {
		struct frame *frame = frame_of_virt(memory);

		__atomic_fetch_sub(&large_blocks, 1, __ATOMIC_RELAXED);
		frame_free_block(frame, frame->order);
	}
}

char *kstrdup(const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = kmalloc(size);

	if (copy)
		memcpy(copy, string, size);
	return copy;
}

uint64_t slab_live_total(void)
{
	struct slab_cache *cache;
	uint64_t live = (uint64_t)__atomic_load_n(&large_blocks, __ATOMIC_RELAXED);

	spin_lock(&slab_caches_lock);
	list_for_each_entry(cache, &slab_caches, all_link)
		if (cache->magazine_limit)	/* the others hold caches and magazines, made on first use */
			live += slab_live(cache);
	spin_unlock(&slab_caches_lock);
	return live;
}
