/*
 * The region tree: regions of one address space by start, each node also saying what its
 * subtree covers, so that a hole of a given size is found in O(log n). Pure; compiles on the host.
 */
#include "vm/region.h"

#include <osier/compiler.h>

#include "lib/err.h"
#include "lib/tree_impl.h"

static inline struct region *region_of(const struct tree_node *node)
{
	return node ? container_of(node, struct region, node) : NULL;
}

/* Recomputes what a node says about its subtree from itself and its children. */
static __always_inline bool region_update(struct tree_node *node)
{
	struct region *region = region_of(node);
	vaddr_t first_start = region->start, last_end = region->end;
	uint64_t gap = 0;

	if (node->left) {
		const struct region *left = region_of(node->left);

		first_start = left->first_start;
		gap = max(left->largest_gap, region->start - left->last_end);
	}
	if (node->right) {
		const struct region *right = region_of(node->right);

		last_end = right->last_end;
		gap = max(gap, max(right->largest_gap, right->first_start - region->end));
	}
	if (region->first_start == first_start && region->last_end == last_end &&
	    region->largest_gap == gap)
		return false;
	region->first_start = first_start;
	region->last_end = last_end;
	region->largest_gap = gap;
	return true;
}

static bool region_update_call(struct tree_node *node)
{
	return region_update(node);
}

void region_tree_init(struct region_tree *tree)
{
	tree_init(&tree->tree, region_update_call);
	tree->count = 0;
}

struct region *region_find_from(const struct region_tree *tree, vaddr_t address)
{
	struct tree_node *node = tree->tree.root;
	struct region *best = NULL;

