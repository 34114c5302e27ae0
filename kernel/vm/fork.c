/*
 * fork's half of an address space: the regions are cloned, the tables are shared from the root. What it costs depends
 * on the number of regions, never on the number of pages.
 */
#include "arch/x86_64/pt.h"
#include "debug/assert.h"
#include "lib/err.h"
#include "mm/commit.h"
#include "vm/space_private.h"

/* => 0 or -ENOMEM; the child then holds some of the regions, which vm_space_put takes apart. */
static int clone_regions(struct vm_space *parent, struct vm_space *child)
{
	struct region *region, *copy;

	for (region = region_first(&parent->regions); region; region = region_next(region)) {
		copy = region_allocate();
		if (!copy)
			return -ENOMEM;
		*copy = *region;
		copy->flags &= (uint16_t)~REGION_LOCKED;
		if (copy->object)
			object_get(copy->object);
		region_insert(&child->regions, copy);
		region_attach(child, copy);
	}
	return 0;
}

static int fork_locked(struct vm_space *parent, struct vm_space *child)
{
	uint64_t charge = parent->promised - child->promised + vm_touched_charge(parent);
	struct tlb_gather gather;
	int error;

	/* The child is promised what the parent was: after the call each may write to all of it. */
	if (commit_charge(charge))
		return -ENOMEM;
	child->promised = parent->promised;
	child->stack_pages = parent->stack_pages;
	child->unreserved_pages = parent->unreserved_pages;
	error = clone_regions(parent, child);
	if (error)
		return error;
	child->mmap_top = parent->mmap_top;
	child->brk_start = parent->brk_start;
	child->brk = parent->brk;
	child->limit_address_space = parent->limit_address_space;
	child->limit_data = parent->limit_data;
	child->limit_locked = parent->limit_locked;
	child->forked_from = parent->owner_pid;

	/* W is gone from the parent's root: every CPU that runs it must know before it goes on. */
	gather_begin(&gather, &parent->mmu, GATHER_SPACE);
	pt_share(&parent->mmu, &child->mmu);
	gather_everything(&gather);
	gather_end(&gather);
	return 0;
}

/* Boot option fork=eager: the textbook's fork, every table copied at once, as an oracle for the lazy one. */
bool vm_fork_eager;

static int copy_eagerly(struct vm_space *child)
{
	struct tlb_gather gather;
	int error;

	gather_begin(&gather, &child->mmu, GATHER_SPACE);
	error = pt_own_range(&child->mmu, 0, USER_HIGH, &gather);
	gather_end(&gather);
	return error;
}

struct vm_space *vm_space_fork(struct vm_space *parent)
{
	struct vm_space *child = vm_space_create();
	int error;

	if (IS_ERR(child))
		return child;
	rwlock_write_lock(&parent->lock);
	error = fork_locked(parent, child);
	if (!error && vm_fork_eager)
		error = copy_eagerly(child);
	rwlock_write_unlock(&parent->lock);
	if (error) {
		vm_space_put(child);
		return ERR_PTR(error);
	}
	return child;
}
