/*
 * Intrusive balanced (red-black) binary tree with parent pointers and augmentation.
 *
 * The user walks down to find the place for a node (or what it looks for), since only the user knows the order;
 * this code links, erases, balances and keeps augmented data right. Nothing here allocates or locks.
 *
 * Augmentation: update(node) recomputes what the node says about its subtree, purely from the node itself and its
 * two children, and returns whether that changed. What it computes must depend on the nodes of the subtree and
 * their order, not on the shape of the subtree: a rotation does not tell the parent.
 *
 * Two ways to use it: the functions below call tree->update through its pointer; "lib/tree_impl.h" has the same
 * functions as inline cores that take the update function as a constant, for the trees whose speed counts.
 *
 * Invariants (tree_check walks them):
 *  1. a child's parent pointer names its parent, the root's is NULL;
 *  2. the root is black, a red node has black children, all paths to a leaf have the same number of black nodes;
 *  3. in-order traversal is ascending under the user's comparison;
 *  4. every node's augmented data is what update would compute.
 */
#ifndef OSIER_LIB_TREE_H
#define OSIER_LIB_TREE_H

#include <osier/compiler.h>
#include <osier/types.h>

struct tree_node {
	uintptr_t parent_colour;	/* parent pointer; bit 0 set: black */
	struct tree_node *left, *right;
} __aligned(8);

static_assert(sizeof(struct tree_node) == 24, "regions count on a small node");

/* => true when the node's augmented data changed. */
typedef bool (*tree_update_fn)(struct tree_node *node);

struct tree {
	struct tree_node *root;
	tree_update_fn update;		/* NULL: not augmented */
};

#define TREE_INIT(update_fn) { NULL, (update_fn) }

#define tree_entry(node, type, member) container_of(node, type, member)

static inline void tree_init(struct tree *tree, tree_update_fn update)
{
	tree->root = NULL;
	tree->update = update;
}

static inline bool tree_empty(const struct tree *tree)
{
	return !tree->root;
}

static inline struct tree_node *tree_parent(const struct tree_node *node)
{
	return (struct tree_node *)(node->parent_colour & ~(uintptr_t)1);
}

/*
 * Links node below parent at *link, the empty child pointer the user's walk ended at
 * (&tree->root with parent NULL for an empty tree), and balances.
 * => node's own data must be set, so that update can be called on it.
 */
void tree_link(struct tree *tree, struct tree_node *node, struct tree_node *parent,
	       struct tree_node **link);

void tree_erase(struct tree *tree, struct tree_node *node);

/* Puts fresh, which is in no tree, in old's place. Their order among the others must be the same. */
void tree_replace(struct tree *tree, struct tree_node *old, struct tree_node *fresh);

/* To be called when data of node that update reads has changed: recomputes it and what is above, as far as needed. */
void tree_propagate(struct tree *tree, struct tree_node *node);

struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);

/* In-order neighbours; NULL at the ends. */
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_prev(const struct tree_node *node);

#define tree_for_each(node, tree)                                                                  \
	for (struct tree_node *node = tree_first(tree); node; node = tree_next(node))

/* < 0, 0, > 0 as a sorts before, with, after b. */
typedef int (*tree_compare_fn)(const struct tree_node *a, const struct tree_node *b);
/* Whether the node's augmented data is right, given that its children's is. */
typedef bool (*tree_node_check_fn)(const struct tree_node *node);

/*
 * Walks the whole tree and checks the invariants. compare must come out < 0 for neighbours. Either callback may be NULL.
 * => the number of nodes, or -EINVAL when anything is broken.
 */
__must_check ssize_t tree_check(const struct tree *tree, tree_compare_fn compare,
				tree_node_check_fn check);

#endif
