/*
 * Bitmaps over arrays of 64-bit words. Not atomic: the caller has the lock.
 */
#ifndef OSIER_LIB_BITMAP_H
#define OSIER_LIB_BITMAP_H

#include <osier/types.h>

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)
#define BITMAP_NONE SIZE_MAX

static inline void bitmap_set(uint64_t *map, size_t bit)
{
	map[bit / 64] |= 1ull << (bit % 64);
}

static inline void bitmap_clear(uint64_t *map, size_t bit)
{
	map[bit / 64] &= ~(1ull << (bit % 64));
}

static inline bool bitmap_test(const uint64_t *map, size_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

void bitmap_set_range(uint64_t *map, size_t first, size_t count);
void bitmap_clear_range(uint64_t *map, size_t first, size_t count);

/* The first set (clear) bit at or after from, below bits; BITMAP_NONE when there is none. */
size_t bitmap_find_set(const uint64_t *map, size_t bits, size_t from);
size_t bitmap_find_clear(const uint64_t *map, size_t bits, size_t from);

/* The first of count clear bits in a row at or after from; BITMAP_NONE when there is no such run. */
size_t bitmap_find_clear_run(const uint64_t *map, size_t bits, size_t from, size_t count);

/* How many of the first bits are set. */
size_t bitmap_count(const uint64_t *map, size_t bits);

#endif
