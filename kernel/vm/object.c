/*
 * Objects: their life, their pages one at a time, reclaim. What changes the mappings of many pages at once
 * (truncation, write-back) is in object_map.c.
 */
#include "vm/object.h"

#include "debug/assert.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "sync/spinlock.h"
#include "vm/fault.h"
#include "vm/object_private.h"

/* Pages that one try to make room is for. */
#define OBJECT_RECLAIM_BATCH 64

static struct slab_cache *node_cache, *object_cache;
static struct list_node all_objects = LIST_INIT(all_objects);
static struct spinlock all_lock = SPINLOCK_INIT("objects", LOCK_RANK_LIST);
static uint32_t next_id;
static uint64_t cached_pages, shared_pages;

static struct radix_node *node_alloc(void)
{
	return slab_alloc(node_cache);
}

static void node_free(struct radix_node *node)
{
	slab_free(node_cache, node);
}

static const struct radix_node_ops node_ops = { node_alloc, node_free };

static uint64_t *page_counter(const struct vm_object *object)
{
	return object->kind == OBJECT_INODE ? &cached_pages : &shared_pages;
}

void object_init(struct vm_object *object, enum object_kind kind, const struct object_ops *ops,
		 uint64_t size, void *owner)
{
	memset(object, 0, sizeof *object);
	refcount_init(&object->refs, 1);
	mutex_init(&object->lock, LOCK_RANK_OBJECT);
	object->kind = kind;
	object->id = __atomic_add_fetch(&next_id, 1, __ATOMIC_RELAXED);
	object->size = size;
	radix_init(&object->pages, &node_ops);
	list_init(&object->regions);
	waitq_init(&object->busy_wait);
	object->ops = ops;
	object->owner = owner;
	spin_lock(&all_lock);
	list_add_tail(&all_objects, &object->all_link);
	spin_unlock(&all_lock);
}

struct vm_object *object_get(struct vm_object *object)
{
	refcount_get(&object->refs);
	return object;
}

/* Takes a page out and drops the object's reference. object.lock held; the page is not BUSY. */
void object_page_remove(struct vm_object *object, uint64_t index)
{
	struct frame *frame = radix_remove(&object->pages, index);

	ASSERT(frame && !(frame->flags & FRAME_BUSY));
	__atomic_fetch_sub(page_counter(object), 1, __ATOMIC_RELAXED);
	frame->flags &= (uint16_t)~(FRAME_UPTODATE | FRAME_DIRTY | FRAME_ERROR);
	if (object->charges_pages)
		commit_uncharge(1);
	frame_put(frame);
}

void object_put(struct vm_object *object)
{
	struct frame *frame;
	uint64_t index;

	if (!refcount_put(&object->refs))
		return;
	spin_lock(&all_lock);
	list_remove(&object->all_link);
	spin_unlock(&all_lock);
	/* Reclaim may still hold the lock; nobody else knows the object. */
	mutex_lock(&object->lock);
	ASSERT(list_empty(&object->regions));
	radix_for_each(&object->pages, frame, index, 0) {
		object_page_remove(object, index);
		sched_point();
	}
	mutex_unlock(&object->lock);
	if (object->ops && object->ops->release)
		object->ops->release(object);
}

/* ---- one page --------------------------------------------------------------------------------- */

int object_page_state(struct vm_object *object, uint64_t index, struct frame **out)
{
	struct frame *frame;

	if (index >= page_count(object->size))
		return PAGE_PAST_END;
	if (object->kind == OBJECT_DEVICE)
		return PAGE_UPTODATE;
	frame = radix_lookup(&object->pages, index);
	if (!frame)
		return PAGE_ABSENT;
	if (frame->flags & FRAME_BUSY)
		return PAGE_BUSY;
	if (!(frame->flags & FRAME_UPTODATE))
		return PAGE_ABSENT;
	frame->flags |= FRAME_REFERENCED;
	*out = frame;
	return PAGE_UPTODATE;
}

void object_page_dirty(struct vm_object *object, struct frame *frame)
{
	frame->flags |= FRAME_DIRTY;
	object->mapped_write_generation++;
}

/* Puts a new BUSY page at `index`. object.lock held. => the frame, or NULL without memory. */
static struct frame *page_insert(struct vm_object *object, uint64_t index, bool zeroed)
{
	struct frame *frame;

	if (object->charges_pages && commit_charge(1))
		return NULL;
	frame = frame_alloc(FRAME_OBJECT | (zeroed ? FRAME_ZERO : 0));
	if (!frame)
		goto uncharge;
	frame_set_object(frame, object, index);
	frame->flags = FRAME_BUSY;
	if (radix_insert(&object->pages, index, frame)) {
		frame_free(frame);
		goto uncharge;
	}
	__atomic_fetch_add(page_counter(object), 1, __ATOMIC_RELAXED);
	return frame;

uncharge:
	if (object->charges_pages)
		commit_uncharge(1);
	return NULL;
}

