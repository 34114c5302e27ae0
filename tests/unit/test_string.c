// links:
/*
 * The kernel's own memory and string functions (with the string instructions) against libc's. On the host the kernel's
 * code uses libc's, so the source is compiled into this file under other names.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"

#undef OSIER_HOST
#define memcpy kernel_memcpy
#define memmove kernel_memmove
#define memset kernel_memset
#define memcmp kernel_memcmp
#define memchr kernel_memchr
#define strlen kernel_strlen
#define strnlen kernel_strnlen
#define strcmp kernel_strcmp
#define strncmp kernel_strncmp
#define strchr kernel_strchr
#define strrchr kernel_strrchr
#define strstr kernel_strstr
#include "../../kernel/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr

#define SIZE 304

static int sign(int x)
{
	return x < 0 ? -1 : x > 0;
}

static void test_memory(void **state)
{
	static uint8_t a[SIZE], b[SIZE], start[SIZE];

	unit_seed(40);
	for (unsigned step = 0; step < 50000; step++) {
		size_t from = unit_below(40), to = unit_below(40), size = unit_below(unit_below(4) ? 20 : 200);

		for (size_t i = 0; i < SIZE; i++)
			start[i] = (uint8_t)unit_random();
		memcpy(a, start, SIZE);
		memcpy(b, start, SIZE);
		switch (unit_below(4)) {
		case 0:
			memmove(a + to, a + from, size);
			assert_ptr_equal(kernel_memmove(b + to, b + from, size), b + to);
			break;
		case 1:
			memcpy(a + to, start + from, size);
			assert_ptr_equal(kernel_memcpy(b + to, start + from, size), b + to);
			break;
		case 2:
			memset(a + to, (int)step, size);
			assert_ptr_equal(kernel_memset(b + to, (int)step, size), b + to);
			break;
		default:
			memcpy(b + to, start + from, size);
			if (size && unit_below(3))
				b[to + unit_below(size)] ^= (uint8_t)(1 << unit_below(8));
			assert_int_equal(sign(memcmp(start + from, b + to, size)),
					 sign(kernel_memcmp(start + from, b + to, size)));
			assert_ptr_equal(memchr(b + to, b[to + 5], size),
					 kernel_memchr(b + to, b[to + 5], size));
			continue;
		}
		assert_memory_equal(a, b, SIZE);
	}
}

static void test_strings(void **state)
{
	char a[20], b[6];

	unit_seed(41);
	for (unsigned step = 0; step < 200000; step++) {
		size_t la = unit_below(sizeof(a)), lb = unit_below(sizeof(b)), n = unit_below(12);

		for (size_t i = 0; i < la; i++)
			a[i] = (char)('a' + unit_below(2) + (unit_below(20) ? 0 : 128));
		a[la] = '\0';
		for (size_t i = 0; i < lb; i++)
			b[i] = (char)('a' + unit_below(2));
		b[lb] = '\0';
		assert_int_equal(kernel_strlen(a), strlen(a));
		assert_int_equal(kernel_strnlen(a, n), strnlen(a, n));
		assert_int_equal(sign(kernel_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(kernel_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		assert_ptr_equal(kernel_strchr(a, 'b'), strchr(a, 'b'));
		assert_ptr_equal(kernel_strchr(a, 0), strchr(a, 0));
		assert_ptr_equal(kernel_strrchr(a, 'b'), strrchr(a, 'b'));
		assert_ptr_equal(kernel_strstr(a, b), strstr(a, b));
		assert_int_equal(string_starts_with(a, b), strncmp(a, b, strlen(b)) == 0);

		char copy[24];

		memset(copy, '#', sizeof(copy));

		ssize_t result = string_copy(copy, a, n);

		if (la < n) {
			assert_int_equal(result, la);
			assert_string_equal(copy, a);
		} else {
			assert_int_equal(result, -E2BIG);
			if (n) {
				assert_int_equal(strlen(copy), n - 1);
				assert_memory_equal(copy, a, n - 1);
			}
		}
		assert_int_equal(copy[n], '#');
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		unsigned base;
		int error;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "42", 0, 0, 42 },
		{ "0x2A", 0, 0, 42 },
		{ "052", 0, 0, 42 },
		{ "ff", 16, 0, 255 },
		{ "18446744073709551615", 0, 0, UINT64_MAX },
		{ "18446744073709551616", 0, -ERANGE, 0 },
		{ "0x10000000000000000", 0, -ERANGE, 0 },
		{ "", 0, -EINVAL, 0 },
		{ "0x", 0, -EINVAL, 0 },
		{ "08", 0, -EINVAL, 0 },
		{ "12 ", 0, -EINVAL, 0 },
		{ "-1", 0, -EINVAL, 0 },
		{ "1a", 10, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		assert_int_equal(string_to_u64(cases[i].text, cases[i].base, &value), cases[i].error);
		assert_int_equal(value, cases[i].value);
	}
}

static void test_pages(void **state)
{
	static uint8_t a[4096] __aligned(4096), b[4096] __aligned(4096);

	memset(a, 7, sizeof(a));
	page_copy(b, a);
	assert_memory_equal(a, b, sizeof(a));
	page_zero(a);
	memset(b, 0, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
