/*
 * The tree's algorithms as inline cores. tree.c makes the general functions of them; a file whose tree is on a fast
 * path includes this and calls the cores with its own update function, which the compiler then inlines:
 *
 *	tree_link_with(&tree, &region->node, parent, link, region_update);
 *	tree_erase_with(&tree, &region->node, region_update);
 *	tree_propagate_with(&region->node, region_update);
 *
 * update must be the tree's own update function, or NULL for a tree without.
 *
 * The order in every operation: first the links, then the augmented data bottom-up along the path (stopping where
 * nothing changes), then the balance. So each rotation finds right data below it, and has to recompute only the two
 * nodes that it turns: the subtree above them holds the same nodes as before.
 */
#ifndef OSIER_LIB_TREE_IMPL_H
#define OSIER_LIB_TREE_IMPL_H

#include "lib/tree.h"

static inline bool tree_is_black(const struct tree_node *node)
{
	return !node || (node->parent_colour & 1);
}

static inline bool tree_is_red(const struct tree_node *node)
{
	return node && !(node->parent_colour & 1);
}

static inline void tree_set_parent(struct tree_node *node, struct tree_node *parent)
{
	node->parent_colour = (uintptr_t)parent | (node->parent_colour & 1);
}

static inline void tree_set_black(struct tree_node *node)
{
	node->parent_colour |= 1;
}

static inline void tree_set_red(struct tree_node *node)
{
	node->parent_colour &= ~(uintptr_t)1;
}

/* Makes whoever points at old (its parent, or the tree) point at fresh. */
static inline void tree_change_child(struct tree *tree, struct tree_node *parent,
				     struct tree_node *old, struct tree_node *fresh)
{
	if (!parent)
		tree->root = fresh;
	else if (parent->left == old)
		parent->left = fresh;
	else
		parent->right = fresh;
}

/* From node up to the root, as long as something changes. */
static __always_inline void tree_propagate_with(struct tree_node *node, tree_update_fn update)
{
	if (!update)
		return;
	while (node && update(node))
		node = tree_parent(node);
}

/* node's right child rises above node. */
static __always_inline void tree_rotate_left(struct tree *tree, struct tree_node *node,
					     tree_update_fn update)
{
	struct tree_node *up = node->right;
	struct tree_node *parent = tree_parent(node);

	node->right = up->left;
	if (up->left)
		tree_set_parent(up->left, node);
	up->left = node;
	tree_change_child(tree, parent, node, up);
	tree_set_parent(up, parent);
	tree_set_parent(node, up);
	if (update) {
		update(node);
		update(up);
	}
}

static __always_inline void tree_rotate_right(struct tree *tree, struct tree_node *node,
					      tree_update_fn update)
{
	struct tree_node *up = node->left;
	struct tree_node *parent = tree_parent(node);

	node->left = up->right;
	if (up->right)
		tree_set_parent(up->right, node);
	up->right = node;
	tree_change_child(tree, parent, node, up);
	tree_set_parent(up, parent);
	tree_set_parent(node, up);
	if (update) {
		update(node);
		update(up);
	}
}

static __always_inline void tree_link_with(struct tree *tree, struct tree_node *node,
					   struct tree_node *parent, struct tree_node **link,
					   tree_update_fn update)
{
	node->left = NULL;
	node->right = NULL;
	node->parent_colour = (uintptr_t)parent;	/* red */
	*link = node;
	if (update) {
		update(node);
		tree_propagate_with(parent, update);
	}

	while (parent && tree_is_red(parent)) {
		struct tree_node *grand = tree_parent(parent);	/* a red node is not the root */

		if (parent == grand->left) {
			struct tree_node *uncle = grand->right;

			if (tree_is_red(uncle)) {
				tree_set_black(parent);
				tree_set_black(uncle);
				tree_set_red(grand);
				node = grand;
				parent = tree_parent(node);
				continue;
			}
			if (node == parent->right) {
				tree_rotate_left(tree, parent, update);
				parent = node;
			}
			tree_set_black(parent);
			tree_set_red(grand);
			tree_rotate_right(tree, grand, update);
		} else {
			struct tree_node *uncle = grand->left;

			if (tree_is_red(uncle)) {
				tree_set_black(parent);
				tree_set_black(uncle);
				tree_set_red(grand);
				node = grand;
				parent = tree_parent(node);
				continue;
			}
			if (node == parent->left) {
				tree_rotate_right(tree, parent, update);
				parent = node;
			}
			tree_set_black(parent);
			tree_set_red(grand);
			tree_rotate_left(tree, grand, update);
		}
		break;
	}
	tree_set_black(tree->root);
}

