/*
 * Carrying out verdicts about an object's pages: map what is resident, copy it for a private writer, let a shared
 * writer in, or bring it in first.
 */
#include "debug/assert.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "vm/fault_work.h"
#include "vm/object.h"
#include "vm/space.h"

/* Resident pages that one read fault maps at the most, in a window aligned to as many. */
#define AROUND_PAGES 16u

static uint64_t memtype_bits(uint8_t memtype)
{
	switch (memtype) {
	case MEMTYPE_WRITE_COMBINING:
		return PTE_PWT;
	case MEMTYPE_UNCACHED:
		return PTE_PWT | PTE_PCD;
	default:
		return 0;
	}
}

/*
 * Reads the page in, or waits for whoever does. References the object and drops both locks meanwhile, so
 * everything must be looked up again.
 */
static enum vm_outcome bring_in(struct fault_work *work)
{
	struct vm_object *object = object_get(work->object);
	struct vm_fault *fault = work->fault;
	struct frame *page = NULL;
	int error;

	gather_end(&work->gather);
	mutex_unlock(&object->lock);
	work->object = NULL;
	rwlock_read_unlock(&work->space->lock);
	work->locked = false;
	work->major = work->major || object->kind == OBJECT_INODE;

	error = object_page_get(object, fault->object_index, OBJECT_PAGE_FAULT, &page);
	if (!error)
		frame_put(page);
	object_put(object);
	if (!error || error == -EFBIG)
		return OUTCOME_RETRY;	/* past the end by now: the next look says so */
	if (error == -ENOMEM)
		return OUTCOME_NO_MEMORY;
	fault->verdict = VERDICT_BUS_OBJERR;
	return OUTCOME_RETRY;
}

static enum vm_outcome map_device(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;
	struct vm_object *object = work->object;
	struct pt_leaf leaf;
	enum vm_outcome outcome = own_and_lock(work, &leaf);
	pte_t value;

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!still_as_decided(work, &leaf)) {
		pt_unlock(leaf.table);
		return OUTCOME_RETRY;
	}
	value = leaf_entry_make(object->device_base + (fault->object_index << PAGE_SHIFT),
				work->prot, fault->region_flags & REGION_SHARED);
	value.value |= PTE_SPECIAL | memtype_bits(object->device_memtype);
	replace_and_unlock(work, &leaf, value);
	fault->pages_mapped = 1;
	return OUTCOME_DONE;
}

/*
 * Maps the resident neighbours too, as far as the window, the region, the object and the leaf table reach:
 * programs read files in order. None of them is writable, so the next write still faults.
 */
static void map_around(struct fault_work *work, const struct pt_leaf *leaf)
{
	struct vm_fault *fault = work->fault;
	vaddr_t window = AROUND_PAGES * PAGE_SIZE;
	vaddr_t page = page_round_down(fault->address);
	vaddr_t low = max(page & ~(window - 1), fault->region_start);
	vaddr_t high = min((page & ~(window - 1)) + window, fault->region_end);

	for (vaddr_t at = low; at < high; at += PAGE_SIZE) {
		int64_t distance = ((int64_t)at - (int64_t)page) >> PAGE_SHIFT;
		pte_t *entry = leaf->entry + distance;
		struct frame *neighbour;

		if (!pte_empty(*entry))
			continue;
		if (object_page_state(work->object, fault->object_index + (uint64_t)distance,
				      &neighbour) != PAGE_UPTODATE)
			continue;
		pt_set(leaf->table, entry,
		       leaf_entry_make(frame_to_phys(frame_get(neighbour)), work->prot, false));
		fault->pages_mapped++;
	}
}

static enum vm_outcome map_page(struct fault_work *work, bool write)
{
	struct pt_leaf leaf;
	enum vm_outcome outcome = own_and_lock(work, &leaf);
	pte_t old;

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!still_as_decided(work, &leaf)) {
		pt_unlock(leaf.table);
		return OUTCOME_RETRY;
	}
	old = *leaf.entry;
	/* An entry for this page counts already. */
	if (pte_empty(old) || pte_special(old) || pt_child(old) != work->page)
		frame_get(work->page);
	work->fault->pages_mapped = 1;
	if (!write && pte_empty(old)) {
		pt_set(leaf.table, leaf.entry,
		       leaf_entry_make(frame_to_phys(work->page), work->prot, false));
		work->fault->frame_after = pfn_of(work->page);
		map_around(work, &leaf);
		pt_unlock(leaf.table);
		return OUTCOME_DONE;
	}
	replace_and_unlock(work, &leaf,
			   leaf_entry_make(frame_to_phys(work->page), work->prot, write));
	return OUTCOME_DONE;
}

/* The first write to a shared mapping's page since it was last clean. */
static enum vm_outcome write_page(struct fault_work *work)
{
	struct vm_object *object = work->object;

	if (!work->page)
		return OUTCOME_RETRY;
	if (object->ops->prepare_write) {
		int error = object->ops->prepare_write(object, work->fault->object_index);

		if (error) {
			work->fault->verdict = VERDICT_BUS_OBJERR;
			return error == -ENOMEM ? OUTCOME_NO_MEMORY : OUTCOME_RETRY;
		}
	}
	object_page_dirty(object, work->page);
	return map_page(work, true);
}

/* A private write to a page of the object: the copy is ours, the object keeps its own. */
static enum vm_outcome copy_page(struct fault_work *work)
{
	pte_t old = work->path.levels == PT_LEVELS ? work->path.entry[PT_LEVELS - 1] : PTE_EMPTY;
	struct frame *source = pte_empty(old) ? work->page : pt_child(old);
	struct frame *frame = take_frame(work, false);
	struct pt_leaf leaf;
	enum vm_outcome outcome;

	if (!frame)
		return OUTCOME_NO_MEMORY;
	outcome = own_and_lock(work, &leaf);
	if (outcome == OUTCOME_DONE && still_as_decided(work, &leaf)) {
		page_copy(frame_to_virt(frame), frame_to_virt(source));
		replace_and_unlock(work, &leaf,
				   leaf_entry_make(frame_to_phys(frame), work->prot, true));
		work->fault->pages_mapped = 1;
		return OUTCOME_DONE;
	}
	if (outcome == OUTCOME_DONE) {
		pt_unlock(leaf.table);
		outcome = OUTCOME_RETRY;
	}
	work->spare = frame;
	return outcome;
}

enum vm_outcome resolve_object(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;

	switch (fault->verdict) {
	case VERDICT_OBJECT_FILL:
	case VERDICT_OBJECT_WAIT:
		return bring_in(work);
	case VERDICT_OBJECT_COPY:
		return copy_page(work);
	case VERDICT_OBJECT_WRITE:
		/* A clean entry whose page left the object meanwhile cannot be: truncation zaps it first. */
		return write_page(work);
	default:
		return fault->is_device ? map_device(work) : map_page(work, false);
	}
}
