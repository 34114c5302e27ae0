/*
 * Looking at, and into, an address space from outside: another process's memory, what a page is, sums for /proc, and
 * the check that its structures agree.
 */
#include "arch/x86_64/pt.h"
#include "debug/log.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/fault.h"
#include "vm/space_private.h"

/*
 * One page's part, through the direct map, with space.lock held from the look at the entry to the end of the copy: so the
 * frame cannot change owners under it. => 0, -EAGAIN (must be faulted in first).
 */
static int copy_page_part(struct vm_space *space, vaddr_t address, void *buffer, size_t bytes,
			  bool write)
{
	struct pt_path path;
	int error = -EAGAIN;

	rwlock_read_lock(&space->lock);
	pt_walk(&space->mmu, address, &path);
	if (path.levels == PT_LEVELS && pte_present(path.entry[PT_LEVELS - 1])) {
		pte_t leaf = path.entry[PT_LEVELS - 1];
		struct frame *frame = pt_child(leaf);
		char *page = frame_to_virt(frame) + page_offset(address);
		/* A forced write finds W clear in an entry that is private and ours alone. */
		bool ours = !pte_special(leaf) && frame->kind == FRAME_DATA && path.writable &&
			    frame_refs(frame) == 1;

		if (pte_special(leaf) && frame != pt_zero_frame) {
			error = -EFAULT;	/* device memory is not read this way */
		} else if (!write) {
			memcpy(buffer, page, bytes);
			error = 0;
		} else if ((path.writable && pte_writable(leaf)) || ours) {
			memcpy(page, buffer, bytes);
			error = 0;
		}
	}
	rwlock_read_unlock(&space->lock);
	return error;
}

static bool may_access(struct vm_space *space, vaddr_t address, bool write, bool force)
{
	const struct region *region;
	bool allowed;

	rwlock_read_lock(&space->lock);
	region = region_find(&space->regions, address);
	allowed = region && !(region->flags & REGION_GUARD) &&
		  ((force ? region->max_prot : region->prot) & (write ? PROT_W : PROT_R | PROT_W | PROT_X));
	rwlock_read_unlock(&space->lock);
	return allowed;
}

int vm_access(struct vm_space *space, vaddr_t address, void *buffer, size_t bytes, bool write,
	      bool force)
{
	char *at = buffer;

	if (!user_range_ok(address, bytes))
		return bytes ? -EFAULT : 0;
	while (bytes) {
		size_t part = min(bytes, PAGE_SIZE - page_offset(address));
		int error = may_access(space, address, write, force)
			? copy_page_part(space, address, at, part, write) : -EFAULT;

		if (error == -EAGAIN) {
			error = vm_fault_in(space, address, write ? ACCESS_WRITE : ACCESS_READ, force);
			if (error)
				return error;
			continue;
		}
		if (error)
			return error;
		address += part;
		at += part;
		bytes -= part;
	}
	return 0;
}

void vm_page_info(struct vm_space *space, vaddr_t address, struct vm_page_info *info)
{
	struct pt_path path;
	pte_t leaf;

	memset(info, 0, sizeof *info);
	pt_walk(&space->mmu, address, &path);
	if (path.levels < PT_LEVELS)
		return;
	leaf = path.entry[PT_LEVELS - 1];
	info->present = pte_present(leaf);
	info->held = pte_held(leaf);
	info->writable = path.writable && pte_writable(leaf);
	info->pfn = pte_pfn(leaf);
	info->zero = !pte_empty(leaf) && pt_child(leaf) == pt_zero_frame;
	if (!pte_empty(leaf) && !pte_special(leaf)) {
		const struct frame *frame = pt_child(leaf);

		info->frame_refs = frame_refs(frame);
		info->object = frame->kind == FRAME_OBJECT;
		info->dirty = info->object ? frame->flags & FRAME_DIRTY : true;
		info->shared = path.shared || info->frame_refs > (info->object ? 2u : 1u);
	}
}

struct usage_walk {
	struct vm_space_usage *usage;
	const struct region *region;
};

static void count_page(vaddr_t address, pte_t value, bool shared, void *context)
{
	struct usage_walk *walk = context;
	struct vm_space_usage *usage = walk->usage;

	if (pte_special(value))
		return;
	usage->resident_pages++;
	if (shared || frame_refs(pt_child(value)) > 1 || pt_child(value)->kind == FRAME_OBJECT)
		usage->shared_pages++;
}

