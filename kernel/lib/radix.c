/*
 * 64-ary radix tree (radix.h has the contract and the invariants).
 */
#include "lib/radix.h"

#include "lib/err.h"
#include "lib/string.h"

/* The height at which index fits: 64^height > index. */
static unsigned radix_height_for(uint64_t index)
{
	if (index == 0)
		return 0;
	return (unsigned)(63 - __builtin_clzll(index)) / RADIX_BITS + 1;
}

static inline unsigned radix_digit(uint64_t index, unsigned shift)
{
	return (unsigned)(index >> shift) & (RADIX_SLOTS - 1);
}

static inline bool radix_covers(const struct radix *tree, uint64_t index)
{
	return tree->height >= RADIX_MAX_HEIGHT || index >> (tree->height * RADIX_BITS) == 0;
}

void **radix_slot(const struct radix *tree, uint64_t index)
{
	struct radix_node *node = tree->root;

	if (!node || !radix_covers(tree, index))
		return NULL;
	if (tree->height == 0)
		return (void **)&tree->root;
	for (;;) {
		void **slot = &node->slots[radix_digit(index, node->shift)];

		if (!*slot)
			return NULL;
		if (node->shift == 0)
			return slot;
		node = *slot;
	}
}

void *radix_lookup(const struct radix *tree, uint64_t index)
{
	void **slot = radix_slot(tree, index);

	return slot ? *slot : NULL;
}

/* How many nodes inserting at index would make. 0 also when there is a value already. */
static unsigned radix_nodes_needed(const struct radix *tree, uint64_t index)
{
	unsigned height = max((unsigned)tree->height, radix_height_for(index));
	const struct radix_node *node = tree->root;
	unsigned shift;

	if (!node)
		return radix_height_for(index);	/* just the path */
	if (height > tree->height) {
		/* The new root is shared by the spine over the old tree and the path to index. */
		return height - tree->height + (height - 1);
	}
	if (height == 0)
		return 0;
	for (shift = node->shift;; shift -= RADIX_BITS) {
		node = node->slots[radix_digit(index, shift)];
		if (!node)
			return shift / RADIX_BITS;
		if (shift == 0)
			return 0;
	}
}

void radix_reserve_release(const struct radix *tree, struct radix_reserve *reserve)
{
	while (reserve->nodes) {
		struct radix_node *node = reserve->nodes;

		reserve->nodes = node->slots[0];
		tree->ops->free(node);
	}
	reserve->count = 0;
}

int radix_prepare(const struct radix *tree, uint64_t index, struct radix_reserve *reserve)
{
	unsigned needed = radix_nodes_needed(tree, index);

	while (reserve->count < needed) {
		struct radix_node *node = tree->ops->alloc();

		if (!node)
			return -ENOMEM;
		node->slots[0] = reserve->nodes;
		reserve->nodes = node;
		reserve->count++;
	}
	return 0;
}

static struct radix_node *radix_take(struct radix_reserve *reserve, struct radix_node *parent,
				     unsigned shift, unsigned offset)
{
	struct radix_node *node = reserve->nodes;

	reserve->nodes = node->slots[0];
	reserve->count--;
	memset(node, 0, sizeof(*node));
	node->parent = parent;
	node->shift = (uint8_t)shift;
	node->offset = (uint8_t)offset;
	return node;
}

/* Adds levels on top until the tree has that height; what is there comes to slot 0. */
static void radix_grow(struct radix *tree, unsigned height, struct radix_reserve *reserve)
{
	while (tree->height < height) {
		struct radix_node *node = radix_take(reserve, NULL, tree->height * RADIX_BITS, 0);

		node->slots[0] = tree->root;
		node->count = 1;
		if (tree->height > 0)
			((struct radix_node *)tree->root)->parent = node;
		tree->root = node;
		tree->height++;
	}
}

int radix_insert_prepared(struct radix *tree, uint64_t index, void *value,
			  struct radix_reserve *reserve)
{
	unsigned height = radix_height_for(index);
	struct radix_node *node;

	if (radix_lookup(tree, index))
		return -EEXIST;
	if (reserve->count < radix_nodes_needed(tree, index))
		return -ENOMEM;

	if (!tree->root) {
		tree->height = (uint8_t)height;
		if (height == 0) {
			tree->root = value;
			tree->count = 1;
			return 0;
		}
		tree->root = radix_take(reserve, NULL, (height - 1) * RADIX_BITS, 0);
	} else if (tree->height < height) {
		radix_grow(tree, height, reserve);
	}

