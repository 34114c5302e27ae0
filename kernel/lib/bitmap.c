/*
 * Bitmaps (bitmap.h), a word at a time.
 */
#include "lib/bitmap.h"

#include <osier/compiler.h>

/* The bits of the word at `word` that lie in [first, end). */
static uint64_t word_mask(size_t word, size_t first, size_t end)
{
	uint64_t mask = ~0ull;

	if (first > word * 64)
		mask &= ~0ull << (first - word * 64);
	if (end < word * 64 + 64)
		mask &= ~0ull >> (word * 64 + 64 - end);
	return mask;
}

void bitmap_set_range(uint64_t *map, size_t first, size_t count)
{
	size_t end = first + count;

	if (count == 0)
		return;
	for (size_t word = first / 64; word <= (end - 1) / 64; word++)
		map[word] |= word_mask(word, first, end);
}

void bitmap_clear_range(uint64_t *map, size_t first, size_t count)
{
	size_t end = first + count;

	if (count == 0)
		return;
	for (size_t word = first / 64; word <= (end - 1) / 64; word++)
		map[word] &= ~word_mask(word, first, end);
}

/* The first bit in [from, bits) whose value is the opposite of `flip`'s bits. */
static size_t bitmap_find(const uint64_t *map, size_t bits, size_t from, uint64_t flip)
{
	if (from >= bits)
		return BITMAP_NONE;
	for (size_t word = from / 64; word <= (bits - 1) / 64; word++) {
		uint64_t found = (map[word] ^ flip) & word_mask(word, from, bits);

		if (found)
			return word * 64 + (size_t)__builtin_ctzll(found);
	}
	return BITMAP_NONE;
}

size_t bitmap_find_set(const uint64_t *map, size_t bits, size_t from)
{
	return bitmap_find(map, bits, from, 0);
}

size_t bitmap_find_clear(const uint64_t *map, size_t bits, size_t from)
{
	return bitmap_find(map, bits, from, ~0ull);
}

size_t bitmap_find_clear_run(const uint64_t *map, size_t bits, size_t from, size_t count)
{
	if (count == 0)
		return from <= bits ? from : BITMAP_NONE;
	for (;;) {
		size_t start = bitmap_find_clear(map, bits, from);
		size_t end;

		if (start == BITMAP_NONE || bits - start < count)
			return BITMAP_NONE;
		end = bitmap_find_set(map, start + count, start);
		if (end == BITMAP_NONE)
			return start;
		from = end;
	}
}

size_t bitmap_count(const uint64_t *map, size_t bits)
{
	size_t count = 0;

	if (bits == 0)
		return 0;
	for (size_t word = 0; word <= (bits - 1) / 64; word++) {
		uint64_t value = map[word] & word_mask(word, 0, bits);

		/* No popcnt on the oldest machines: sum in parallel. */
		value -= value >> 1 & 0x5555555555555555ull;
		value = (value & 0x3333333333333333ull) + (value >> 2 & 0x3333333333333333ull);
		value = (value + (value >> 4)) & 0x0f0f0f0f0f0f0f0full;
		count += value * 0x0101010101010101ull >> 56;
	}
	return count;
}
