/*
 * The general functions of the tree: the cores of tree_impl.h with the update function behind a pointer, walking,
 * and the check of the invariants.
 */
#include "lib/tree.h"

#include "lib/err.h"
#include "lib/tree_impl.h"

void tree_link(struct tree *tree, struct tree_node *node, struct tree_node *parent,
	       struct tree_node **link)
{
	if (tree->update)
		tree_link_with(tree, node, parent, link, tree->update);
	else
		tree_link_with(tree, node, parent, link, NULL);
}

void tree_erase(struct tree *tree, struct tree_node *node)
{
	if (tree->update)
		tree_erase_with(tree, node, tree->update);
	else
		tree_erase_with(tree, node, NULL);
}

void tree_replace(struct tree *tree, struct tree_node *old, struct tree_node *fresh)
{
	struct tree_node *parent = tree_parent(old);

	fresh->parent_colour = old->parent_colour;
	fresh->left = old->left;
	fresh->right = old->right;
	if (fresh->left)
		tree_set_parent(fresh->left, fresh);
	if (fresh->right)
		tree_set_parent(fresh->right, fresh);
	tree_change_child(tree, parent, old, fresh);
	if (tree->update) {
		/* Whatever fresh said before: it is old's data that the parent knows. */
		tree->update(fresh);
		tree_propagate_with(parent, tree->update);
	}
}

void tree_propagate(struct tree *tree, struct tree_node *node)
{
	tree_propagate_with(node, tree->update);
}

struct tree_node *tree_first(const struct tree *tree)
{
	struct tree_node *node = tree->root;

	while (node && node->left)
		node = node->left;
	return node;
}

struct tree_node *tree_last(const struct tree *tree)
{
	struct tree_node *node = tree->root;

	while (node && node->right)
		node = node->right;
	return node;
}

struct tree_node *tree_next(const struct tree_node *node)
{
	struct tree_node *up;

	if (node->right) {
		up = node->right;
		while (up->left)
			up = up->left;
		return up;
	}
	for (up = tree_parent(node); up && up->right == node; up = tree_parent(up))
		node = up;
	return up;
}

struct tree_node *tree_prev(const struct tree_node *node)
{
	struct tree_node *up;

	if (node->left) {
		up = node->left;
		while (up->right)
			up = up->right;
		return up;
	}
	for (up = tree_parent(node); up && up->left == node; up = tree_parent(up))
		node = up;
	return up;
}

/* A red-black tree of 2^48 nodes is no deeper: beyond it, links form a loop. */
#define TREE_MAX_DEPTH 100

struct tree_walk {
	tree_compare_fn compare;
	tree_node_check_fn check;
	const struct tree_node *last;
	ssize_t count;
};

/* => the number of black nodes on each path down from node, or -EINVAL. */
static int tree_check_subtree(struct tree_walk *walk, const struct tree_node *node, int depth)
{
	if (!node)
		return 0;
	if (depth > TREE_MAX_DEPTH)
		return -EINVAL;
	if ((node->left && tree_parent(node->left) != node) ||
	    (node->right && tree_parent(node->right) != node))
		return -EINVAL;
	if (tree_is_red(node) && (tree_is_red(node->left) || tree_is_red(node->right)))
		return -EINVAL;

	int left = tree_check_subtree(walk, node->left, depth + 1);

	if (left < 0)
		return left;
	if (walk->last && walk->compare && walk->compare(walk->last, node) >= 0)
		return -EINVAL;
	walk->last = node;
	walk->count++;

	int right = tree_check_subtree(walk, node->right, depth + 1);

	if (right < 0)
		return right;
	if (left != right)
		return -EINVAL;
	if (walk->check && !walk->check(node))
		return -EINVAL;
	return left + (tree_is_black(node) ? 1 : 0);
}

ssize_t tree_check(const struct tree *tree, tree_compare_fn compare, tree_node_check_fn check)
{
	struct tree_walk walk = { .compare = compare, .check = check };
	int black;

	if (tree->root && (tree_parent(tree->root) || tree_is_red(tree->root)))
		return -EINVAL;
	black = tree_check_subtree(&walk, tree->root, 0);
	return black < 0 ? black : walk.count;
}