static void pages_not_busy(struct vm_object *object, struct frame **frames, unsigned count,
			   uint64_t first, int error)
{
	for (unsigned i = 0; i < count; i++) {
		frames[i]->flags &= (uint16_t)~FRAME_BUSY;
		if (error)
			object_page_remove(object, first + i);
		else
			frames[i]->flags |= FRAME_UPTODATE | FRAME_REFERENCED;
	}
	waitq_wake_all(&object->busy_wait);
}

/*
 * Brings in the absent page `index`, and the absent ones after it up to the end of their window: files are read in
 * order. object.lock held; dropped while the file system works. => 0 or -errno.
 */
static int page_fill(struct vm_object *object, uint64_t index)
{
	bool fill = object->ops->fill && index < page_count(object->size);
	uint64_t window_end = min((index | (OBJECT_FILL_MAX - 1)) + 1, page_count(object->size));
	struct frame *frames[OBJECT_FILL_MAX];
	unsigned count = 0;
	int error = 0;

	do {
		frames[count] = page_insert(object, index + count, !fill);
		if (!frames[count])
			break;
		count++;
	} while (fill && index + count < window_end &&
		 !radix_lookup(&object->pages, index + count));
	if (!count)
		return -ENOMEM;
	if (fill) {
		mutex_unlock(&object->lock);
		error = object->ops->fill(object, index, frames, count);
		mutex_lock(&object->lock);
		if (error && count > 1) {
			/* One bad page must not take its neighbours along. */
			pages_not_busy(object, frames + 1, count - 1, index + 1, error);
			count = 1;
			mutex_unlock(&object->lock);
			error = object->ops->fill(object, index, frames, 1);
			mutex_lock(&object->lock);
		}
	}
	pages_not_busy(object, frames, count, index, error);
	return error;
}

/* Less than 1/32 of memory is free. */
static bool memory_is_low(void)
{
	static uint64_t low;

	if (!low) {
		struct frame_stats stats;

		frame_stats(&stats);
		low = clamp(stats.usable / 32, (uint64_t)OBJECT_RECLAIM_BATCH, (uint64_t)4096);
	}
	return frame_free_count() < low;
}

int object_page_get(struct vm_object *object, uint64_t index, unsigned flags, struct frame **out)
{
	struct frame *frame;
	unsigned tries = 0;
	int error = 0;

	*out = NULL;
	ASSERT(object->kind != OBJECT_DEVICE);
	mutex_lock(&object->lock);
	for (;;) {
		frame = radix_lookup(&object->pages, index);
		if (frame && (frame->flags & FRAME_BUSY)) {
			waitq_sleep_mutex(&object->busy_wait, &object->lock, false, 0);
			continue;
		}
		if (frame && (frame->flags & FRAME_UPTODATE))
			break;
		if (flags & OBJECT_PAGE_NO_CREATE)
			goto out;
		if ((flags & OBJECT_PAGE_FAULT) && index >= page_count(object->size)) {
			error = -EFBIG;
			goto out;
		}
		/*
		 * The cache leaves some memory alone, so that slabs still find frames that lie together. The allocator's own
		 * reclaim comes too late for that, and cannot take pages of this very object, which may be all there are.
		 */
		if (object->kind == OBJECT_INODE && tries == 0 && index % OBJECT_FILL_MAX == 0 &&
		    memory_is_low()) {
			tries++;
			mutex_unlock(&object->lock);
			object_reclaim(OBJECT_RECLAIM_BATCH);
			mutex_lock(&object->lock);
			continue;
		}
		error = page_fill(object, index);
		if (error == -ENOMEM && tries++ < 4) {
			mutex_unlock(&object->lock);
			if (object_reclaim(4 * OBJECT_RECLAIM_BATCH))
				error = 0;
			mutex_lock(&object->lock);
		}
		if (error)
			goto out;
	}
	if (flags & OBJECT_PAGE_WRITE) {
		if (object->ops->prepare_write)
			error = object->ops->prepare_write(object, index);
		if (error)
			goto out;
		frame->flags |= FRAME_DIRTY;
	}
	frame->flags |= FRAME_REFERENCED;
	*out = frame_get(frame);
out:
	mutex_unlock(&object->lock);
	return error;
}

unsigned object_pages_get(struct vm_object *object, uint64_t index, unsigned count, struct frame **out)
{
	unsigned got;

	mutex_lock(&object->lock);
	for (got = 0; got < count; got++) {
		struct frame *frame = radix_lookup(&object->pages, index + got);

		if (!frame || (frame->flags & (FRAME_BUSY | FRAME_UPTODATE)) != FRAME_UPTODATE)
			break;
		if (!(frame->flags & FRAME_REFERENCED))
			frame->flags |= FRAME_REFERENCED;
		out[got] = frame_get(frame);
	}
	mutex_unlock(&object->lock);
	return got;
}

/* ---- reclaim ---------------------------------------------------------------------------------- */

