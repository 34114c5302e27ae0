/*
 * The pairing heap. See timer_heap.h.
 */
#include "task/timer_heap.h"

#include "lib/err.h"

/* Two roots become one; neither has siblings. */
static struct timer_node *meld(struct timer_node *a, struct timer_node *b)
{
	struct timer_node *swap;

	if (!a)
		return b;
	if (!b)
		return a;
	if (b->deadline_ns < a->deadline_ns) {
		swap = a;
		a = b;
		b = swap;
	}
	/* b becomes a's first child. */
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Melds a list of siblings: in pairs from the left, then the pairs from the right. */
static struct timer_node *meld_siblings(struct timer_node *first)
{
	struct timer_node *pairs = NULL, *root = NULL;

	while (first) {
		struct timer_node *a = first, *b = a->next, *pair;

		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		pair = meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct timer_node *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		root = meld(root, pair);
	}
	return root;
}

void timer_heap_insert(struct timer_heap *heap, struct timer_node *node)
{
	node->child = node->next = node->prev = NULL;
	heap->root = meld(heap->root, node);
}

void timer_heap_remove(struct timer_heap *heap, struct timer_node *node)
{
	struct timer_node *below = meld_siblings(node->child);

	if (node == heap->root) {
		heap->root = below;
	} else {
		if (node->prev->child == node)
			node->prev->child = node->next;
		else
			node->prev->next = node->next;
		if (node->next)
			node->next->prev = node->prev;
		heap->root = meld(heap->root, below);
	}
	node->child = node->next = node->prev = NULL;
}

/*
 * A walk without a stack: down to the first child, else on to the sibling, else back up by `prev`.
 */
ssize_t timer_heap_check(const struct timer_heap *heap)
{
	const struct timer_node *node = heap->root;
	ssize_t count = 0;

	if (!node)
		return 0;
	if (node->prev || node->next)
		return -EINVAL;
	for (;;) {
		count++;
		if (node->child) {
			if (node->child->prev != node)
				return -EINVAL;
			for (const struct timer_node *c = node->child; c; c = c->next) {
				if (c->deadline_ns < node->deadline_ns)
					return -EINVAL;
				if (c->next && c->next->prev != c)
					return -EINVAL;
			}
			node = node->child;
			continue;
		}
		while (!node->next) {
			/* To the first sibling, then to the parent. */
			while (node->prev && node->prev->child != node)
				node = node->prev;
			node = node->prev;
			if (!node)
				return count;
		}
		node = node->next;
	}
}
