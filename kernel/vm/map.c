/*
 * Mapping and unmapping. Everything that can fail (places, limits, promises, nodes, tables) comes before the
 * first visible change; after it nothing can.
 */
#include "arch/x86_64/pt.h"
#include "debug/assert.h"
#include "lib/err.h"
#include "mm/commit.h"
#include "vm/fault.h"
#include "vm/space_private.h"
#include "vm/trace.h"

/* What RLIMIT_DATA limits. */
static bool is_data(const struct vm_map_request *request)
{
	return (request->prot & PROT_W) && !(request->flags & (REGION_SHARED | REGION_STACK));
}

static bool is_accounted(const struct vm_map_request *request)
{
	return (request->prot & PROT_W) &&
	       !(request->flags & (REGION_SHARED | REGION_NORESERVE | REGION_STACK | REGION_GUARD));
}

int space_prepare_remove(struct vm_space *space, struct space_change *change, vaddr_t start,
			 vaddr_t end)
{
	const struct region *region = region_find_from(&space->regions, start);

	if (!region || region->start >= end)
		return 0;
	if (pt_own_edges(&space->mmu, start, end, &change->gather))
		return -ENOMEM;
	/* Only a hole in the middle of one region makes two of it. */
	if (region->start < start && region->end > end)
		return change_take_nodes(change, change->node_count + 1);
	return 0;
}

uint64_t space_remove_range(struct vm_space *space, struct space_change *change, vaddr_t start,
			    vaddr_t end)
{
	struct region *region = region_find_from(&space->regions, start), *next;
	uint64_t accounted = 0;

	if (!region || region->start >= end)
		return 0;
	if (region->start < start && region->end > end)
		region_clip(space, change, region, end);
	for (; region && region->start < end; region = next) {
		vaddr_t low = max(region->start, start), high = min(region->end, end);

		next = region_next(region);
		if (region->flags & REGION_ACCOUNTED)
			accounted += (high - low) >> PAGE_SHIFT;
		if (unlikely(region_charges_touch(region)))
			space_uncharge_touched(space, region, low, high);
		if (low > region->start) {
			region_resize(space, region, region->start, low);
		} else if (high < region->end) {
			region_resize(space, region, high, region->end);
		} else {
			region_detach(space, region);
			region_remove(&space->regions, region);
			list_add_tail(&change->dead, &region->object_link);
		}
	}
	space->sequence++;
	pt_unmap(&space->mmu, start, end, &change->gather);
	return accounted;
}

/* Where the mapping goes. => 0 and *start, or -EINVAL, -EEXIST, -ENOMEM. */
static int choose_place(struct vm_space *space, const struct vm_map_request *request,
			uint64_t bytes, vaddr_t *start)
{
	vaddr_t hint = page_round_down(request->address), place;

	if (request->fixed) {
		if (!page_aligned(request->address))
			return -EINVAL;
		if (!user_range_ok(request->address, bytes))
			return request->address < USER_LOW ? -EPERM : -ENOMEM;
		if (request->no_replace &&
		    !region_range_is_free(&space->regions, hint, hint + bytes))
			return -EEXIST;
		*start = hint;
		return 0;
	}
	if (hint && user_range_ok(hint, bytes) &&
	    region_range_is_free(&space->regions, hint, hint + bytes)) {
		*start = hint;
		return 0;
	}
	place = region_find_hole(&space->regions, bytes, USER_LOW, space->mmap_top, true);
	if (!place)
		place = region_find_hole(&space->regions, bytes, USER_LOW, USER_HIGH, false);
	if (!place)
		return -ENOMEM;
	*start = place;
	return 0;
}

/*
 * Limits and promises of the new mapping, less what it replaces. => 0 and the pages that the space's promise grows by
 * (perhaps negative), charged already where positive; or -ENOMEM, -EAGAIN.
 */
static int charge_mapping(struct vm_space *space, const struct vm_map_request *request,
			  vaddr_t start, vaddr_t end, int64_t *growth)
{
	uint64_t pages = (end - start) >> PAGE_SHIFT, replaced = 0, replaced_data = 0;
	uint64_t slots = ((end - 1) >> 21) - (start >> 21) + 1 - space_slots(space, start, end);

	*growth = (int64_t)(slots + (is_accounted(request) ? pages : 0));
	for (const struct region *region = request->fixed ? region_find_from(&space->regions, start)
							  : NULL;
	     region && region->start < end; region = region_next(region)) {
		uint64_t overlap = (min(region->end, end) - max(region->start, start)) >> PAGE_SHIFT;

		replaced += overlap;
		if ((region->prot & PROT_W) && !(region->flags & (REGION_SHARED | REGION_STACK)))
			replaced_data += overlap;
		if (region->flags & REGION_ACCOUNTED)
			*growth -= (int64_t)overlap;
	}
	if (space->mapped_pages - replaced + pages > space->limit_address_space >> PAGE_SHIFT)
		return -ENOMEM;
	if (is_data(request) &&
	    space->data_pages - replaced_data + pages > space->limit_data >> PAGE_SHIFT)
		return -ENOMEM;
	if ((request->flags & REGION_LOCKED) &&
	    space->locked_pages + pages > space->limit_locked >> PAGE_SHIFT)
		return -EAGAIN;
	return *growth > 0 ? commit_charge((uint64_t)*growth) : 0;
}

