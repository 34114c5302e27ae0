/*
 * What the host unit tests share: cmocka with its includes, and random numbers that are the same in every run
 * unless OSIER_SEED says otherwise.
 */
#ifndef OSIER_TESTS_UNIT_H
#define OSIER_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t unit_random_state;

static inline void unit_seed(uint64_t salt)
{
	const char *text = getenv("OSIER_SEED");

	unit_random_state = (text ? strtoull(text, NULL, 0) : 1) * 0x9e3779b97f4a7c15ull + salt + 1;
}

/* xorshift64*: good enough, and the same everywhere. */
static inline uint64_t unit_random(void)
{
	uint64_t x = unit_random_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	unit_random_state = x;
	return x * 0x2545f4914f6cdd1dull;
}

/* Below limit, which is not 0. */
static inline uint64_t unit_below(uint64_t limit)
{
	return (unit_random() >> 11) % limit;
}

#endif
