/*
 * A region is a promise about [start, end) of one address space; the tree of regions is the only
 * authority on what an address means. This file is pure: it compiles on the host and allocates nothing.
 *
 * Invariants (region_tree_check)
 *  1. start < end, both page aligned; regions of a tree do not overlap and are ordered by start.
 *  2. first_start, last_end and largest_gap of a node describe its subtree.
 *  3. object == NULL implies no SHARED flag; prot is a subset of max_prot.
 *  4. A region with an object is in that object's list exactly once.
 */
#ifndef OSIER_VM_REGION_H
#define OSIER_VM_REGION_H

#include <osier/types.h>

#include "lib/list.h"
#include "lib/tree.h"

struct vm_object;
struct vm_space;

enum region_prot {
	PROT_R = 1,
	PROT_W = 2,
	PROT_X = 4,
};

enum memtype {
	MEMTYPE_WRITE_BACK,
	MEMTYPE_WRITE_COMBINING,
	MEMTYPE_UNCACHED,
};

enum region_flags {
	REGION_SHARED = 1 << 0,		/* writes are seen by every mapping of the object */
	REGION_STACK = 1 << 1,		/* spans the whole stack limit; pages appear on touch */
	REGION_GUARD = 1 << 2,		/* always faults, and says that it is a guard */
	REGION_RESERVED = 1 << 3,	/* address space kept free of anything else */
	REGION_LOCKED = 1 << 4,		/* mlock */
	REGION_ACCOUNTED = 1 << 5,	/* its pages are charged to commit */
	REGION_NORESERVE = 1 << 6,
	REGION_BRK = 1 << 7,		/* the heap that brk moves */
	REGION_KERNEL = 1 << 8,		/* in the kernel's space */
	REGION_SHM = 1 << 9,		/* a System V attachment */
};

struct region {
	struct tree_node node;
	vaddr_t start, end;
	vaddr_t first_start, last_end;	/* of the subtree */
	uint64_t largest_gap;		/* largest hole between two regions of the subtree, bytes */
	struct vm_space *space;
	struct vm_object *object;	/* NULL: private zero-fill, or a pure reservation */
	struct list_node object_link;
	uint64_t object_page;		/* page of the object that start maps */
	uint8_t prot, max_prot, memtype;
	uint16_t flags;
	const char *name;		/* "[stack]", "[heap]", …; NULL: the object's */
};

struct region_tree {
	struct tree tree;
	uint64_t count;
};

void region_tree_init(struct region_tree *);

/* The region that contains `address`, or NULL. */
struct region *region_find(const struct region_tree *, vaddr_t address);
/* The first region that ends after `address`, or NULL. */
struct region *region_find_from(const struct region_tree *, vaddr_t address);
struct region *region_next(const struct region *);
struct region *region_previous(const struct region *);
struct region *region_first(const struct region_tree *);
struct region *region_last(const struct region_tree *);

/* Links a region whose range is free. */
void region_insert(struct region_tree *, struct region *);
void region_remove(struct region_tree *, struct region *);
/* Moves an edge within the hole beside it, or shrinks. */
void region_set_range(struct region_tree *, struct region *, vaddr_t start, vaddr_t end);

/*
 * The highest (top_down) or lowest hole of `bytes` within [low, high). => its start, or 0 if
 * there is none. O(log n).
 */
vaddr_t region_find_hole(const struct region_tree *, size_t bytes, vaddr_t low, vaddr_t high,
			 bool top_down);
bool region_range_is_free(const struct region_tree *, vaddr_t start, vaddr_t end);

/*
 * Cuts `region` at `at` (start < at < end). `upper` becomes [at, end), linked and with every
 * attribute of the lower part, object_page moved on. The caller puts `upper` into the object's list.
 */
void region_split(struct region_tree *, struct region *region, struct region *upper, vaddr_t at);
/* `lower` takes over the range of `upper`, its neighbour, which leaves the tree. */
void region_absorb(struct region_tree *, struct region *lower, struct region *upper);
/* True if `lower` and `upper` touch and are alike in everything but range. */
bool region_can_merge(const struct region *lower, const struct region *upper);

/* => 0, or -EINVAL after logging the first broken invariant. */
int region_tree_check(const struct region_tree *);

#endif
