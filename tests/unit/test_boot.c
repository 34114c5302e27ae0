// links: kernel/arch/x86_64/boot_map.c kernel/arch/x86_64/cmdline.c kernel/lib/string.c
/*
 * What the boot loader may say: random memory maps with overlaps, holes, absurd sizes, against a map kept eighth of a page by
 * eighth; and command lines full of nonsense.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "arch/x86_64/boot_map.h"
#include "arch/x86_64/cpu.h"

#define PAGES 64
#define ENTRIES 12
#define UNITS 8				/* of a page */
#define UNIT (PAGE_SIZE / UNITS)

struct boot_info boot_info;
struct cpu_features cpu_features;

static int strength(int kind)
{
	static const int order[] = { 1, 3, 2, 4, 5 };

	return order[kind];
}

/* The maps are static in boot_map.c: entries of earlier rounds stay, so the model keeps them too. */
static int model[PAGES * UNITS];

static void test_random_maps(void **state)
{
	unit_seed(9);
	cpu_features.physical_bits = 40;
	for (unsigned round = 0; round < 20; round++) {
		uint64_t bytes = 0;
		paddr_t last = 0;

		for (unsigned i = 0; i < ENTRIES; i++) {
			unsigned first = unit_below(PAGES * UNITS), count = unit_below(100);
			int kind = unit_below(3) ? BOOT_RANGE_RAM : (int)unit_below(5);

			if (first + count > PAGES * UNITS)
				count = PAGES * UNITS - first;
			boot_map_add(first * UNIT, count * UNIT, kind);
			for (unsigned u = first; u < first + count; u++)
				if (!model[u] || strength(kind) > strength(model[u] - 1))
					model[u] = kind + 1;
		}
		boot_map_finish();

		for (unsigned i = 0; i < boot_info.range_count; i++) {
			const struct boot_range *range = &boot_info.ranges[i];

			assert_true(range->start < range->end && range->start >= last);
			last = range->end;
			for (paddr_t at = range->start; at < range->end; at += UNIT)
				assert_int_equal(model[at / UNIT], range->kind + 1);
			if (range->kind == BOOT_RANGE_RAM) {
				assert_true(page_aligned(range->start) && page_aligned(range->end));
				bytes += range->end - range->start;
			}
		}
		assert_int_equal(bytes, boot_info.ram_bytes);
		/* Every page that is RAM throughout was kept. */
		for (unsigned page = 0; page < PAGES; page++) {
			bool all = true;

			for (unsigned u = 0; u < UNITS; u++)
				all = all && model[page * UNITS + u] == BOOT_RANGE_RAM + 1;
			bytes -= all ? PAGE_SIZE : 0;
		}
		assert_int_equal(bytes, 0);
	}
}

static void test_absurd_sizes(void **state)
{
	boot_map_add(GIB(1), UINT64_MAX, BOOT_RANGE_RAM);
	boot_map_add(UINT64_MAX - 5, 100, BOOT_RANGE_RAM);
	boot_map_add(GIB(2), 0, BOOT_RANGE_RESERVED);
	boot_map_finish();
	assert_int_equal(boot_info.ram_end, 1ull << 40);
	for (unsigned i = 0; i < 1000; i++)
		boot_map_add(GIB(1) + i * MIB(4), MIB(1), i % 2 ? BOOT_RANGE_RAM : BOOT_RANGE_RESERVED);
	boot_map_finish();
	assert_true(boot_info.range_count <= BOOT_RANGES_MAX);
	for (unsigned i = 1; i < boot_info.range_count; i++)
		assert_true(boot_info.ranges[i - 1].end <= boot_info.ranges[i].start);
}

static void test_command_line(void **state)
{
	strcpy(boot_info.command_line,
	       "  init=/bin/sh quiet  = =x mem=16m  n=0x20 bad=12q empty= mem=32M a=b=c text=\"two words\" \x01\x80 k=99999999999999999999 \"open");
	assert_string_equal(cmdline_get("init"), "/bin/sh");
	assert_true(cmdline_has("quiet"));
	assert_string_equal(cmdline_get("quiet"), "");
	assert_string_equal(cmdline_get("a"), "b=c");
	assert_string_equal(cmdline_get("text"), "two words");
	assert_int_equal(cmdline_get_number("mem", 1), MIB(32));
	assert_int_equal(cmdline_get_number("n", 1), 32);
	assert_int_equal(cmdline_get_number("bad", 7), 7);
	assert_int_equal(cmdline_get_number("empty", 7), 7);
	assert_int_equal(cmdline_get_number("k", 7), 7);
	assert_int_equal(cmdline_get_number("absent", 7), 7);
	assert_null(cmdline_get("absent"));
	assert_null(cmdline_get(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_maps),
		cmocka_unit_test(test_absurd_sizes),
		cmocka_unit_test(test_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
