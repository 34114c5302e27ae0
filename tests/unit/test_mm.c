// links: kernel/mm/buddy.c kernel/mm/magazine.c kernel/mm/frame.c kernel/mm/commit.c kernel/mm/check.c kernel/mm/memory_test.c kernel/mm/slab.c kernel/mm/slab_check.c kernel/mm/kmalloc.c kernel/lib/string.c
/*
 * Frames, slab and kmalloc as the kernel uses them, on 32 MiB of pretended RAM with a hole: random allocation of
 * every sort, contents that must stay, exhaustion, reclaim, statistics, and mm_check after every round.
 */
#include <string.h>
#include <sys/mman.h>

#include "unit.h"

#include "debug/stage.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/frame.h"
#include "mm/frame_pool.h"
#include "mm/slab.h"

#define FRAMES (8 * BUDDY_CHUNK)
#define HOLE_FIRST 3000
#define HOLE_LAST 3333

struct frame *host_frame_array;
uintptr_t host_direct_map_base;
struct frame_run frame_runs[1] = { { 0, FRAMES } };
unsigned frame_run_count = 1;

bool pfn_valid(pfn_t pfn)
{
	return pfn < FRAMES;
}

void stage_progress(void)
{
}

static uint64_t usable;

static int setup(void **state)
{
	host_frame_array = calloc(FRAMES, sizeof(struct frame));
	host_direct_map_base = (uintptr_t)aligned_alloc(BUDDY_CHUNK * PAGE_SIZE, FRAMES * PAGE_SIZE);
	frame_of(0)->kind = FRAME_RESERVED;
	for (pfn_t i = HOLE_FIRST; i < HOLE_LAST; i++)
		frame_of(i)->kind = FRAME_RESERVED;
	buddy_init(&frame_pool.buddy);
	buddy_add_range(&frame_pool.buddy, 1, HOLE_FIRST);
	buddy_add_range(&frame_pool.buddy, HOLE_LAST, FRAMES);
	usable = FRAMES - 1 - (HOLE_LAST - HOLE_FIRST);
	frame_pool.total = FRAMES;
	frame_pool.usable = usable;
	magazine_init();
	commit_refresh();
	slab_init();
	return mm_check();
}

static int teardown(void **state)
{
	free(host_frame_array);
	free((void *)host_direct_map_base);
	return 0;
}

static bool is_zero(const struct frame *frame)
{
	static const uint8_t zeros[PAGE_SIZE];

	return memcmp(frame_to_virt(frame), zeros, PAGE_SIZE) == 0;
}

static void test_frames(void **state)
{
	static struct frame *held[2000];
	static unsigned orders[2000];
	unsigned count = 0;
	uint64_t before = frame_free_count();

	unit_seed(30);
	for (unsigned step = 0; step < 30000; step++) {
		if (unit_below(10) < (step / 3000 % 2 ? 3u : 7u) && count < 2000) {
			unsigned order = unit_below(20) ? 0 : (unsigned)unit_below(6);
			unsigned kind = FRAME_DATA + (unsigned)unit_below(5);
			bool zero = unit_below(2);
			struct frame *frame = frame_alloc_block(order, kind | (zero ? FRAME_ZERO : 0));

			if (!frame)
				continue;
			assert_int_equal(frame->refs, 1);
			assert_int_equal(frame->kind, kind);
			assert_int_equal(frame->flags, 0);
			assert_int_equal(frame->word, 0);
			for (unsigned i = 0; zero && i < 1u << order; i++)
				assert_true(is_zero(frame + i));
			memset(frame_to_virt(frame), 0x11, PAGE_SIZE << order);
			frame->word = unit_random();
			orders[count] = order;
			held[count++] = frame;
		} else if (count) {
			unsigned which = (unsigned)unit_below(count);
			struct frame *frame = held[which];

			if (orders[which] > 0) {
				frame_free_block(frame, orders[which]);
			} else if (unit_below(4) == 0) {
				page_zero(frame_to_virt(frame));
				frame_free_zeroed(frame);
			} else if (unit_below(4) == 0) {
				frame_get(frame);
				assert_false(frame_put(frame));
				assert_true(frame_put(frame));
			} else {
				frame_set_kind(frame, FRAME_OBJECT);
				frame_free(frame);
			}
			held[which] = held[--count];
			orders[which] = orders[count];
		}
		if (unit_below(50) == 0)
			frame_zero_idle();
		if (step % 1000 == 0)
			assert_int_equal(mm_check(), 0);
	}
	while (count--)
		frame_free_block(held[count], orders[count]);
	assert_int_equal(mm_check(), 0);
	assert_int_equal(frame_free_count(), before);
}

