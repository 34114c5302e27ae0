/*
 * What an object does to all of its mappings: zap them when it shrinks, write-protect them before write-back. It
 * holds object.lock and never space.lock: entries are changed in place, also in tables that spaces share, and
 * every CPU is flushed before a reference is dropped.
 */
#include "arch/x86_64/pt.h"
#include "debug/assert.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "vm/object_private.h"
#include "vm/region.h"
#include "vm/space.h"

/* Visits the entries of pages [first, last] in every region. */
static void visit_mappings(struct vm_object *object, uint64_t first, uint64_t last,
			   enum pt_visit what)
{
	struct tlb_gather gather;
	struct region *region;

	if (list_empty(&object->regions))
		return;
	gather_begin(&gather, NULL, GATHER_ALL);
	list_for_each_entry(region, &object->regions, object_link) {
		uint64_t pages = (region->end - region->start) >> PAGE_SHIFT;
		uint64_t from = max(first, region->object_page);
		uint64_t to = region->object_page + pages - 1;	/* inclusive */

		if (last < to)
			to = last;
		if (from > to || (what == PT_VISIT_CLEAN && !(region->flags & REGION_SHARED)))
			continue;
		if (what == PT_VISIT_DROP && (region->flags & REGION_LOCKED))
			continue;
		pt_visit_in_place(&region->space->mmu,
				  region->start + ((from - region->object_page) << PAGE_SHIFT),
				  region->start + ((to + 1 - region->object_page) << PAGE_SHIFT),
				  what, &gather);
	}
	gather_end(&gather);
}

void object_unmap_clean(struct vm_object *object, uint64_t first, uint64_t last)
{
	visit_mappings(object, first, last, PT_VISIT_DROP);
}

static void zero_tail(struct vm_object *object, uint64_t size)
{
	struct frame *frame;

	if (!page_offset(size))
		return;
	frame = radix_lookup(&object->pages, size >> PAGE_SHIFT);
	if (frame && (frame->flags & FRAME_UPTODATE))
		memset((char *)frame_to_virt(frame) + page_offset(size), 0,
		       PAGE_SIZE - page_offset(size));
}

void object_set_size(struct vm_object *object, uint64_t size)
{
	uint64_t first = page_count(size), index;
	struct frame *frame;

	mutex_lock(&object->lock);
	if (size >= object->size) {
		/* A mapping may have written past the old end: nobody may see it come into the file. */
		zero_tail(object, object->size);
		object->size = size;
		mutex_unlock(&object->lock);
		return;
	}
	/* From here on a fault past the end is SIGBUS; what is mapped there goes now. */
	object->size = size;
	visit_mappings(object, first, UINT64_MAX - 1, PT_VISIT_ZAP);
	for (index = first; (frame = radix_next(&object->pages, &index)) != NULL;) {
		if (frame->flags & (FRAME_BUSY | FRAME_WRITEBACK)) {
			waitq_sleep_mutex(&object->busy_wait, &object->lock, false, 0);
			continue;
		}
		object_page_remove(object, index);
	}
	zero_tail(object, size);
	mutex_unlock(&object->lock);
}

/* Collects a run of dirty pages from *index on, marks them WRITEBACK and clean. => how many. */
static unsigned take_dirty_run(struct vm_object *object, uint64_t *index, uint64_t last,
			       struct frame **frames)
{
	struct frame *frame;
	unsigned count = 0;

	while ((frame = radix_next(&object->pages, index)) != NULL && *index <= last) {
		if (frame->flags & FRAME_WRITEBACK) {
			waitq_sleep_mutex(&object->busy_wait, &object->lock, false, 0);
			continue;
		}
		if (frame->flags & FRAME_DIRTY)
			break;
		++*index;
	}
	if (!frame || *index > last)
		return 0;
	while (count < OBJECT_FILL_MAX && *index + count <= last) {
		frame = radix_lookup(&object->pages, *index + count);
		if (!frame || !(frame->flags & FRAME_DIRTY) || (frame->flags & FRAME_WRITEBACK))
			break;
		frame->flags |= FRAME_WRITEBACK;
		frame->flags &= (uint16_t)~FRAME_DIRTY;
		frames[count++] = frame_get(frame);
	}
	return count;
}

int object_write_back(struct vm_object *object, uint64_t first, uint64_t last)
{
	struct frame *frames[OBJECT_FILL_MAX];
	uint64_t index = first;
	int result = 0;

	if (!object->ops->write_back)
		return 0;
	mutex_lock(&object->lock);
	for (;;) {
		unsigned count = take_dirty_run(object, &index, last, frames);
		int error;

		if (!count)
			break;
		/* W goes first: a write from here on faults, and makes the page dirty again. */
		visit_mappings(object, index, index + count - 1, PT_VISIT_CLEAN);
		zero_tail(object, object->size);
		mutex_unlock(&object->lock);
		error = object->ops->write_back(object, index, frames, count);
		mutex_lock(&object->lock);
		for (unsigned i = 0; i < count; i++) {
			frames[i]->flags &= (uint16_t)~FRAME_WRITEBACK;
			if (error && radix_lookup(&object->pages, index + i) == frames[i])
				frames[i]->flags |= FRAME_DIRTY;
			frame_put(frames[i]);
		}
		waitq_wake_all(&object->busy_wait);
		if (error && !result)
			result = error;
		index += count;
	}
	mutex_unlock(&object->lock);
	return result;
}