/* Links the new region, or lets a neighbour that is alike grow over its range. */
static void place_region(struct vm_space *space, struct space_change *change, struct region *fresh)
{
	struct region *next = region_find_from(&space->regions, fresh->start);
	struct region *previous = next ? region_previous(next) : region_last(&space->regions);

	if (previous && region_can_merge(previous, fresh)) {
		region_resize(space, previous, previous->start, fresh->end);
		region_merge(space, change, previous, next);
		if (fresh->object)
			object_put(fresh->object);	/* the neighbour has one */
		region_free(fresh);
	} else if (next && region_can_merge(fresh, next)) {
		region_resize(space, next, fresh->start, next->end);
		if (fresh->object)
			object_put(fresh->object);
		region_free(fresh);
	} else {
		region_insert(&space->regions, fresh);
		region_attach(space, fresh);
	}
}

static void fill_region(struct region *region, const struct vm_map_request *request, vaddr_t start,
			vaddr_t end)
{
	region->start = start;
	region->end = end;
	region->object = request->object ? object_get(request->object) : NULL;
	region->object_page = request->object ? request->offset >> PAGE_SHIFT : 0;
	region->prot = request->prot;
	region->max_prot = request->max_prot | request->prot;
	region->memtype = request->object && request->object->kind == OBJECT_DEVICE
		? request->object->device_memtype : request->memtype;
	region->flags = request->flags;
	if (is_accounted(request))
		region->flags |= REGION_ACCOUNTED;
	region->name = request->name;
	list_init(&region->object_link);
}

static int map_locked(struct vm_space *space, struct space_change *change,
		      const struct vm_map_request *request, uint64_t bytes, vaddr_t *out)
{
	struct region *fresh;
	vaddr_t start, end;
	int64_t growth;
	int error;

	error = choose_place(space, request, bytes, &start);
	if (error)
		return error;
	end = start + bytes;
	error = charge_mapping(space, request, start, end, &growth);
	if (error)
		return error;
	error = change_take_nodes(change, 1);
	if (!error && request->fixed)
		error = space_prepare_remove(space, change, start, end);
	if (error) {
		if (growth > 0)
			commit_uncharge((uint64_t)growth);
		return error;
	}

	/* Nothing below fails. */
	fresh = change_node(change);
	if (request->fixed)
		space_remove_range(space, change, start, end);
	if (growth < 0)
		commit_uncharge((uint64_t)-growth);
	space->promised += (uint64_t)growth;
	fill_region(fresh, request, start, end);
	place_region(space, change, fresh);
	space->sequence++;
	trace_range(TRACE_MAP, space->owner_pid, start, end, request->prot);
	*out = start;
	return 0;
}

int vm_map(struct vm_space *space, const struct vm_map_request *request, vaddr_t *out)
{
	uint64_t bytes = page_round_up(request->bytes);
	struct vm_map_request locked;
	struct space_change change;
	int error;

	if (!request->bytes)
		return -EINVAL;
	if (!bytes || bytes > USER_HIGH - USER_LOW)
		return -ENOMEM;
	/* mlockall(MCL_FUTURE) */
	if (unlikely(space->lock_future && request->prot)) {
		locked = *request;
		locked.flags |= REGION_LOCKED;
		request = &locked;
	}
	ASSERT(page_aligned(request->offset));
	change_begin(&change, space);
	rwlock_write_lock(&space->lock);
	error = map_locked(space, &change, request, bytes, out);
	change_flush(&change);
	rwlock_write_unlock(&space->lock);
	change_end(&change);

	/* Populating is a wish: what cannot be brought in now faults later, and fails there. */
	if (!error && (request->populate || (request->flags & REGION_LOCKED))) {
		enum vm_access access = (request->prot & PROT_W) ? ACCESS_WRITE : ACCESS_READ;

		for (vaddr_t at = *out; request->prot && at < *out + bytes; at += PAGE_SIZE)
			if (vm_fault_in(space, at, access, false))
				break;
	}
	return error;
}

int vm_unmap(struct vm_space *space, vaddr_t address, size_t size)
{
	uint64_t bytes = page_round_up(size);
	struct space_change change;
	int error;

	if (!size || !page_aligned(address) || !bytes || address > USER_HIGH ||
	    bytes > USER_HIGH - address)
		return -EINVAL;
	change_begin(&change, space);
	rwlock_write_lock(&space->lock);
	error = space_prepare_remove(space, &change, address, address + bytes);
	if (likely(!error)) {
		uint64_t slots = space_slots(space, address, address + bytes);
		uint64_t refund = space_remove_range(space, &change, address, address + bytes);

		refund += slots - space_slots(space, address, address + bytes);
		space->promised -= refund;
		trace_range(TRACE_UNMAP, space->owner_pid, address, address + bytes, 0);
		commit_uncharge(refund);
	}
	change_flush(&change);
	rwlock_write_unlock(&space->lock);
	change_end(&change);
	return error;
}
