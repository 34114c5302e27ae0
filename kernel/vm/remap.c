/*
 * mremap: a mapping shrinks, grows in place, or moves with its pages. All or nothing: tables, nodes and promises for the
 * whole of it are taken first.
 */
#include "arch/x86_64/pt.h"
#include "debug/assert.h"
#include "lib/err.h"
#include "mm/commit.h"
#include "vm/remap.h"
#include "vm/space_private.h"
#include "vm/trace.h"

/* The one region that holds [start, end), or NULL. */
static struct region *region_of_range(struct vm_space *space, vaddr_t start, vaddr_t end)
{
	struct region *region = region_find(&space->regions, start);

	return region && region->end >= end ? region : NULL;
}

static uint64_t slots_spanned(vaddr_t start, vaddr_t end)
{
	return ((end - 1) >> 21) - (start >> 21) + 1;
}

/* Limits and promise for `pages` more of the region's kind. => 0 or -ENOMEM, charged. */
static int charge_growth(struct vm_space *space, const struct region *region, uint64_t pages,
			 uint64_t slots, uint64_t *charge)
{
	if (space->mapped_pages + pages > space->limit_address_space >> PAGE_SHIFT)
		return -ENOMEM;
	if (pages && (region->prot & PROT_W) && !(region->flags & (REGION_SHARED | REGION_STACK)) &&
	    space->data_pages + pages > space->limit_data >> PAGE_SHIFT)
		return -ENOMEM;
	if ((region->flags & REGION_LOCKED) &&
	    space->locked_pages + pages > space->limit_locked >> PAGE_SHIFT)
		return -EAGAIN;
	*charge = slots + (region->flags & REGION_ACCOUNTED ? pages : 0);
	return commit_charge(*charge) ? -ENOMEM : 0;
}

static void refund(struct vm_space *space, uint64_t pages)
{
	space->promised -= pages;
	commit_uncharge(pages);
}

/* Grows a region whose end is the mapping's end into the hole behind it. => 0, -ENOMEM; 1: no room there. */
static int grow_in_place(struct vm_space *space, struct space_change *change,
			 struct region *region, vaddr_t old_end, vaddr_t new_end)
{
	uint64_t charge, slots;
	int error;

	if (region->end != old_end || new_end > USER_HIGH ||
	    !region_range_is_free(&space->regions, old_end, new_end))
		return 1;
	slots = slots_spanned(old_end, new_end) - space_slots(space, old_end, new_end);
	error = charge_growth(space, region, (new_end - old_end) >> PAGE_SHIFT, slots, &charge);
	if (error)
		return error;
	space->promised += charge;
	region_resize(space, region, region->start, new_end);
	space->sequence++;
	change_merge_range(space, change, region, new_end);
	return 0;
}

/* Removes a range; `kept` accounted pages of it stay promised, at their new place. */
static void shrink(struct vm_space *space, struct space_change *change, vaddr_t start, vaddr_t end,
		   uint64_t kept)
{
	uint64_t slots = space_slots(space, start, end);
	uint64_t pages = space_remove_range(space, change, start, end);

	refund(space, pages - kept + slots - space_slots(space, start, end));
}

/* Where a moved mapping goes. => 0 and *to. */
static int choose_destination(struct vm_space *space, const struct vm_remap *remap,
			      uint64_t new_bytes, vaddr_t *to)
{
	if (remap->fixed) {
		if (!page_aligned(remap->new_address) ||
		    !user_range_ok(remap->new_address, new_bytes))
			return -EINVAL;
		*to = remap->new_address;
		return 0;
	}
	*to = region_find_hole(&space->regions, new_bytes, USER_LOW, space->mmap_top, true);
	if (!*to)
		*to = region_find_hole(&space->regions, new_bytes, USER_LOW, USER_HIGH, false);
	return *to ? 0 : -ENOMEM;
}

