// links: kernel/mm/buddy.c
/*
 * The buddy lists against a bitmap: random ranges with holes, random blocks; after every step no frame is twice in
 * use, all free ones can be had, and everything merges again in the end.
 */
#include <string.h>

#include "unit.h"

#include "lib/bitmap.h"
#include "mm/buddy.h"

#define FRAMES (4 * BUDDY_CHUNK)

struct frame *host_frame_array;
uintptr_t host_direct_map_base;

static uint64_t is_free[BITMAP_WORDS(FRAMES)];
static uint64_t free_frames;

static struct {
	pfn_t pfn;
	unsigned order;
} held[FRAMES];
static unsigned held_count;

static void give_range(struct buddy *buddy, pfn_t first, pfn_t last)
{
	for (pfn_t i = first; i < last; i++) {
		memset(frame_of(i), 0, sizeof(struct frame));
		is_free[i / 64] |= 1ull << i % 64;
	}
	free_frames += last - first;
	buddy_add_range(buddy, first, last);
}

static void setup(struct buddy *buddy)
{
	buddy_init(buddy);
	memset(is_free, 0, sizeof(is_free));
	memset(host_frame_array, 0, FRAMES * sizeof(struct frame));
	for (unsigned i = 0; i < FRAMES; i++)
		host_frame_array[i].kind = FRAME_RESERVED;
	free_frames = 0;
	held_count = 0;
}

static void take(struct buddy *buddy, unsigned order)
{
	pfn_t pfn = buddy_alloc(buddy, order);

	if (pfn == BUDDY_NONE) {
		/* Then there really is no such block: no aligned run of free frames. */
		for (pfn_t at = 0; at < FRAMES; at += 1ull << order) {
			bool whole = true;

			for (pfn_t i = at; i < at + (1ull << order) && whole; i++)
				whole = is_free[i / 64] >> i % 64 & 1;
			assert_false(whole);
		}
		return;
	}
	assert_int_equal(pfn & ((1ull << order) - 1), 0);
	for (pfn_t i = pfn; i < pfn + (1ull << order); i++) {
		assert_true(is_free[i / 64] >> i % 64 & 1);
		is_free[i / 64] &= ~(1ull << i % 64);
		assert_int_equal(frame_of(i)->kind, FRAME_FREE);
		assert_int_equal(frame_of(i)->flags, 0);
		frame_of(i)->kind = FRAME_DATA;
		frame_of(i)->refs = 1;
		frame_of(i)->word = unit_random();
	}
	free_frames -= 1ull << order;
	held[held_count].pfn = pfn;
	held[held_count++].order = order;
}

static void give(struct buddy *buddy, unsigned which)
{
	pfn_t pfn = held[which].pfn;
	unsigned order = held[which].order;

	for (pfn_t i = pfn; i < pfn + (1ull << order); i++) {
		frame_of(i)->kind = FRAME_FREE;
		frame_of(i)->refs = 0;
		is_free[i / 64] |= 1ull << i % 64;
	}
	free_frames += 1ull << order;
	held[which] = held[--held_count];
	buddy_free(buddy, pfn, order);
}

static void test_random(void **state)
{
	struct buddy buddy;

	unit_seed(20);
	for (unsigned round = 0; round < 30; round++) {
		pfn_t at = unit_below(300);
		uint64_t all;

		setup(&buddy);
		while (at < FRAMES) {
			pfn_t end = at + 1 + unit_below(round % 3 ? 700 : 3000);

			if (end > FRAMES)
				end = FRAMES;
			give_range(&buddy, at, end);
			at = end + unit_below(90);
		}
		all = free_frames;
		assert_int_equal(buddy_check(&buddy), 0);
		for (unsigned step = 0; step < 800; step++) {
			if (unit_below(10) < (step / 100 % 2 ? 3u : 7u)) {
				unsigned order = (unsigned)unit_below(round % 2 ? 3 : BUDDY_ORDERS);

				take(&buddy, order);
			} else if (held_count) {
				give(&buddy, (unsigned)unit_below(held_count));
			}
			assert_int_equal(buddy.free, free_frames);
			if (step % 20 == 0)
				assert_int_equal(buddy_check(&buddy), 0);
		}
		while (held_count)
			give(&buddy, held_count - 1);
		assert_int_equal(buddy.free, all);
		assert_int_equal(buddy_check(&buddy), 0);
	}
}

static void test_all_singles_merge(void **state)
{
	struct buddy buddy;

	unit_seed(21);
	setup(&buddy);
	give_range(&buddy, 0, FRAMES);
	assert_int_equal(buddy.blocks[BUDDY_MAX_ORDER], 4);
	for (unsigned i = 0; i < FRAMES; i++)
		take(&buddy, 0);
	assert_int_equal(buddy.free, 0);
	assert_int_equal(buddy_alloc(&buddy, 0), BUDDY_NONE);
	while (held_count)
		give(&buddy, (unsigned)unit_below(held_count));
	assert_int_equal(buddy.blocks[BUDDY_MAX_ORDER], 4);
	assert_int_equal(buddy_check(&buddy), 0);
}

static void test_too_large(void **state)
{
	struct buddy buddy;

	setup(&buddy);
	give_range(&buddy, 0, FRAMES);
	assert_int_equal(buddy_alloc(&buddy, BUDDY_MAX_ORDER + 1), BUDDY_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_all_singles_merge),
		cmocka_unit_test(test_too_large),
	};

	host_frame_array = malloc(FRAMES * sizeof(struct frame));

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(host_frame_array);
	return failed;
}
