/*
 * Calls that say something about memory without changing what it means: madvise, msync, mincore, mlock.
 */
#include "vm/advise.h"

#include "arch/x86_64/pt.h"
#include "lib/err.h"
#include "task/sched.h"
#include "vm/fault.h"
#include "vm/space_private.h"

/* Page-aligned start, a length that rounds up to something in user space. => 0 and *end, -EINVAL, -ENOMEM. */
static int range_of(vaddr_t start, size_t size, vaddr_t *end)
{
	uint64_t bytes = page_round_up(size);

	if (!page_aligned(start) || (size && !bytes))
		return -EINVAL;
	if (start > USER_HIGH || bytes > USER_HIGH - start)
		return -ENOMEM;
	*end = start + bytes;
	return 0;
}

int vm_discard(struct vm_space *space, vaddr_t start, size_t size, bool private_only)
{
	struct tlb_gather gather;
	vaddr_t end;
	int error = range_of(start, size, &end);

	if (error || start == end)
		return error;
	gather_begin(&gather, &space->mmu, GATHER_SPACE);
	rwlock_write_lock(&space->lock);
	for (const struct region *region = region_find_from(&space->regions, start);
	     region && region->start < end; region = region_next(region))
		if ((region->flags & (REGION_LOCKED | REGION_GUARD)) || (private_only && region->object))
			error = -EINVAL;
	if (!error)
		error = pt_own_edges(&space->mmu, start, end, &gather);
	if (!error) {
		for (const struct region *region = region_find_from(&space->regions, start);
		     region && region->start < end; region = region_next(region))
			if (region_charges_touch(region))
				space_uncharge_touched(space, region, max(start, region->start),
						       min(end, region->end));
		/* The regions stay: the next touch is a first touch again. */
		pt_unmap(&space->mmu, start, end, &gather);
		if (!space_is_covered(space, start, end))
			error = -ENOMEM;
	}
	gather_end(&gather);
	rwlock_write_unlock(&space->lock);
	return error;
}

/*
 * The object behind the first region at or after *at that has one, with a reference, and the part of it in
 * [*at, end): pages [*first, *last]. *at moves on. => NULL: none left.
 */
static struct vm_object *next_object(struct vm_space *space, vaddr_t *at, vaddr_t end,
				     bool shared_only, uint64_t *first, uint64_t *last)
{
	struct vm_object *object = NULL;

	rwlock_read_lock(&space->lock);
	for (const struct region *region = region_find_from(&space->regions, *at);
	     region && region->start < end && !object; region = region_next(region)) {
		vaddr_t low = max(*at, region->start), high = min(end, region->end);

		*at = high;
		if (!region->object || region->object->kind == OBJECT_DEVICE ||
		    (shared_only && !(region->flags & REGION_SHARED)))
			continue;
		object = object_get(region->object);
		*first = region->object_page + ((low - region->start) >> PAGE_SHIFT);
		*last = region->object_page + ((high - region->start) >> PAGE_SHIFT) - 1;
	}
	rwlock_read_unlock(&space->lock);
	return object;
}

static bool is_covered(struct vm_space *space, vaddr_t start, vaddr_t end)
{
	bool covered;

	rwlock_read_lock(&space->lock);
	covered = space_is_covered(space, start, end);
	rwlock_read_unlock(&space->lock);
	return covered;
}

int vm_will_need(struct vm_space *space, vaddr_t start, size_t size)
{
	struct vm_object *object;
	uint64_t first, last;
	vaddr_t end, at = start;
	int error = range_of(start, size, &end);

	if (error)
		return error;
	while ((object = next_object(space, &at, end, false, &first, &last)) != NULL) {
		for (; first <= last; first++) {
			struct frame *frame;

			if (object_page_get(object, first, OBJECT_PAGE_FAULT, &frame))
				break;		/* advice: what cannot be read now is read later */
			frame_put(frame);
			sched_point();
		}
		object_put(object);
	}
	return is_covered(space, start, end) ? 0 : -ENOMEM;
}

int vm_sync(struct vm_space *space, vaddr_t start, size_t size, bool wait, bool invalidate)
{
	struct vm_object *object;
	uint64_t first, last;
	vaddr_t end, at = start;
	int error = range_of(start, size, &end), result = 0;

	if (error)
		return error;
	if (!is_covered(space, start, end))
		return -ENOMEM;
	if (invalidate) {
		bool locked = false;

		rwlock_read_lock(&space->lock);
		for (const struct region *region = region_find_from(&space->regions, start);
		     region && region->start < end; region = region_next(region))
			locked |= (region->flags & REGION_LOCKED) != 0;
		rwlock_read_unlock(&space->lock);
		if (locked)
			return -EBUSY;
	}
	/* MS_ASYNC: the flusher writes what is dirty anyway. */
	while (wait && (object = next_object(space, &at, end, true, &first, &last)) != NULL) {
		error = object_write_back(object, first, last);
		object_put(object);
		if (error && !result)
			result = error;
	}
	return result;
}

int vm_residence(struct vm_space *space, vaddr_t start, size_t pages, uint8_t *out)
{
	int error = 0;

	rwlock_read_lock(&space->lock);
	for (size_t i = 0; i < pages && !error; i++) {
		vaddr_t at = start + i * PAGE_SIZE;
		const struct region *region = region_find(&space->regions, at);
		struct vm_page_info info;
		struct frame *frame;

		if (!region) {
			error = -ENOMEM;
			break;
		}
		vm_page_info(space, at, &info);
		out[i] = info.present || info.held;
		if (!out[i] && region->object) {
			mutex_lock(&region->object->lock);
			out[i] = object_page_state(region->object,
						   region->object_page +
							   ((at - region->start) >> PAGE_SHIFT),
						   &frame) == PAGE_UPTODATE;
			mutex_unlock(&region->object->lock);
		}
	}
	rwlock_read_unlock(&space->lock);
	return error;
}

