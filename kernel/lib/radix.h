/*
 * 64-ary radix tree: from a 64-bit index to a word that is not NULL (a pointer, or anything else of the user's,
 * low bits too: the tree does not look into values).
 *
 * Invariants (radix_check walks them):
 *  1. height 0 holds at most one value, at index 0, in root itself; height h covers indices below 64^h;
 *  2. a node's count is the number of its slots in use, never 0; its shift is 6 * (its height - 1);
 *  3. the tree is as low as it can be: a root node has a slot other than 0 in use;
 *  4. count is the number of values.
 *
 * The caller has the lock.
 */
#ifndef OSIER_LIB_RADIX_H
#define OSIER_LIB_RADIX_H

#include <osier/compiler.h>
#include <osier/types.h>

#define RADIX_BITS 6
#define RADIX_SLOTS (1u << RADIX_BITS)
#define RADIX_MAX_HEIGHT 11		/* 11 * 6 >= 64 */
#define RADIX_MAX_RESERVE (2 * RADIX_MAX_HEIGHT)

struct radix_node {
	struct radix_node *parent;	/* NULL in the root */
	uint8_t shift;			/* bits of the index below this node's six */
	uint8_t offset;			/* slot in the parent */
	uint8_t count;			/* slots in use */
	void *slots[RADIX_SLOTS];
};

struct radix_node_ops {
	struct radix_node *(*alloc)(void);	/* contents need not be cleared; NULL when there is none */
	void (*free)(struct radix_node *node);
};

struct radix {
	void *root;			/* a value (height 0) or a radix_node */
	uint64_t count;			/* values held */
	const struct radix_node_ops *ops;
	uint8_t height;
};

/* Nodes taken in advance, linked through slots[0]. */
struct radix_reserve {
	struct radix_node *nodes;
	unsigned count;
};

#define RADIX_RESERVE_INIT { NULL, 0 }

static inline void radix_init(struct radix *tree, const struct radix_node_ops *ops)
{
	tree->root = NULL;
	tree->count = 0;
	tree->ops = ops;
	tree->height = 0;
}

/* The value at index, NULL when there is none. */
void *radix_lookup(const struct radix *tree, uint64_t index);

/* Where the value at index is kept, so that it can be changed in place (to another, never NULL); NULL when there is none. */
void **radix_slot(const struct radix *tree, uint64_t index);

/* => 0, -EEXIST, -ENOMEM; nothing changed on error. */
__must_check int radix_insert(struct radix *tree, uint64_t index, void *value);

/*
 * Takes the nodes that inserting at index would need into reserve (which may hold some already).
 * radix_insert_prepared with it then cannot fail with -ENOMEM, as long as nothing was inserted or removed in between.
 * => 0, or -ENOMEM; the reserve keeps what it has either way, until radix_reserve_release.
 */
__must_check int radix_prepare(const struct radix *tree, uint64_t index, struct radix_reserve *reserve);
__must_check int radix_insert_prepared(struct radix *tree, uint64_t index, void *value,
				       struct radix_reserve *reserve);
void radix_reserve_release(const struct radix *tree, struct radix_reserve *reserve);

/* => the value removed, NULL when there was none. Nodes left empty are freed, the height shrinks. */
void *radix_remove(struct radix *tree, uint64_t index);

/* The first value at *index or after; *index becomes its index. NULL (and *index untouched) when there is none. */
void *radix_next(const struct radix *tree, uint64_t *index);

/*
 * for (uint64_t index = from; (value = radix_next(tree, &index)); index++) is nearly right, and wraps at the last index;
 * this is right. The body may remove the current value.
 */
#define radix_for_each(tree, value, index, from)                                                   \
	for (bool radix_more_ = (index = (from), true);                                            \
	     radix_more_ && (value = radix_next(tree, &index)) != NULL;                            \
	     radix_more_ = ++index != 0)

/* => 0, or -EINVAL when an invariant is broken. */
__must_check int radix_check(const struct radix *tree);

#endif
