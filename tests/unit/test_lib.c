// links: kernel/lib/bitmap.c kernel/lib/hash.c kernel/lib/chacha.c kernel/lib/sort.c kernel/lib/utf8.c
/*
 * The small parts of kernel/lib: bitmaps against arrays of bool, hashes and ciphers against their published vectors,
 * sorting, UTF-8, lists, arithmetic.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "lib/bitmap.h"
#include "lib/chacha.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "lib/math.h"
#include "lib/sort.h"
#include "lib/utf8.h"

#define BITS 300

static void test_bitmap(void **state)
{
	static uint64_t map[BITMAP_WORDS(BITS)];
	static bool model[BITS];

	unit_seed(50);
	for (unsigned step = 0; step < 20000; step++) {
		size_t first = unit_below(BITS), count = unit_below(BITS - first + 1);
		size_t bits = 1 + unit_below(BITS), from = unit_below(BITS), run = unit_below(20);
		size_t set = 0, found;
		bool on = unit_below(2);

		if (unit_below(3) == 0) {
			if (on)
				bitmap_set_range(map, first, count);
			else
				bitmap_clear_range(map, first, count);
			for (size_t i = first; i < first + count; i++)
				model[i] = on;
		} else {
			if (on)
				bitmap_set(map, first);
			else
				bitmap_clear(map, first);
			model[first] = on;
		}
		for (size_t i = 0; i < BITS; i++)
			assert_int_equal(bitmap_test(map, i), model[i]);
		for (size_t i = 0; i < bits; i++)
			set += model[i];
		assert_int_equal(bitmap_count(map, bits), set);

		for (found = from; found < bits && !model[found]; found++)
			;
		assert_int_equal(bitmap_find_set(map, bits, from), found < bits ? found : BITMAP_NONE);
		for (found = from; found < bits && model[found]; found++)
			;
		assert_int_equal(bitmap_find_clear(map, bits, from), found < bits ? found : BITMAP_NONE);
		for (found = from; found + run <= bits; found++) {
			size_t i = 0;

			while (i < run && !model[found + i])
				i++;
			if (i == run)
				break;
		}
		assert_int_equal(bitmap_find_clear_run(map, bits, from, run),
				 found + run <= bits ? found : BITMAP_NONE);
	}
}

/* Key 00 01 … 0f, input 00 01 …: from the appendix of the paper and its reference vectors. */
static void test_siphash(void **state)
{
	static const uint64_t expected[] = {
		0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
		0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
		0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
		0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
	};
	const struct hash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t input[16];

	for (unsigned i = 0; i < 16; i++) {
		input[i] = (uint8_t)i;
		assert_int_equal(siphash(&key, input, i), expected[i]);
	}
	assert_int_not_equal(hash_u64(1), hash_u64(2));
	assert_int_not_equal(hash_bytes("ab", 2), hash_bytes("ba", 2));
}

/* RFC 8439, 2.3.2. */
static void test_chacha(void **state)
{
	static const uint8_t nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0 };
	static const uint8_t expected[64] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
		0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
		0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
		0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	struct chacha chacha;
	uint8_t key[32], block[64], a[300], b[300], same[32];

	for (unsigned i = 0; i < 32; i++)
		key[i] = (uint8_t)i;
	chacha_init(&chacha, key, 1, nonce);
	chacha_block(&chacha, block);
	assert_memory_equal(block, expected, 64);
	assert_int_equal(chacha.state[12], 2);

	/* The generator: the same key gives the same bytes, whatever is asked for; the key moves on. */
	memcpy(same, key, 32);
	chacha_random(key, NULL, 0, a, sizeof(a));
	chacha_random(same, NULL, 0, b, 10);
	assert_memory_equal(a, b, 10);
	assert_memory_equal(key, same, 32);
	chacha_random(same, NULL, 0, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	chacha_random(key, "entropy", 7, a, sizeof(a));
	assert_memory_not_equal(a, b, sizeof(a));
	chacha_random(key, NULL, 0, a, 0);
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void test_sort(void **state)
{
	struct {
		uint32_t key;
		char rest[9];
	} items[200], copies[200];

	unit_seed(51);
	for (unsigned round = 0; round < 500; round++) {
		size_t count = unit_below(200);

		for (size_t i = 0; i < count; i++) {
			items[i].key = (uint32_t)unit_below(1 + round);
			snprintf(items[i].rest, sizeof(items[i].rest), "%u", items[i].key);
		}
		memcpy(copies, items, sizeof(items));
		sort(items, count, sizeof(items[0]), by_value);
		qsort(copies, count, sizeof(copies[0]), by_value);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(items[i].key, copies[i].key);
			assert_int_equal(strtoul(items[i].rest, NULL, 10), items[i].key);
		}
	}
}

