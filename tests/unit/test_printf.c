// links: kernel/lib/printf.c kernel/lib/string.c
/*
 * The formatter against libc's: every combination of flags, width, precision and length over values at the edges.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "lib/printf.h"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static size_t (*const format_to)(char *, size_t, const char *, ...) = ksnprintf;

#define SAME(format, ...)                                                                          \
	do {                                                                                       \
		char ours[300], theirs[300];                                                       \
		size_t length = format_to(ours, sizeof(ours), format, __VA_ARGS__);                \
		int expected = snprintf(theirs, sizeof(theirs), format, __VA_ARGS__);              \
		if (strcmp(ours, theirs) != 0)                                                     \
			fail_msg("\"%s\": \"%s\", not \"%s\"", format, ours, theirs);              \
		assert_int_equal(length, expected);                                                \
	} while (0)

static void test_integers(void **state)
{
	static const char *const flags[] = { "", "-", "0", "+", " ", "#", "-#", "0#", "+0", "-+", " 0", "#+0-" };
	static const char *const widths[] = { "", "1", "5", "12", "40" };
	static const char *const precisions[] = { "", ".", ".0", ".1", ".7", ".30" };
	static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z", "j", "t" };
	static const char conversions[] = "diuoxX";
	static const uint64_t values[] = { 0, 1, 9, 10, 255, 256, 65535, 65536, INT_MAX, (uint64_t)INT_MAX + 1,
					   UINT_MAX, LONG_MAX, 1ull << 63, ULONG_MAX, (uint64_t)-12345 };

	for (size_t f = 0; f < sizeof(flags) / sizeof(*flags); f++)
	for (size_t w = 0; w < sizeof(widths) / sizeof(*widths); w++)
	for (size_t p = 0; p < sizeof(precisions) / sizeof(*precisions); p++)
	for (size_t l = 0; l < sizeof(lengths) / sizeof(*lengths); l++)
	for (const char *c = conversions; *c; c++)
	for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++) {
		char format[40];

		snprintf(format, sizeof(format), "<%%%s%s%s%s%c>", flags[f], widths[w], precisions[p],
			 lengths[l], *c);
		if (strchr("zjtl", lengths[l][0]) && lengths[l][0])
			SAME(format, (long)values[v]);
		else
			SAME(format, (int)values[v]);
	}
}

static void test_text(void **state)
{
	char long_text[200];

	memset(long_text, 'x', sizeof(long_text));
	long_text[199] = '\0';
	SAME("[%s]", "");
	SAME("[%s|%10s|%-10s|%.2s|%10.3s|%-10.3s]", "one", "two", "three", "four", "five", "sixseven");
	SAME("[%*s|%-*s|%.*s|%*.*s]", 7, "a", 7, "b", 2, "cdef", 6, 3, "ghijkl");
	SAME("[%*d|%*d]", -6, 42, 6, -42);
	SAME("[%.*d|%.*s]", -1, 42, -1, "whole");
	SAME("%c%c%5c%-5c|", 'a', 'b', 'c', 'd');
	SAME("%s", long_text);
	SAME("100%% of %d", 7);
	SAME("%.3s", (char[]){ 'a', 'b', 'c' });	/* no terminator needed */
	SAME("%p %20p|%-20p|", (void *)0x1234, (void *)&long_text, (void *)0xffff800000000000ull);
	SAME("%#lx %lu %zu %llx %016lx", 0xffffffff80000000ul, 123ul, (size_t)9, 0x123456789abcdefull, 0xbeeful);

	char text[40];
	const char *volatile nothing = NULL;

	ksnprintf(text, sizeof(text), "%s %p", nothing, NULL);
	assert_string_equal(text, "(null) 0x0");
	format_to(text, sizeof(text), "%y %d %", 5);
	assert_string_equal(text, "%y 5 %");
}

static void test_bounds(void **state)
{
	char text[16];

	for (size_t size = 0; size < sizeof(text); size++) {
		memset(text, '#', sizeof(text));
		assert_int_equal(ksnprintf(text, size, "%s-%d", "hello", 12345), 11);
		for (size_t i = size; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
		if (size) {
			assert_int_equal(strlen(text), size - 1 < 11 ? size - 1 : 11);
			assert_int_equal(strncmp(text, "hello-12345", strlen(text)), 0);
		}
		assert_int_equal(kscnprintf(text, size, "%s-%d", "hello", 12345),
				 size == 0 ? 0 : size - 1 < 11 ? size - 1 : 11);
	}
}

static void count_sink(void *context, const char *text, size_t length)
{
	*(size_t *)context += length;
}

static void test_sink(void **state)
{
	size_t length = 0;

	assert_int_equal(kprintf_to(count_sink, &length, "%5000d|%-300s|", 1, "x"), 5302);
	assert_int_equal(length, 5302);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