	node = tree->root;
	while (node->shift > 0) {
		unsigned digit = radix_digit(index, node->shift);

		if (!node->slots[digit]) {
			node->slots[digit] =
				radix_take(reserve, node, node->shift - RADIX_BITS, digit);
			node->count++;
		}
		node = node->slots[digit];
	}
	node->slots[radix_digit(index, 0)] = value;
	node->count++;
	tree->count++;
	return 0;
}

int radix_insert(struct radix *tree, uint64_t index, void *value)
{
	struct radix_reserve reserve = RADIX_RESERVE_INIT;
	void **slot;
	int error;

	/* The common case needs no node: a leaf node with room. */
	if (tree->height > 0 && radix_covers(tree, index)) {
		struct radix_node *node = tree->root;

		while (node && node->shift > 0)
			node = node->slots[radix_digit(index, node->shift)];
		if (node) {
			slot = &node->slots[radix_digit(index, 0)];
			if (*slot)
				return -EEXIST;
			*slot = value;
			node->count++;
			tree->count++;
			return 0;
		}
	}
	error = radix_prepare(tree, index, &reserve);
	if (!error)
		error = radix_insert_prepared(tree, index, value, &reserve);
	radix_reserve_release(tree, &reserve);
	return error;
}

/* Takes levels off the top while the root has nothing but slot 0. */
static void radix_shrink(struct radix *tree)
{
	while (tree->height > 0) {
		struct radix_node *node = tree->root;

		if (node->count != 1 || !node->slots[0])
			return;
		tree->root = node->slots[0];
		tree->height--;
		if (tree->height > 0)
			((struct radix_node *)tree->root)->parent = NULL;
		tree->ops->free(node);
	}
}

void *radix_remove(struct radix *tree, uint64_t index)
{
	void **slot = radix_slot(tree, index);
	struct radix_node *node, *parent;
	void *value;

	if (!slot)
		return NULL;
	value = *slot;
	*slot = NULL;
	tree->count--;
	if (tree->height == 0)
		return value;

	node = container_of(slot - radix_digit(index, 0), struct radix_node, slots[0]);
	while (--node->count == 0) {
		parent = node->parent;
		if (!parent) {
			tree->root = NULL;
			tree->height = 0;
			tree->ops->free(node);
			return value;
		}
		parent->slots[node->offset] = NULL;
		tree->ops->free(node);
		node = parent;
	}
	radix_shrink(tree);
	return value;
}

void *radix_next(const struct radix *tree, uint64_t *index)
{
	const struct radix_node *node = tree->root;
	uint64_t at = *index;

	if (!node || !radix_covers(tree, at))
		return NULL;
	if (tree->height == 0)
		return tree->root;	/* covered: *index is 0 */

	for (;;) {
		unsigned digit = radix_digit(at, node->shift);

		if (!node->slots[digit]) {
			/* To the next slot in use, from its first index on. */
			while (++digit < RADIX_SLOTS && !node->slots[digit])
				;
			while (digit == RADIX_SLOTS) {
				digit = node->offset + 1u;
				node = node->parent;
				if (!node)
					return NULL;
				while (digit < RADIX_SLOTS && !node->slots[digit])
					digit++;
			}
			at &= ~(((uint64_t)(RADIX_SLOTS - 1) << node->shift) |
				((1ull << node->shift) - 1));
			at |= (uint64_t)digit << node->shift;
		}
		if (node->shift == 0) {
			*index = at;
			return node->slots[digit];
		}
		node = node->slots[digit];
	}
}

static int radix_check_node(const struct radix_node *node, unsigned shift, uint64_t *values)
{
	unsigned used = 0;

	if (node->shift != shift)
		return -EINVAL;
	for (unsigned i = 0; i < RADIX_SLOTS; i++) {
		const struct radix_node *child = node->slots[i];

		if (!child)
			continue;
		used++;
		if (shift == 0) {
			(*values)++;
			continue;
		}
		if (child->parent != node || child->offset != i ||
		    radix_check_node(child, shift - RADIX_BITS, values) != 0)
			return -EINVAL;
	}
	return used == node->count && used > 0 ? 0 : -EINVAL;
}

int radix_check(const struct radix *tree)
{
	const struct radix_node *root = tree->root;
	uint64_t values = 0;

	if (!root)
		return tree->count == 0 && tree->height == 0 ? 0 : -EINVAL;
	if (tree->height == 0)
		return tree->count == 1 ? 0 : -EINVAL;
	if (tree->height > RADIX_MAX_HEIGHT || root->parent)
		return -EINVAL;
	if (radix_check_node(root, (tree->height - 1u) * RADIX_BITS, &values) != 0)
		return -EINVAL;
	if (root->count == 1 && root->slots[0])
		return -EINVAL;
	return values == tree->count ? 0 : -EINVAL;
}