static void test_utf8(void **state)
{
	static const struct {
		const char *text;
		size_t size, used;
		uint32_t value;
	} cases[] = {
		{ "a", 1, 1, 'a' },
		{ "\xc3\xa9", 2, 2, 0xe9 },
		{ "\xe2\x82\xac!", 4, 3, 0x20ac },
		{ "\xf0\x9f\x90\x91", 4, 4, 0x1f411 },
		{ "\xc3", 1, 1, UTF8_REPLACEMENT },			/* cut */
		{ "\xc3(", 2, 1, UTF8_REPLACEMENT },			/* broken off */
		{ "\x80", 1, 1, UTF8_REPLACEMENT },			/* no start */
		{ "\xc0\xaf", 2, 1, UTF8_REPLACEMENT },			/* overlong */
		{ "\xe0\x80\xaf", 3, 3, UTF8_REPLACEMENT },		/* overlong */
		{ "\xed\xa0\x80", 3, 3, UTF8_REPLACEMENT },		/* surrogate */
		{ "\xf4\x90\x80\x80", 4, 4, UTF8_REPLACEMENT },		/* too large */
		{ "\xff", 1, 1, UTF8_REPLACEMENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t used;

		assert_int_equal(utf8_decode(cases[i].text, cases[i].size, &used), cases[i].value);
		assert_int_equal(used, cases[i].used);
	}
	for (uint32_t point = 0; point < 0x110000; point += 1 + point / 100) {
		char text[4];
		size_t size = utf8_encode(point, text), used;

		if (point < 0xd800 || point >= 0xe000)
			assert_int_equal(utf8_decode(text, size, &used), point);
		else
			assert_int_equal(utf8_decode(text, size, &used), UTF8_REPLACEMENT);
		assert_int_equal(used, size);
	}
}

struct entry {
	struct list_node node;
	int value;
};

static void test_list(void **state)
{
	struct list_node head, other;
	struct entry entries[10], *entry, *next;
	int expected = 0;

	list_init(&head);
	list_init(&other);
	assert_null(list_first(&head));
	assert_null(list_first_entry_or_null(&head, struct entry, node));
	for (int i = 0; i < 10; i++) {
		entries[i].value = i;
		if (i < 5)
			list_add_tail(&head, &entries[i].node);
		else
			list_add_tail(&other, &entries[i].node);
	}
	list_splice_tail(&head, &other);
	assert_true(list_empty(&other));
	assert_true(list_check(&head));
	assert_int_equal(list_length(&head), 10);
	list_for_each_entry(entry, &head, node)
		assert_int_equal(entry->value, expected++);
	list_for_each_entry_reverse(entry, &head, node)
		assert_int_equal(entry->value, --expected);
	list_for_each_entry_safe(entry, next, &head, node)
		if (entry->value % 2)
			list_remove(&entry->node);
	assert_int_equal(list_length(&head), 5);
	assert_true(list_empty(&entries[1].node));
	list_remove(&entries[1].node);		/* on no list: harmless */
	list_move_head(&head, &entries[4].node);
	assert_ptr_equal(list_first_entry(&head, struct entry, node), &entries[4]);
	assert_ptr_equal(list_pop(&head), &entries[4].node);
	assert_ptr_equal(list_last_entry(&head, struct entry, node), &entries[8]);
	head.next->prev = NULL;
	assert_false(list_check(&head));
}

static void test_math(void **state)
{
	assert_int_equal(log2_floor(1), 0);
	assert_int_equal(log2_floor(4095), 11);
	assert_int_equal(log2_ceil(1), 0);
	assert_int_equal(log2_ceil(3), 2);
	assert_int_equal(log2_ceil(4), 2);
	assert_true(is_power_of_two(64) && !is_power_of_two(0) && !is_power_of_two(65));
	assert_int_equal(div_round_up(10, 3), 4);
	assert_int_equal(mul_div(1ull << 62, 1000, 1ull << 60), 4000);
	assert_int_equal(mul_div(UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX);
	assert_int_equal(mul_div(1ull << 63, 4, 1), UINT64_MAX);
	assert_int_equal(mul_div(5, 5, 0), UINT64_MAX);
	assert_int_equal(mul_shift(1ull << 40, 3ull << 40, 64), 3 << 16);
	assert_int_equal(page_count(0), 0);
	assert_int_equal(page_count(1), 1);
	assert_int_equal(page_count(8192), 2);
	assert_int_equal(page_count(UINT64_MAX), 1ull << 52);
	assert_int_equal(page_round_up(4097), 8192);
	assert_true(IS_ERR(ERR_PTR(-ENOMEM)) && !IS_ERR(&state) && !IS_ERR(NULL));
	assert_int_equal(PTR_ERR(ERR_PTR(-EINVAL)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bitmap), cmocka_unit_test(test_siphash), cmocka_unit_test(test_chacha),
		cmocka_unit_test(test_sort),   cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_list),   cmocka_unit_test(test_math),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