static int move(struct vm_space *space, struct space_change *change, struct region *region,
		const struct vm_remap *remap, uint64_t old_bytes, uint64_t new_bytes, vaddr_t *out)
{
	vaddr_t from = remap->address, to;
	uint64_t moved = min(old_bytes, new_bytes), charge, promised_before;
	struct pt_owning owning;
	struct region *fresh;
	int error = choose_destination(space, remap, new_bytes, &to);

	if (error)
		return error;
	if (to < from + old_bytes && from < to + new_bytes)
		return -EINVAL;
	pt_owning_begin(&owning, &change->gather);
	/* The pages that move stay promised. Of the tables both places are, for a moment. */
	error = charge_growth(space, region, (new_bytes - moved) >> PAGE_SHIFT,
			      slots_spanned(to, to + new_bytes), &charge);
	if (error)
		return error;
	error = change_take_nodes(change, 1);
	if (!error)
		error = space_prepare_remove(space, change, to, to + new_bytes);
	if (!error)
		error = space_prepare_remove(space, change, from, from + old_bytes);
	if (!error)
		error = pt_own_range(&space->mmu, from, from + moved, &change->gather);
	if (!error)
		error = pt_spares_fill(&owning.spares, pt_tables_spanned(to, to + moved));
	if (error) {
		pt_spares_release(&owning.spares);
		commit_uncharge(charge);
		return error;
	}

	/* Nothing below fails. */
	space->promised += charge;
	/* Slots that were promised here before, to neighbours too, are promised by the new mapping now. */
	promised_before = space_slots(space, to, to + new_bytes);
	if (remap->fixed)
		promised_before += space_remove_range(space, change, to, to + new_bytes);
	refund(space, promised_before);
	fresh = change_node(change);
	*fresh = *region;
	fresh->start = to;
	fresh->end = to + new_bytes;
	fresh->object_page = region->object_page + ((from - region->start) >> PAGE_SHIFT);
	if (fresh->object)
		object_get(fresh->object);
	region_insert(&space->regions, fresh);
	region_attach(space, fresh);
	if (old_bytes) {
		pt_move(&space->mmu, from, to, moved, &owning);
		shrink(space, change, from, from + old_bytes,
		       fresh->flags & REGION_ACCOUNTED ? moved >> PAGE_SHIFT : 0);
	}
	pt_spares_release(&owning.spares);
	change_merge_range(space, change, fresh, to + new_bytes);
	space->sequence++;
	*out = to;
	return 0;
}

static int remap_locked(struct vm_space *space, struct space_change *change,
			const struct vm_remap *remap, vaddr_t *out)
{
	uint64_t old_bytes = page_round_up(remap->old_size);
	uint64_t new_bytes = page_round_up(remap->new_size);
	vaddr_t start = remap->address;
	struct region *region;
	int error;

	region = region_of_range(space, start, start + (old_bytes ? old_bytes : PAGE_SIZE));
	if (!region || (region->flags & REGION_GUARD))
		return -EFAULT;
	/* Size 0 makes a second mapping of shared memory, and has no meaning for private memory. */
	if (!old_bytes && !(region->flags & REGION_SHARED))
		return -EINVAL;
	if (!remap->fixed && old_bytes) {
		if (new_bytes <= old_bytes) {
			if (new_bytes < old_bytes) {
				error = space_prepare_remove(space, change, start + new_bytes,
							     start + old_bytes);
				if (error)
					return error;
				shrink(space, change, start + new_bytes, start + old_bytes, 0);
			}
			*out = start;
			return 0;
		}
		error = grow_in_place(space, change, region, start + old_bytes, start + new_bytes);
		if (error <= 0) {
			*out = start;
			return error;
		}
	}
	if (!remap->may_move)
		return -ENOMEM;
	return move(space, change, region, remap, old_bytes, new_bytes, out);
}

int vm_remap(struct vm_space *space, const struct vm_remap *remap, vaddr_t *out)
{
	struct space_change change;
	int error;

	if (!page_aligned(remap->address) || !remap->new_size ||
	    !page_round_up(remap->new_size) || (remap->fixed && !remap->may_move))
		return -EINVAL;
	if (!user_range_ok(remap->address, page_round_up(remap->old_size)) ||
	    page_round_up(remap->old_size) < remap->old_size)
		return -EFAULT;
	if (page_round_up(remap->new_size) > USER_HIGH - USER_LOW)
		return -ENOMEM;
	change_begin(&change, space);
	rwlock_write_lock(&space->lock);
	error = remap_locked(space, &change, remap, out);
	change_flush(&change);
	rwlock_write_unlock(&space->lock);
	change_end(&change);
	return error;
}
