/*
 * random() with a state that can be set aside, as XSI has it: newlib's has no initstate, so the
 * whole family is here. A 64-bit generator (multiply, then mix the high bits down) whose state is
 * the first eight bytes of the caller's array, aligned or not.
 */
#include "osier.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char standard[8] = "osier..";
static char *current = standard;

void srandom(unsigned int seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15UL + 0x853c49e6748fea9bUL;

	memcpy(current, &state, sizeof state);
}

long random(void)
{
	uint64_t x;

	memcpy(&x, current, sizeof x);
	x = x * 0x5851f42d4c957f2dUL + 0x14057b7ef767814fUL;
	memcpy(current, &x, sizeof x);
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdUL;
	return (long)(x >> 33);
}

char *initstate(unsigned int seed, char *array, size_t size)
{
	char *old = current;

	if (size < sizeof(uint64_t)) {
		errno = EINVAL;
		return NULL;
	}
	current = array;
	srandom(seed);
	return old;
}

char *setstate(char *array)
{
	char *old = current;

	current = array;
	return old;
}
