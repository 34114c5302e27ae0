/*
 * Memory and strings (string.h). The C library's names are for the kernel only; on the host libc has them.
 *
 * Bulk moves go eight bytes at a time with the string instructions; only the last few bytes go one by one, also
 * with a string instruction. The compiler may call memcpy, memmove, memset and memcmp by itself.
 */
#include "lib/string.h"

#include "lib/err.h"

#ifndef OSIER_HOST

/* Or the compiler sees that the loop in strlen is strlen, and makes it call itself. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *result = to;
	size_t words = size / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	size &= 7;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return result;
}

void *memmove(void *to, const void *from, size_t size)
{
	char *out = to;
	const char *in = from;

	/* Forward is right unless the destination begins inside the source. */
	if ((uintptr_t)out - (uintptr_t)in >= size)
		return memcpy(to, from, size);
	while (size & 7) {
		size--;
		out[size] = in[size];
	}
	while (size) {
		uint64_t word;

		size -= 8;
		__builtin_memcpy(&word, in + size, 8);
		__builtin_memcpy(out + size, &word, 8);
	}
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	void *result = to;
	uint64_t pattern = (uint8_t)byte * 0x0101010101010101ull;
	size_t words = size / 8;

	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
	size &= 7;
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(pattern) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *left = a, *right = b;

	while (size >= 8) {
		uint64_t x, y;

		__builtin_memcpy(&x, left, 8);
		__builtin_memcpy(&y, right, 8);
		if (x != y) {
			x = __builtin_bswap64(x);
			y = __builtin_bswap64(y);
			return x < y ? -1 : 1;
		}
		left += 8;
		right += 8;
		size -= 8;
	}
	for (; size; size--, left++, right++)
		if (*left != *right)
			return *left - *right;
	return 0;
}

void *memchr(const void *memory, int byte, size_t size)
{
	const uint8_t *at = memory;

	for (; size; size--, at++)
		if (*at == (uint8_t)byte)
			return (void *)at;
	return NULL;
}

size_t strlen(const char *string)
{
	const char *at = string;

	while (*at)
		at++;
	return (size_t)(at - string);
}

size_t strnlen(const char *string, size_t limit)
{
	size_t length = 0;

	while (length < limit && string[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t limit)
{
	for (; limit; limit--, a++, b++)
		if (*a != *b || !*a)
			return (uint8_t)*a - (uint8_t)*b;
	return 0;
}

char *strchr(const char *string, int c)
{
	for (;; string++) {
		if (*string == (char)c)
			return (char *)string;
		if (!*string)
			return NULL;
	}
}

char *strrchr(const char *string, int c)
{
	const char *found = NULL;

	for (;; string++) {
		if (*string == (char)c)
			found = string;
		if (!*string)
			return (char *)found;
	}
}

char *strstr(const char *string, const char *sought)
{
	size_t length = strlen(sought);

	for (;; string++) {
		if (strncmp(string, sought, length) == 0)
			return (char *)string;
		if (!*string)
			return NULL;
	}
}

#endif

ssize_t string_copy(char *to, const char *from, size_t size)
{
	size_t length;

	if (size == 0)
		return -E2BIG;
	length = strnlen(from, size);
	if (length == size) {
		memcpy(to, from, size - 1);
		to[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(to, from, length + 1);
	return (ssize_t)length;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return -1;
}

int string_to_u64(const char *string, unsigned base, uint64_t *value)
{
	uint64_t sum = 0;

	if (base == 0) {
		base = 10;
		if (string[0] == '0' && (string[1] == 'x' || string[1] == 'X')) {
			base = 16;
			string += 2;
		} else if (string[0] == '0' && string[1]) {
			base = 8;
			string++;
		}
	}
	if (!*string)
		return -EINVAL;
	for (; *string; string++) {
		int digit = digit_value(*string);

		if (digit < 0 || (unsigned)digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit, &sum))
			return -ERANGE;
	}
	*value = sum;
	return 0;
}

bool string_starts_with(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}