/*
 * The paths through `node` (maybe NULL), a child of parent, have one black node too few.
 */
static __always_inline void tree_erase_fix(struct tree *tree, struct tree_node *node,
					   struct tree_node *parent, tree_update_fn update)
{
	while (parent && tree_is_black(node)) {
		bool is_left = node == parent->left;
		struct tree_node *sibling = is_left ? parent->right : parent->left;

		if (tree_is_red(sibling)) {
			tree_set_black(sibling);
			tree_set_red(parent);
			if (is_left) {
				tree_rotate_left(tree, parent, update);
				sibling = parent->right;
			} else {
				tree_rotate_right(tree, parent, update);
				sibling = parent->left;
			}
		}
		/* The sibling is black and, since its side has a black node more, not NULL. */
		if (tree_is_black(sibling->left) && tree_is_black(sibling->right)) {
			tree_set_red(sibling);
			node = parent;
			parent = tree_parent(node);
			continue;
		}
		if (is_left) {
			if (tree_is_black(sibling->right)) {
				tree_set_black(sibling->left);
				tree_set_red(sibling);
				tree_rotate_right(tree, sibling, update);
				sibling = parent->right;
			}
			sibling->parent_colour = (sibling->parent_colour & ~(uintptr_t)1) |
						 (parent->parent_colour & 1);
			tree_set_black(parent);
			tree_set_black(sibling->right);
			tree_rotate_left(tree, parent, update);
		} else {
			if (tree_is_black(sibling->left)) {
				tree_set_black(sibling->right);
				tree_set_red(sibling);
				tree_rotate_left(tree, sibling, update);
				sibling = parent->left;
			}
			sibling->parent_colour = (sibling->parent_colour & ~(uintptr_t)1) |
						 (parent->parent_colour & 1);
			tree_set_black(parent);
			tree_set_black(sibling->left);
			tree_rotate_right(tree, parent, update);
		}
		return;
	}
	if (node)
		tree_set_black(node);
}

static __always_inline void tree_erase_with(struct tree *tree, struct tree_node *node,
					    tree_update_fn update)
{
	struct tree_node *child, *parent;
	bool was_black;

	if (node->left && node->right) {
		/* The successor, which has no left child, leaves its place and takes node's. */
		struct tree_node *next = node->right;

		while (next->left)
			next = next->left;
		child = next->right;
		was_black = tree_is_black(next);
		if (next == node->right) {
			parent = next;
		} else {
			parent = tree_parent(next);
			parent->left = child;
			if (child)
				tree_set_parent(child, parent);
			next->right = node->right;
			tree_set_parent(next->right, next);
		}
		next->left = node->left;
		tree_set_parent(next->left, next);
		next->parent_colour = node->parent_colour;
		tree_change_child(tree, tree_parent(node), node, next);

		if (update) {
			/*
			 * What next says now is to be compared with what node said, not with its own old data: so it and
			 * its parent are recomputed whatever update says.
			 */
			struct tree_node *above = parent;

			while (above != next && update(above))
				above = tree_parent(above);
			update(next);
			tree_propagate_with(tree_parent(next), update);
		}
	} else {
		child = node->left ? node->left : node->right;
		parent = tree_parent(node);
		was_black = tree_is_black(node);
		tree_change_child(tree, parent, node, child);
		if (child)
			tree_set_parent(child, parent);
		tree_propagate_with(parent, update);
	}
	if (was_black)
		tree_erase_fix(tree, child, parent, update);
}

#endif