/* Sets or clears LOCKED over a range that is covered. space.lock exclusive. => 0 or -ENOMEM. */
static int set_locked(struct vm_space *space, struct space_change *change, vaddr_t start,
		      vaddr_t end, bool lock)
{
	struct region *last, *first = space_cover(space, start, end, &last);
	uint64_t fresh = 0;
	int error;

	if (!first)
		return -ENOMEM;
	for (struct region *region = first; region && region->start < end;
	     region = region_next(region))
		if (lock && !(region->flags & REGION_LOCKED))
			fresh += (min(region->end, end) - max(region->start, start)) >> PAGE_SHIFT;
	/* Unlocking is allowed whatever the limit has become. */
	if (fresh && space->locked_pages + fresh > space->limit_locked >> PAGE_SHIFT)
		return space->limit_locked ? -ENOMEM : -EPERM;
	error = change_take_nodes(change, range_cuts(first, last, start, end));
	if (error)
		return error;
	first = change_cut_edges(space, change, first, last, start, end);
	for (struct region *region = first; region && region->start < end;
	     region = region_next(region)) {
		if (lock == !!(region->flags & REGION_LOCKED))
			continue;
		region->flags ^= REGION_LOCKED;
		space->locked_pages += lock ? region_pages(region) : -region_pages(region);
	}
	change_merge_range(space, change, first, end);
	space->sequence++;
	return 0;
}

int vm_lock(struct vm_space *space, vaddr_t start, size_t size, bool lock, bool on_fault)
{
	struct space_change change;
	vaddr_t low = page_round_down(start), end;
	int error;

	if (size && start + (size - 1) < start)
		return -EINVAL;
	error = range_of(low, size + page_offset(start), &end);
	if (error || low == end)
		return error == -EINVAL ? -ENOMEM : error;
	change_begin(&change, space);
	rwlock_write_lock(&space->lock);
	error = set_locked(space, &change, low, end, lock);
	rwlock_write_unlock(&space->lock);
	change_end(&change);
	if (error || !lock || on_fault)
		return error;
	return vm_populate(space, low, end);
}

int vm_populate(struct vm_space *space, vaddr_t start, vaddr_t end)
{
	for (vaddr_t at = start; at < end; at += PAGE_SIZE) {
		const struct region *region;
		enum vm_access access = ACCESS_READ;
		bool any;
		int error;

		rwlock_read_lock(&space->lock);
		region = region_find(&space->regions, at);
		any = region && region->prot;
		if (any && (region->prot & PROT_W) && !(region->flags & REGION_SHARED))
			access = ACCESS_WRITE;
		rwlock_read_unlock(&space->lock);
		error = any ? vm_fault_in(space, at, access, false) : 0;
		if (error)
			return error == -EFAULT ? -ENOMEM : error;
		sched_point();
	}
	return 0;
}

int vm_touch(struct vm_space *space, vaddr_t start, size_t size, bool write)
{
	vaddr_t end;
	int error = range_of(start, size, &end);

	for (vaddr_t at = start; !error && at < end; at += PAGE_SIZE) {
		const struct region *region;

		rwlock_read_lock(&space->lock);
		region = region_find(&space->regions, at);
		if (!region)
			error = -ENOMEM;
		else if (!(region->prot & (write ? PROT_W : PROT_R | PROT_W | PROT_X)) ||
			 (region->object && region->object->kind == OBJECT_DEVICE))
			error = -EINVAL;
		rwlock_read_unlock(&space->lock);
		if (!error)
			error = vm_fault_in(space, at, write ? ACCESS_WRITE : ACCESS_READ, false);
		sched_point();
	}
	return error;
}

int vm_lock_all(struct vm_space *space, bool current, bool future, bool on_fault)
{
	const struct region *region;
	vaddr_t at = 0;
	int error = 0;

	rwlock_write_lock(&space->lock);
	if (current && (space->mapped_pages > space->limit_locked >> PAGE_SHIFT))
		error = space->limit_locked ? -ENOMEM : -EPERM;
	if (!error)
		space->lock_future = future;
	rwlock_write_unlock(&space->lock);
	while (current && !error) {
		vaddr_t start, end;
		bool grows;

		rwlock_read_lock(&space->lock);
		region = region_find_from(&space->regions, at);
		while (region && !region->prot)
			region = region_next(region);
		start = region ? region->start : 0;
		end = region ? region->end : 0;
		/* A stack is reserved up to its limit: only what it uses is locked, page by page as it grows. */
		grows = region && (region->flags & REGION_STACK);
		rwlock_read_unlock(&space->lock);
		if (!end)
			break;
		error = vm_lock(space, start, end - start, true, on_fault || grows);
		at = end;
	}
	return error;
}

int vm_unlock_all(struct vm_space *space)
{
	rwlock_write_lock(&space->lock);
	space->lock_future = false;
	for (struct region *region = region_first(&space->regions); region;
	     region = region_next(region))
		region->flags &= (uint16_t)~REGION_LOCKED;
	space->locked_pages = 0;
	space->sequence++;
	rwlock_write_unlock(&space->lock);
	return 0;
}
