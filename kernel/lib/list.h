/*
 * Intrusive doubly linked list, circular, with the head as a node of its own.
 *
 * Invariants:
 *  1. a node is on at most one list; list_remove leaves it empty (linked to itself), so list_empty(node)
 *     also answers "is this node on no list";
 *  2. a node must be initialised (list_init) before it is removed or asked; adding needs no initialisation.
 */
#ifndef OSIER_LIB_LIST_H
#define OSIER_LIB_LIST_H

#include <osier/compiler.h>
#include <osier/types.h>

struct list_node {
	struct list_node *next, *prev;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list_node *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_node *head)
{
	return head->next == head;
}

static inline void list_insert_between_(struct list_node *node, struct list_node *prev,
					struct list_node *next)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

/* First on the list; or, with a node for head, right after that node. */
static inline void list_add_head(struct list_node *head, struct list_node *node)
{
	list_insert_between_(node, head, head->next);
}

/* Last on the list; or, with a node for head, right before that node. */
static inline void list_add_tail(struct list_node *head, struct list_node *node)
{
	list_insert_between_(node, head->prev, head);
}

/* Leaves node linked to itself. Removing a node that is on no list does nothing. */
static inline void list_remove(struct list_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

static inline void list_move_tail(struct list_node *head, struct list_node *node)
{
	list_remove(node);
	list_add_tail(head, node);
}

static inline void list_move_head(struct list_node *head, struct list_node *node)
{
	list_remove(node);
	list_add_head(head, node);
}

/* Appends all of from to the end of to; from is empty afterwards. */
static inline void list_splice_tail(struct list_node *to, struct list_node *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/* The first node, NULL when empty. */
static inline struct list_node *list_first(const struct list_node *head)
{
	return list_empty(head) ? NULL : head->next;
}

static inline struct list_node *list_last(const struct list_node *head)
{
	return list_empty(head) ? NULL : head->prev;
}

/* Removes and returns the first node, NULL when empty. */
static inline struct list_node *list_pop(struct list_node *head)
{
	struct list_node *node = list_first(head);

	if (node)
		list_remove(node);
	return node;
}

static inline size_t list_length(const struct list_node *head)
{
	size_t length = 0;

	for (const struct list_node *node = head->next; node != head; node = node->next)
		length++;
	return length;
}

/* True when the links agree in both directions over the whole list. */
static inline bool list_check(const struct list_node *head)
{
	const struct list_node *node = head;

	do {
		if (!node->next || node->next->prev != node)
			return false;
		node = node->next;
	} while (node != head);
	return true;
}

#define list_entry(node, type, member) container_of(node, type, member)

/* The list must not be empty; list_first_entry_or_null copes. */
#define list_first_entry(head, type, member) container_of((head)->next, type, member)
#define list_last_entry(head, type, member) container_of((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member)                                               \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(entry, member)                                                             \
	container_of((entry)->member.next, __typeof__(*(entry)), member)
#define list_prev_entry(entry, member)                                                             \
	container_of((entry)->member.prev, __typeof__(*(entry)), member)

#define list_for_each(node, head)                                                                  \
	for (struct list_node *node = (head)->next; node != (head); node = node->next)

/* entry is a variable declared by the caller. */
#define list_for_each_entry(entry, head, member)                                                   \
	for (entry = list_first_entry(head, __typeof__(*entry), member); &entry->member != (head); \
	     entry = list_next_entry(entry, member))

#define list_for_each_entry_reverse(entry, head, member)                                           \
	for (entry = list_last_entry(head, __typeof__(*entry), member); &entry->member != (head);  \
	     entry = list_prev_entry(entry, member))

/* The current entry may be removed or freed in the body. */
#define list_for_each_entry_safe(entry, following, head, member)                                   \
	for (entry = list_first_entry(head, __typeof__(*entry), member),                           \
	    following = list_next_entry(entry, member);                                            \
	     &entry->member != (head);                                                             \
	     entry = following, following = list_next_entry(following, member))

#endif
