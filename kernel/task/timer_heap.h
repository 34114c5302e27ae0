/*
 * A pairing heap of deadlines: insert in O(1), remove any in O(log n) amortised, no allocation. Pure: tested on the
 * host against a sorted array.
 *
 * Invariants (timer_heap_check)
 *  1. No child is earlier than its parent.
 *  2. `prev` is the previous sibling, or the parent for a first child; NULL for the root.
 */
#ifndef OSIER_TASK_TIMER_HEAP_H
#define OSIER_TASK_TIMER_HEAP_H

#include <osier/types.h>

struct timer_node {
	uint64_t deadline_ns;
	struct timer_node *child, *next, *prev;
};

struct timer_heap {
	struct timer_node *root;	/* the earliest; NULL when empty */
};

void timer_heap_insert(struct timer_heap *, struct timer_node *);
/* The node must be in the heap. */
void timer_heap_remove(struct timer_heap *, struct timer_node *);

static inline struct timer_node *timer_heap_first(const struct timer_heap *heap)
{
	return heap->root;
}

/* => the number of nodes, or -EINVAL. */
ssize_t timer_heap_check(const struct timer_heap *);

#endif