void vm_space_usage(struct vm_space *space, struct vm_space_usage *usage)
{
	struct usage_walk walk = { usage, NULL };

	memset(usage, 0, sizeof *usage);
	rwlock_read_lock(&space->lock);
	usage->virtual_pages = space->mapped_pages;
	usage->data_pages = space->data_pages;
	for (const struct region *region = region_first(&space->regions); region;
	     region = region_next(region)) {
		if (region->flags & REGION_STACK)
			usage->stack_pages += region_pages(region);
		if (region->prot & PROT_X)
			usage->text_pages += region_pages(region);
		pt_for_each(&space->mmu, region->start, region->end, count_page, &walk);
	}
	usage->table_pages = pt_table_count(&space->mmu);
	rwlock_read_unlock(&space->lock);
}

struct check_walk {
	struct vm_space *space;
	int error;
};

/* Every entry lies in a region, and is no more than the region allows. */
static void check_page(vaddr_t address, pte_t value, bool shared, void *context)
{
	struct check_walk *walk = context;
	const struct region *region = region_find(&walk->space->regions, address);

	if (!region || (pte_present(value) && !region->prot) ||
	    (pte_writable(value) && !(region->prot & PROT_W)) ||
	    (pte_present(value) && pte_executable(value) && !(region->prot & PROT_X))) {
		log_error("space of pid %u: entry %#lx at %#lx is more than its region allows",
			  walk->space->owner_pid, value.value, address);
		walk->error = -EINVAL;
	}
}

/* What the regions add up to, against what the space counts. */
static int check_sums(struct vm_space *space)
{
	uint64_t mapped = 0, data = 0, locked = 0, stack = 0, unreserved = 0,
		 promised = SPACE_BASE_PAGES;
	int error = 0;

	for (const struct region *region = region_first(&space->regions); region;
	     region = region_next(region)) {
		mapped += region_pages(region);
		if ((region->prot & PROT_W) && !(region->flags & (REGION_SHARED | REGION_STACK)))
			data += region_pages(region);
		if (region->flags & REGION_LOCKED)
			locked += region_pages(region);
		if (region->flags & REGION_ACCOUNTED)
			promised += region_pages(region);
		if (region_charges_touch(region)) {
			uint64_t pages = space_touched_pages(space, region->start, region->end);

			if (region->flags & REGION_STACK)
				stack += pages;
			else
				unreserved += pages;
		}
		if (region->space != space)
			error = -EINVAL;
	}
	promised += space_slots(space, 0, USER_HIGH);
	/* Whoever has, or had, a stack. */
	if (space->promised >= promised + STACK_PROMISED_PAGES)
		promised += STACK_PROMISED_PAGES;
	if (error || stack != space->stack_pages || unreserved != space->unreserved_pages ||
	    mapped != space->mapped_pages || data != space->data_pages ||
	    locked != space->locked_pages || promised != space->promised) {
		log_error("space of pid %u: mapped %lu counted %lu, data %lu counted %lu, locked %lu counted %lu,"
			  " stack %lu counted %lu, unreserved %lu counted %lu, promised %lu counted %lu", space->owner_pid, mapped,
			  space->mapped_pages, data, space->data_pages, locked, space->locked_pages, stack,
			  space->stack_pages, unreserved, space->unreserved_pages, promised, space->promised);
		return -EINVAL;
	}
	return 0;
}

/* Each region with an object is in its list once, and the object's pages are its own. */
static int check_objects(struct vm_space *space)
{
	for (const struct region *region = region_first(&space->regions); region;
	     region = region_next(region)) {
		const struct region *entry;
		unsigned found = 0;
		int error;

		if (!region->object)
			continue;
		mutex_lock(&region->object->lock);
		list_for_each_entry(entry, &region->object->regions, object_link)
			found += entry == region;
		error = object_check(region->object);
		mutex_unlock(&region->object->lock);
		if (error || found != 1) {
			log_error("space of pid %u: region %#lx is %u times in its object's list",
				  space->owner_pid, region->start, found);
			return -EINVAL;
		}
	}
	return 0;
}

int vm_space_check(struct vm_space *space)
{
	struct check_walk walk = { space, 0 };

	rwlock_write_lock(&space->lock);
	walk.error = region_tree_check(&space->regions);
	if (walk.error)
		log_error("space of pid %u: the tree of regions is not in order", space->owner_pid);
	if (!walk.error && (check_sums(space) || check_objects(space) || pt_check(&space->mmu)))
		walk.error = -EINVAL;
	if (!walk.error)
		pt_for_each(&space->mmu, 0, USER_HIGH, check_page, &walk);
	rwlock_write_unlock(&space->lock);
	return walk.error;
}