/* Second chance: a page used since the last look is passed over once. object.lock held. */
static uint64_t reclaim_from(struct vm_object *object, uint64_t want)
{
	struct frame *frame;
	uint64_t index, freed = 0;

	radix_for_each(&object->pages, frame, index, 0) {
		if (freed >= want)
			break;
		if (frame_refs(frame) != 1 || !(frame->flags & FRAME_UPTODATE) ||
		    (frame->flags & (FRAME_BUSY | FRAME_DIRTY | FRAME_WRITEBACK | FRAME_PINNED)))
			continue;
		if (frame->flags & FRAME_REFERENCED) {
			frame->flags &= (uint16_t)~FRAME_REFERENCED;
			continue;
		}
		object_page_remove(object, index);
		freed++;
	}
	return freed;
}

static bool is_clean(const struct frame *frame)
{
	return (frame->flags & FRAME_UPTODATE) &&
	       !(frame->flags & (FRAME_BUSY | FRAME_DIRTY | FRAME_WRITEBACK | FRAME_PINNED));
}

/*
 * Clean pages that programs have mapped: memory promised to others comes before a file that can be read again. A flush
 * of every CPU for so many pages at a time. object.lock held.
 */
#define UNMAP_WINDOW 64u

static uint64_t reclaim_mapped(struct vm_object *object, uint64_t want)
{
	struct frame *frame;
	uint64_t index = 0, freed = 0;

	while (freed < want && (frame = radix_next(&object->pages, &index)) != NULL) {
		uint64_t end = index + UNMAP_WINDOW;

		if (!is_clean(frame)) {
			index++;
			continue;
		}
		object_unmap_clean(object, index, end - 1);
		while ((frame = radix_next(&object->pages, &index)) != NULL && index < end) {
			/* Who else has a reference is about to use the page. */
			if (is_clean(frame) && frame_refs(frame) == 1) {
				object_page_remove(object, index);
				freed++;
			}
			index++;
		}
	}
	return freed;
}

uint64_t object_reclaim(uint64_t want)
{
	uint64_t freed = 0;

	/* Twice around: the first time may only take REFERENCED away. Then what is mapped. */
	for (unsigned round = 0; round < 3 && freed < want; round++) {
		uint32_t last_id = 0;

		for (;;) {
			struct vm_object *object = NULL, *candidate;

			spin_lock(&all_lock);
			list_for_each_entry(candidate, &all_objects, all_link) {
				if (candidate->kind == OBJECT_INODE && candidate->id > last_id &&
				    candidate->pages.count && mutex_trylock(&candidate->lock)) {
					object = candidate;
					break;
				}
			}
			spin_unlock(&all_lock);
			if (!object || freed >= want) {
				if (object)
					mutex_unlock(&object->lock);
				break;
			}
			last_id = object->id;
			freed += round < 2 ? reclaim_from(object, want - freed)
					   : reclaim_mapped(object, want - freed);
			mutex_unlock(&object->lock);
		}
	}
	return freed;
}

uint64_t object_cached_pages(void)
{
	return READ_ONCE(cached_pages);
}

uint64_t object_shared_pages(void)
{
	return READ_ONCE(shared_pages);
}

/* ---- shared anonymous memory and device windows ---------------------------------------------- */

static void shared_release(struct vm_object *object)
{
	if (object->charged)
		commit_uncharge(page_count(object->size));
	slab_free(object_cache, object);
}

static const struct object_ops shared_ops = { .release = shared_release };

struct vm_object *object_create_shared(uint64_t size, bool noreserve)
{
	struct vm_object *object = slab_alloc(object_cache);

	if (!object)
		return ERR_PTR(-ENOMEM);
	if (!noreserve && commit_charge(page_count(size))) {
		slab_free(object_cache, object);
		return ERR_PTR(-ENOMEM);
	}
	object_init(object, OBJECT_SHARED, &shared_ops, size, NULL);
	object->charged = !noreserve;
	object->charges_pages = noreserve;
	return object;
}

static void device_release(struct vm_object *object)
{
	slab_free(object_cache, object);
}

static const struct object_ops device_ops = { .release = device_release };

struct vm_object *object_create_device(paddr_t base, uint64_t size, uint8_t memtype)
{
	struct vm_object *object = slab_alloc(object_cache);

	if (!object)
		return ERR_PTR(-ENOMEM);
	object_init(object, OBJECT_DEVICE, &device_ops, size, NULL);
	object->device_base = base;
	object->device_memtype = memtype;
	return object;
}

int object_check(struct vm_object *object)
{
	struct frame *frame;
	uint64_t index;
	int error = radix_check(&object->pages);

	radix_for_each(&object->pages, frame, index, 0) {
		if (frame->kind != FRAME_OBJECT || frame_object(frame) != object ||
		    frame_object_index(frame) != index || !frame_refs(frame)) {
			log_error("object %u: page %lu is not the object's", object->id, index);
			error = -EINVAL;
		}
	}
	return error;
}

void object_subsystem_init(void)
{
	node_cache = slab_cache_create("radix_node", sizeof(struct radix_node), 0, NULL);
	object_cache = slab_cache_create("vm_object", sizeof(struct vm_object), 0, NULL);
	if (!node_cache || !object_cache)
		panic("no memory for the object caches");
	frame_set_reclaim(object_reclaim);
}
