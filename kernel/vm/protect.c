/*
 * mprotect: one protection for a range that may span many regions. Rights are taken from the tables at once; rights
 * that are given are given by faults, so that copy-on-write stays the only way to W.
 */
#include "arch/x86_64/pt.h"
#include "lib/err.h"
#include "mm/commit.h"
#include "vm/space_private.h"
#include "vm/trace.h"

/* What a region must newly promise when its range becomes writable. */
static bool must_charge(const struct region *region, uint8_t prot)
{
	return (prot & PROT_W) && !(region->flags & (REGION_SHARED | REGION_ACCOUNTED |
						     REGION_NORESERVE | REGION_STACK));
}

static bool takes_rights(uint8_t before, uint8_t after)
{
	return (before & ~after & (PROT_W | PROT_X)) || (before && !after);
}

/* What counts against RLIMIT_DATA once it is writable, and did not before. */
static bool becomes_data(const struct region *region, uint8_t prot)
{
	return (prot & PROT_W) && !(region->prot & PROT_W) &&
	       !(region->flags & (REGION_SHARED | REGION_STACK));
}

/* Sums up what the change of [first, last] needs. => 0 or -EACCES. */
static int survey(const struct region *first, const struct region *last, vaddr_t start,
		  vaddr_t end, uint8_t prot, uint64_t *charge, bool *restricts, uint64_t *data)
{
	*charge = *data = 0;
	*restricts = false;
	for (const struct region *region = first;; region = region_next(region)) {
		uint64_t pages = (min(region->end, end) - max(region->start, start)) >> PAGE_SHIFT;

		if (prot & ~region->max_prot)
			return -EACCES;
		if (must_charge(region, prot))
			*charge += pages;
		if (becomes_data(region, prot))
			*data += pages;
		if (takes_rights(region->prot, prot))
			*restricts = true;
		if (region == last)
			return 0;
	}
}

static void set_protection(struct vm_space *space, struct space_change *change,
			   struct region *region, uint8_t prot)
{
	struct pt_restriction what = {
		.clear_write = (region->prot & PROT_W) && !(prot & PROT_W),
		.set_no_execute = (region->prot & PROT_X) && !(prot & PROT_X),
		.hold = region->prot && !prot,
	};
	bool restricts = takes_rights(region->prot, prot);
	bool was_data = region->prot & PROT_W, is_data = prot & PROT_W;

	if (must_charge(region, prot))
		region->flags |= REGION_ACCOUNTED;
	region->prot = prot;
	if (was_data != is_data && !(region->flags & (REGION_SHARED | REGION_STACK)))
		space->data_pages += is_data ? region_pages(region) : -region_pages(region);
	if (restricts)
		pt_restrict(&space->mmu, region->start, region->end, &what, &change->gather);
}

static int protect_locked(struct vm_space *space, struct space_change *change, vaddr_t start,
			  vaddr_t end, uint8_t prot)
{
	struct region *last, *first = space_cover(space, start, end, &last);
	uint64_t charge, data;
	bool restricts;
	int error;

	if (!first)
		return -ENOMEM;
	error = survey(first, last, start, end, prot, &charge, &restricts, &data);
	if (!error && data && space->data_pages + data > space->limit_data >> PAGE_SHIFT)
		error = -ENOMEM;
	if (!error)
		error = change_take_nodes(change, range_cuts(first, last, start, end));
	if (!error && restricts)
		error = pt_own_range(&space->mmu, start, end, &change->gather);
	if (!error && charge)
		error = commit_charge(charge);
	if (error)
		return error;

	/* Nothing below fails. */
	space->promised += charge;
	space->sequence++;
	trace_range(TRACE_PROTECT, space->owner_pid, start, end, prot);
	first = change_cut_edges(space, change, first, last, start, end);
	for (struct region *region = first; region && region->start < end;
	     region = region_next(region))
		set_protection(space, change, region, prot);
	change_merge_range(space, change, first, end);
	return 0;
}

int vm_protect(struct vm_space *space, vaddr_t address, size_t size, uint8_t prot)
{
	uint64_t bytes = page_round_up(size);
	struct space_change change;
	int error;

	if (!page_aligned(address))
		return -EINVAL;
	if (!size)
		return 0;
	if (!bytes || address > USER_HIGH || bytes > USER_HIGH - address)
		return -ENOMEM;
	change_begin(&change, space);
	rwlock_write_lock(&space->lock);
	error = protect_locked(space, &change, address, address + bytes, prot);
	change_flush(&change);
	rwlock_write_unlock(&space->lock);
	change_end(&change);
	return error;
}
