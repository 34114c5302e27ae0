/* Between the files that change address spaces: space.c, map.c, protect.c, fork.c, heap.c. */
#ifndef OSIER_VM_SPACE_PRIVATE_H
#define OSIER_VM_SPACE_PRIVATE_H

#include "arch/x86_64/tlb.h"
#include "vm/object.h"
#include "vm/region.h"
#include "vm/space.h"

/* Promised to every space: root, one table a level, and the space itself. */
#define SPACE_BASE_PAGES 5

/* Region nodes. NULL without memory. */
struct region *region_allocate(void);
void region_free(struct region *);

/*
 * A change of a space in the making: what it needs was taken before, what it leaves behind is dropped after
 * space.lock is released.
 */
struct space_change {
	struct region *nodes[3];	/* nodes it may need */
	unsigned node_count;
	struct list_node dead;		/* regions no longer in the tree; their objects are put at the end */
	struct tlb_gather gather;
};
void change_begin(struct space_change *, struct vm_space *);
/* => 0 or -ENOMEM. */
int change_take_nodes(struct space_change *, unsigned count);
struct region *change_node(struct space_change *);
/* Flushes; space.lock is still held. */
void change_flush(struct space_change *);
/* Drops what is dead and unused. space.lock is no longer held; sleeps. */
void change_end(struct space_change *);

static inline uint64_t region_pages(const struct region *region)
{
	return (region->end - region->start) >> PAGE_SHIFT;
}

/* Puts a region into, or out of, its object's list and the space's sums; the tree is the caller's. */
void region_attach(struct vm_space *, struct region *);
void region_detach(struct vm_space *, struct region *);

/* New edges for a region (shrinking, or growing into a hole beside it), under object.lock where it has an object. */
void region_resize(struct vm_space *, struct region *, vaddr_t start, vaddr_t end);
/* Splits at `at`; the node comes from the change. => the upper part. */
struct region *region_clip(struct vm_space *, struct space_change *, struct region *, vaddr_t at);
/* Merges `upper` into `lower` if they have become alike. => whether it did. */
bool region_merge(struct vm_space *, struct space_change *, struct region *lower,
		  struct region *upper);

/*
 * For calls that change what the regions of a whole range say: the first and the last of them, if every page of
 * [start, end) is in some region (else NULL); the nodes that cutting at the edges takes; the cuts, => the first
 * region of the range afterwards; merging what has become alike, neighbours included.
 */
struct region *space_cover(const struct vm_space *, vaddr_t start, vaddr_t end,
			   struct region **last);
unsigned range_cuts(const struct region *first, const struct region *last, vaddr_t start,
		    vaddr_t end);
struct region *change_cut_edges(struct vm_space *, struct space_change *, struct region *first,
				struct region *last, vaddr_t start, vaddr_t end);
void change_merge_range(struct vm_space *, struct space_change *, struct region *first,
			vaddr_t end);
bool space_is_covered(const struct vm_space *, vaddr_t start, vaddr_t end);

/* Regions whose pages are charged one by one, as they are touched. */
static inline bool region_charges_touch(const struct region *region)
{
	return (region->flags & REGION_STACK) ||
	       ((region->flags & REGION_NORESERVE) && !region->object);
}

/* Pages of such a region in [start, end) are about to go: their charge is given back. space.lock exclusive. */
void space_uncharge_touched(struct vm_space *, const struct region *, vaddr_t start, vaddr_t end);
/* How many there are. */
uint64_t space_touched_pages(struct vm_space *, vaddr_t start, vaddr_t end);

/* 2 MiB slots of [start, end) that some region touches: each is promised one table. */
uint64_t space_slots(const struct vm_space *, vaddr_t start, vaddr_t end);

/*
 * Takes [start, end) out of the tree and the tables. Edges owned and nodes taken: cannot fail. => accounted pages that
 * went, for the caller to uncharge.
 */
uint64_t space_remove_range(struct vm_space *, struct space_change *, vaddr_t start, vaddr_t end);
/* What space_remove_range needs. => 0 or -ENOMEM; nothing visible has changed. */
int space_prepare_remove(struct vm_space *, struct space_change *, vaddr_t start, vaddr_t end);

static inline bool user_range_ok(vaddr_t start, uint64_t bytes)
{
	return start >= USER_LOW && bytes <= USER_HIGH - USER_LOW && start <= USER_HIGH - bytes;
}

#endif