static void test_exhaustion(void **state)
{
	uint64_t before = frame_free_count(), taken = 0;
	struct frame *first = NULL, *frame;

	slab_reclaim();
	while (frame_zero_idle())	/* a full pool of zeroed frames is not lost */
		;
	while ((frame = frame_alloc(FRAME_DATA | (taken % 2 ? FRAME_ZERO : 0))) != NULL) {
		frame->word = (uintptr_t)first;
		first = frame;
		taken++;
	}
	assert_int_equal(frame_free_count(), 0);
	assert_true(taken >= before);
	assert_null(frame_alloc_block(3, FRAME_KERNEL));
	assert_null(kmalloc(100000));
	assert_int_equal(mm_check(), 0);
	while ((frame = first) != NULL) {
		first = (struct frame *)frame->word;
		frame_put(frame);
	}
	assert_int_equal(mm_check(), 0);
	assert_int_equal(frame_memory_test(), 0);

	/* All the frames kept back in magazines and pool do not keep a large block apart. */
	while (frame_zero_idle())
		;
	frame = frame_alloc_block(BUDDY_MAX_ORDER, FRAME_KERNEL);
	assert_non_null(frame);
	frame_free_block(frame, BUDDY_MAX_ORDER);
	assert_int_equal(mm_check(), 0);
}

static struct frame *reclaimable[64];
static unsigned reclaimable_count;

static uint64_t reclaim(uint64_t want)
{
	uint64_t freed = 0;

	while (freed < want && reclaimable_count) {
		frame_put(reclaimable[--reclaimable_count]);
		freed++;
	}
	return freed;
}

static void test_reclaim(void **state)
{
	struct frame *first = NULL, *frame;

	slab_reclaim();
	while (reclaimable_count < ARRAY_SIZE(reclaimable))
		reclaimable[reclaimable_count++] = frame_alloc(FRAME_OBJECT);
	while ((frame = frame_alloc(FRAME_DATA)) != NULL) {
		frame->word = (uintptr_t)first;
		first = frame;
	}
	frame_set_reclaim(reclaim);
	assert_null(frame_alloc(FRAME_DATA | FRAME_NOWAIT));
	assert_int_equal(reclaimable_count, ARRAY_SIZE(reclaimable));
	frame = frame_alloc(FRAME_DATA | FRAME_ZERO);
	assert_non_null(frame);
	assert_true(is_zero(frame));
	frame_put(frame);
	assert_true(reclaimable_count < ARRAY_SIZE(reclaimable));
	while ((frame = frame_alloc(FRAME_DATA)) != NULL) {
		frame->word = (uintptr_t)first;
		first = frame;
	}
	assert_int_equal(reclaimable_count, 0);
	frame_set_reclaim(NULL);
	while ((frame = first) != NULL) {
		first = (struct frame *)frame->word;
		frame_put(frame);
	}
	assert_int_equal(mm_check(), 0);
}

static void test_object_owner(void **state)
{
	struct frame *frame = frame_alloc(FRAME_OBJECT);
	uint64_t *object = kmalloc(64);

	frame_set_object(frame, object + 1, 0xfedcba98);
	assert_ptr_equal(frame_object(frame), object + 1);
	assert_int_equal(frame_object_index(frame), 0xfedcba98);
	/* An object at 1 TiB is still told apart. */
	frame_set_object(frame, phys_to_virt(TIB(1) + 8), 1);
	assert_ptr_equal(frame_object(frame), phys_to_virt(TIB(1) + 8));
	kfree(object);
	frame_put(frame);
	assert_int_equal(mm_check(), 0);
}

static void fill(uint8_t *memory, size_t size, uint8_t with)
{
	memset(memory, with, size);
}

static bool holds(const uint8_t *memory, size_t size, uint8_t with)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i] != with)
			return false;
	return true;
}