	while (node) {
		struct region *region = region_of(node);

		if (address < region->end) {
			best = region;
			if (address >= region->start)
				break;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return best;
}

struct region *region_find(const struct region_tree *tree, vaddr_t address)
{
	struct region *region = region_find_from(tree, address);

	return region && region->start <= address ? region : NULL;
}

struct region *region_next(const struct region *region)
{
	return region_of(tree_next(&region->node));
}

struct region *region_previous(const struct region *region)
{
	return region_of(tree_prev(&region->node));
}

struct region *region_first(const struct region_tree *tree)
{
	return region_of(tree_first(&tree->tree));
}

struct region *region_last(const struct region_tree *tree)
{
	return region_of(tree_last(&tree->tree));
}

void region_insert(struct region_tree *tree, struct region *region)
{
	struct tree_node **link = &tree->tree.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = region->start < region_of(parent)->start ? &parent->left : &parent->right;
	}
	region->first_start = region->start;
	region->last_end = region->end;
	region->largest_gap = 0;
	tree_link_with(&tree->tree, &region->node, parent, link, region_update);
	tree->count++;
}

void region_remove(struct region_tree *tree, struct region *region)
{
	tree_erase_with(&tree->tree, &region->node, region_update);
	tree->count--;
}

void region_set_range(struct region_tree *tree, struct region *region, vaddr_t start, vaddr_t end)
{
	region->start = start;
	region->end = end;
	tree_propagate_with(&region->node, region_update);
}

bool region_range_is_free(const struct region_tree *tree, vaddr_t start, vaddr_t end)
{
	const struct region *region = region_find_from(tree, start);

	return !region || region->start >= end;
}

/*
 * The highest hole of `bytes` below `high`, inside the subtree of `node`: between two of its regions.
 * Descends only where largest_gap promises a hole; a hole that `high` or `low` cuts too short sends
 * the search on, which happens at most once per level.
 */
static vaddr_t hole_top_down(const struct tree_node *node, size_t bytes, vaddr_t low, vaddr_t high)
{
	while (node) {
		const struct region *region = region_of(node);
		const struct region *left = region_of(node->left), *right = region_of(node->right);
		vaddr_t hole_end;

		if (region->largest_gap < bytes || region->last_end <= low ||
		    region->first_start >= high)
			return 0;
		if (right && region->end < high) {
			vaddr_t found = hole_top_down(node->right, bytes, low, high);

			if (found)
				return found;
			hole_end = min(right->first_start, high);
			if (hole_end >= bytes && hole_end - bytes >= max(region->end, low))
				return hole_end - bytes;
		}
		if (!left)
			return 0;
		hole_end = min(region->start, high);
		if (hole_end >= bytes && hole_end - bytes >= max(left->last_end, low))
			return hole_end - bytes;
		node = node->left;
	}
	return 0;
}

static vaddr_t hole_bottom_up(const struct tree_node *node, size_t bytes, vaddr_t low, vaddr_t high)
{
	while (node) {
		const struct region *region = region_of(node);
		const struct region *left = region_of(node->left), *right = region_of(node->right);
		vaddr_t hole;

		if (region->largest_gap < bytes || region->last_end <= low ||
		    region->first_start >= high)
			return 0;
		if (left && region->start > low) {
			vaddr_t found = hole_bottom_up(node->left, bytes, low, high);

			if (found)
				return found;
			hole = max(left->last_end, low);
			if (hole < region->start && region->start - hole >= bytes &&
			    hole < high && high - hole >= bytes)
				return hole;
		}
		if (!right)
			return 0;
		hole = max(region->end, low);
		if (hole < right->first_start && right->first_start - hole >= bytes &&
		    hole < high && high - hole >= bytes)
			return hole;
		node = node->right;
	}
	return 0;
}

vaddr_t region_find_hole(const struct region_tree *tree, size_t bytes, vaddr_t low, vaddr_t high,
			 bool top_down)
{
	const struct region *root = region_of(tree->tree.root);
	vaddr_t found;

	if (!bytes || low >= high || high - low < bytes)
		return 0;
	if (!root || root->first_start >= high || root->last_end <= low)
		return top_down ? high - bytes : low;

	/* The holes outside all regions, and the ones between them, from the preferred side. */
	if (top_down) {
		if (root->last_end < high && high - root->last_end >= bytes)
			return high - bytes;
		found = hole_top_down(tree->tree.root, bytes, low, high);
		if (found)
			return found;
		return root->first_start > low && root->first_start - low >= bytes
			? root->first_start - bytes : 0;
	}
	if (root->first_start > low && root->first_start - low >= bytes)
		return low;
	found = hole_bottom_up(tree->tree.root, bytes, low, high);
	if (found)
		return found;
	return root->last_end < high && high - root->last_end >= bytes ? root->last_end : 0;
}

void region_split(struct region_tree *tree, struct region *region, struct region *upper, vaddr_t at)
{
	struct tree_node *parent = &region->node, **link = &region->node.right;

	*upper = *region;
	list_init(&upper->object_link);
	upper->start = at;
	upper->object_page += (at - region->start) >> PAGE_SHIFT;
	/*
	 * The upper part is the region's successor: it goes to the far left of what is on the right. Both parts together
	 * cover what the region did, so the nodes above see no change; those in between are on the path that
	 * linking brings up to date.
	 */
	region->end = at;
	while (*link) {
		parent = *link;
		link = &parent->left;
	}
	tree_link_with(&tree->tree, &upper->node, parent, link, region_update);
	tree->count++;
}

void region_absorb(struct region_tree *tree, struct region *lower, struct region *upper)
{
	/*
	 * The new end is made known before anything is rotated: a rotation that turned `lower` would bring it up to date
	 * without its ancestors, and the way up from it would end at once. Until `upper` is gone the two overlap.
	 */
	lower->end = upper->end;
	tree_propagate_with(&lower->node, region_update);
	tree_erase_with(&tree->tree, &upper->node, region_update);
	tree->count--;
}

bool region_can_merge(const struct region *lower, const struct region *upper)
{
	return lower->end == upper->start && lower->flags == upper->flags &&
	       lower->prot == upper->prot && lower->max_prot == upper->max_prot &&
	       lower->object == upper->object && lower->memtype == upper->memtype &&
	       lower->name == upper->name &&
	       (!lower->object ||
		lower->object_page + ((lower->end - lower->start) >> PAGE_SHIFT) ==
			upper->object_page);
}

static int region_compare(const struct tree_node *a, const struct tree_node *b)
{
	return region_of(a)->end <= region_of(b)->start ? -1 : 1;
}

static bool region_node_check(const struct tree_node *node)
{
	struct region copy = *region_of(node);
	const struct region *region = region_of(node);

	return !region_update(&copy.node) && region->start < region->end &&
	       page_aligned(region->start) && page_aligned(region->end) &&
	       (region->object || !(region->flags & REGION_SHARED)) &&
	       !(region->prot & ~region->max_prot);
}

int region_tree_check(const struct region_tree *tree)
{
	ssize_t nodes = tree_check(&tree->tree, region_compare, region_node_check);

	if (nodes < 0)
		return (int)nodes;
	return (uint64_t)nodes == tree->count ? 0 : -EINVAL;
}
