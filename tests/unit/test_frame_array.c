// links: kernel/mm/frame_array.c kernel/mm/buddy.c kernel/mm/magazine.c kernel/mm/frame.c kernel/mm/commit.c kernel/mm/check.c kernel/mm/slab.c kernel/mm/slab_check.c kernel/mm/kmalloc.c kernel/lib/string.c
/*
 * Taking over the memory map: random maps with holes and with ranges in use already. Every free page of the map must be the
 * allocator's, every other frame reserved, and no struct frame may be touched where the array has not been backed.
 */
#include <string.h>

#include "unit.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/boot_memory.h"
#include "mm/frame_pool.h"
#include "mm/slab.h"

#define FRAMES (16 * BUDDY_CHUNK)
#define RANGES 40

struct frame *host_frame_array;
uintptr_t host_direct_map_base;

static struct { pfn_t first, last; } ram[RANGES], loose[RANGES];
static unsigned ram_count, loose_count;
static bool is_ram[FRAMES], is_loose[FRAMES], is_backed[FRAMES];
static bool closed;

bool boot_memory_next_ram(unsigned *cursor, paddr_t *start, paddr_t *end)
{
	if (*cursor >= ram_count)
		return false;
	*start = ram[*cursor].first << PAGE_SHIFT;
	*end = ram[(*cursor)++].last << PAGE_SHIFT;
	return true;
}

bool boot_memory_next_free(paddr_t *cursor, paddr_t *start, paddr_t *end)
{
	for (unsigned i = 0; i < loose_count; i++) {
		if (loose[i].first << PAGE_SHIFT < *cursor)
			continue;
		*start = loose[i].first << PAGE_SHIFT;
		*end = *cursor = loose[i].last << PAGE_SHIFT;
		return true;
	}
	return false;
}

void boot_memory_close(void)
{
	closed = true;
}

void frame_array_back(pfn_t first, pfn_t last)
{
	assert_int_equal(first % BUDDY_CHUNK, 0);
	assert_int_equal(last % BUDDY_CHUNK, 0);
	for (pfn_t i = first; i < last; i++) {
		assert_false(is_backed[i]);	/* or a table in use would be replaced */
		is_backed[i] = true;
		memset(frame_of(i), 0, sizeof(struct frame));
	}
}

static void make_map(void)
{
	pfn_t at = unit_below(3) ? 0 : unit_below(2 * BUDDY_CHUNK);

	ram_count = loose_count = 0;
	memset(is_ram, 0, sizeof(is_ram));
	memset(is_loose, 0, sizeof(is_loose));
	while (at < FRAMES && ram_count < RANGES) {
		pfn_t end = at + 1 + unit_below(unit_below(2) ? 50 : 5000), inside = at;

		end = min(end, (pfn_t)FRAMES);
		ram[ram_count].first = at;
		ram[ram_count++].last = end;
		memset(is_ram + at, 1, end - at);
		/* What boot has left of it. */
		while (inside < end && loose_count < RANGES) {
			pfn_t first = inside + (unit_below(2) ? 0 : unit_below(100)), last;

			if (first >= end)
				break;
			last = min(first + 1 + unit_below(2000), end);
			loose[loose_count].first = first;
			loose[loose_count++].last = last;
			memset(is_loose + first, 1, last - first);
			inside = last + 1;
		}
		at = end + 1 + unit_below(unit_below(2) ? 20 : 5000);
	}
}

static void test_maps(void **state)
{
	unit_seed(60);
	for (unsigned round = 0; round < 200; round++) {
		uint64_t usable = 0, total = 0;
		struct frame_stats stats;

		make_map();
		memset(is_backed, 0, sizeof(is_backed));
		memset(host_frame_array, 0xa5, FRAMES * sizeof(struct frame));
		memset(frame_cpus, 0, sizeof(frame_cpus));
		frame_pool.total = frame_pool.usable = 0;
		frame_run_count = 0;
		closed = false;
		frame_init();
		assert_true(closed);

		for (pfn_t i = 0; i < FRAMES; i++) {
			total += is_ram[i];
			usable += i > 0 && is_loose[i];
			assert_int_equal(pfn_valid(i), is_backed[i]);
			if (!is_backed[i]) {
				assert_int_equal(frame_of(i)->kind, 0xa5);
				assert_false(is_ram[i]);
			} else {
				assert_int_equal(frame_of(i)->kind,
						 i > 0 && is_loose[i] ? FRAME_FREE : FRAME_RESERVED);
			}
		}
		frame_stats(&stats);
		assert_int_equal(stats.total, total);
		assert_int_equal(stats.usable, usable);
		assert_int_equal(stats.free, usable);
		assert_int_equal(buddy_check(&frame_pool.buddy), 0);
		assert_int_equal(frame_pool.buddy.free, usable);
		assert_int_equal(mm_check(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps),
	};

	host_frame_array = malloc(FRAMES * sizeof(struct frame));

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(host_frame_array);
	return failed;
}