static void test_kmalloc(void **state)
{
	static struct {
		uint8_t *memory;
		size_t size;
		uint8_t with;
	} held[1500];
	unsigned count = 0;
	uint64_t live = slab_live_total();

	unit_seed(31);
	for (unsigned step = 0; step < 40000; step++) {
		size_t size = unit_below(20) ? unit_below(2100) : unit_below(40000);
		unsigned which = count ? (unsigned)unit_below(count) : 0;

		if (unit_below(10) < (step / 4000 % 2 ? 3u : 6u) && count < 1500) {
			bool zero = unit_below(2);
			uint8_t *memory = zero ? kzalloc(size) : kmalloc(size);

			assert_non_null(memory);
			assert_int_equal((uintptr_t)memory % (size >= PAGE_SIZE ? PAGE_SIZE : 16), 0);
			if (zero)
				assert_true(holds(memory, size, 0));
			held[count].memory = memory;
			held[count].size = size;
			held[count].with = (uint8_t)unit_random();
			fill(memory, size, held[count].with);
			count++;
		} else if (count && unit_below(5) == 0) {
			uint8_t *memory = krealloc(held[which].memory, size);

			assert_non_null(memory);
			assert_true(holds(memory, min(size, held[which].size), held[which].with));
			held[which].memory = memory;
			held[which].size = size;
			fill(memory, size, held[which].with);
		} else if (count) {
			assert_true(holds(held[which].memory, held[which].size, held[which].with));
			kfree(held[which].memory);
			held[which] = held[--count];
		}
		if (step % 1000 == 0)
			assert_int_equal(mm_check(), 0);
		if (step % 7000 == 0)
			slab_reclaim();
	}
	while (count--)
		kfree(held[count].memory);
	assert_int_equal(slab_live_total(), live);
	assert_int_equal(mm_check(), 0);
	volatile size_t huge = SIZE_MAX;	/* volatile, or the compiler sees it and warns */

	assert_null(kcalloc(huge / 2, 3));
	assert_null(kmalloc(huge));
	kfree(NULL);
}

struct thing {
	uint64_t magic;
	uint8_t rest[120];
};

static void construct(void *object)
{
	((struct thing *)object)->magic = 0x12345678;
}

static void test_cache(void **state)
{
	struct slab_cache *cache = slab_cache_create("things", sizeof(struct thing), 64, construct);
	static struct thing *things[5000];
	uint64_t free_before;

	assert_non_null(cache);
	free_before = frame_free_count();
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 5000; i++) {
			things[i] = slab_alloc(cache);
			assert_non_null(things[i]);
			assert_int_equal(things[i]->magic, 0x12345678);
			assert_int_equal((uintptr_t)things[i] % 64, 0);
			memset(things[i], (int)i, sizeof(struct thing));
		}
		assert_int_equal(slab_live(cache), 5000);
		assert_int_equal(slab_check(), 0);
		for (unsigned i = 0; i < 5000; i++)
			slab_free(cache, things[(i * 1237) % 5000]);
		assert_int_equal(slab_live(cache), 0);
		assert_int_equal(slab_check(), 0);
	}
	/* Nothing live: all but the magazine's and one empty slab's frames are back. */
	assert_true(free_before - frame_free_count() < 32);
	slab_cache_destroy(cache);
	assert_null(slab_cache_create("huge", MIB(1), 0, NULL));
	assert_int_equal(mm_check(), 0);
}

static void test_commit(void **state)
{
	uint64_t limit = commit_limit(), used = commit_used();

	assert_true(limit < usable);
	assert_int_equal(commit_charge(limit - used), 0);
	assert_int_equal(commit_charge(1), -ENOMEM);
	assert_int_equal(commit_charge(UINT64_MAX), -ENOMEM);
	commit_uncharge(10);
	assert_int_equal(commit_charge(11), -ENOMEM);
	assert_int_equal(commit_charge(10), 0);
	/* What the kernel takes for itself cannot be promised. */
	commit_uncharge(limit - used);

	struct frame *block = frame_alloc_block(BUDDY_MAX_ORDER, FRAME_KERNEL);

	assert_int_equal(commit_limit(), limit - BUDDY_CHUNK);
	frame_free_block(block, BUDDY_MAX_ORDER);
	assert_int_equal(commit_limit(), limit);
	assert_int_equal(commit_used(), used);
}

static void test_release_range(void **state)
{
	uint64_t before = frame_free_count();

	frame_release_range(HOLE_FIRST, HOLE_LAST);
	assert_int_equal(frame_free_count(), before + HOLE_LAST - HOLE_FIRST);
	assert_int_equal(mm_check(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),	     cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_object_owner), cmocka_unit_test(test_kmalloc),
		cmocka_unit_test(test_cache),	     cmocka_unit_test(test_commit),
		cmocka_unit_test(test_reclaim),
		cmocka_unit_test(test_release_range),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
