/*
 * The buddy lists (buddy.h). The lists are doubly linked by frame number through struct frame itself.
 */
#include "mm/buddy.h"

#include "debug/log.h"
#include "lib/err.h"

void buddy_init(struct buddy *buddy)
{
	for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
		buddy->head[order] = FRAME_LINK_NONE;
		buddy->blocks[order] = 0;
	}
	buddy->free = 0;
}

static void buddy_push(struct buddy *buddy, pfn_t pfn, unsigned order)
{
	struct frame *frame = frame_of(pfn);
	uint32_t next = buddy->head[order];

	frame->flags = FRAME_FREE_HEAD;
	frame->order = (uint8_t)order;
	frame->link.prev = FRAME_LINK_NONE;
	frame->link.next = next;
	if (next != FRAME_LINK_NONE)
		frame_of(next)->link.prev = (uint32_t)pfn;
	buddy->head[order] = (uint32_t)pfn;
	buddy->blocks[order]++;
}

static void buddy_unlink(struct buddy *buddy, pfn_t pfn, unsigned order)
{
	struct frame *frame = frame_of(pfn);

	if (frame->link.prev != FRAME_LINK_NONE)
		frame_of(frame->link.prev)->link.next = frame->link.next;
	else
		buddy->head[order] = frame->link.next;
	if (frame->link.next != FRAME_LINK_NONE)
		frame_of(frame->link.next)->link.prev = frame->link.prev;
	frame->flags = 0;
	frame->order = 0;
	buddy->blocks[order]--;
}

pfn_t buddy_alloc(struct buddy *buddy, unsigned order)
{
	unsigned have = order;
	pfn_t pfn;

	while (have < BUDDY_ORDERS && buddy->head[have] == FRAME_LINK_NONE)
		have++;
	if (have >= BUDDY_ORDERS)
		return BUDDY_NONE;
	pfn = buddy->head[have];
	buddy_unlink(buddy, pfn, have);
	/* The upper half of what is too much goes back, order by order. */
	while (have > order) {
		have--;
		buddy_push(buddy, pfn + (1ull << have), have);
	}
	buddy->free -= 1ull << order;
	return pfn;
}

void buddy_free(struct buddy *buddy, pfn_t pfn, unsigned order)
{
	buddy->free += 1ull << order;
	while (order < BUDDY_MAX_ORDER) {
		pfn_t other = pfn ^ (1ull << order);
		const struct frame *frame = frame_of(other);

		if (frame->kind != FRAME_FREE || !(frame->flags & FRAME_FREE_HEAD) ||
		    frame->order != order)
			break;
		buddy_unlink(buddy, other, order);
		pfn &= ~(1ull << order);
		order++;
	}
	buddy_push(buddy, pfn, order);
}

void buddy_add_range(struct buddy *buddy, pfn_t first, pfn_t last)
{
	while (first < last) {
		unsigned order = BUDDY_MAX_ORDER;

		while ((first & ((1ull << order) - 1)) != 0 || last - first < 1ull << order)
			order--;
		buddy_free(buddy, first, order);
		first += 1ull << order;
	}
}

static int buddy_check_block(pfn_t pfn, unsigned order)
{
	const struct frame *head = frame_of(pfn);

	if (pfn & ((1ull << order) - 1)) {
		log_error("buddy: block %#lx is not aligned to order %u", (unsigned long)pfn, order);
		return -EINVAL;
	}
	for (pfn_t i = 0; i < 1ull << order; i++) {
		unsigned flags = i == 0 ? FRAME_FREE_HEAD : 0;

		if (head[i].kind != FRAME_FREE || head[i].refs != 0 || head[i].flags != flags) {
			log_error("buddy: frame %#lx in a free block: kind %u refs %u flags %#x",
				  (unsigned long)(pfn + i), head[i].kind, head[i].refs,
				  head[i].flags);
			return -EINVAL;
		}
	}
	if (order < BUDDY_MAX_ORDER) {
		const struct frame *other = frame_of(pfn ^ (1ull << order));

		if (other->kind == FRAME_FREE && (other->flags & FRAME_FREE_HEAD) &&
		    other->order == order) {
			log_error("buddy: blocks %#lx and its buddy of order %u are not merged",
				  (unsigned long)pfn, order);
			return -EINVAL;
		}
	}
	return 0;
}

int buddy_check(const struct buddy *buddy)
{
	uint64_t free = 0;

	for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
		uint64_t blocks = 0;
		uint32_t prev = FRAME_LINK_NONE;

		for (uint32_t pfn = buddy->head[order]; pfn != FRAME_LINK_NONE;
		     pfn = frame_of(pfn)->link.next) {
			const struct frame *frame = frame_of(pfn);

			if (frame->order != order || frame->link.prev != prev ||
			    ++blocks > buddy->blocks[order]) {
				log_error("buddy: list of order %u is broken at frame %#x", order, pfn);
				return -EINVAL;
			}
			if (buddy_check_block(pfn, order) != 0)
				return -EINVAL;
			prev = pfn;
		}
		if (blocks != buddy->blocks[order]) {
			log_error("buddy: order %u has %lu blocks, counted %lu", order,
				  (unsigned long)blocks, (unsigned long)buddy->blocks[order]);
			return -EINVAL;
		}
		free += blocks << order;
	}
	if (free != buddy->free) {
		log_error("buddy: %lu frames free, counted %lu", (unsigned long)free,
			  (unsigned long)buddy->free);
		return -EINVAL;
	}
	return 0;
}
