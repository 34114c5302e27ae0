/*
 * Integer arithmetic that C has no operator for.
 */
#ifndef OSIER_LIB_MATH_H
#define OSIER_LIB_MATH_H

#include <osier/types.h>

static inline bool is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* Rounded down; value must not be 0. */
static inline unsigned log2_floor(uint64_t value)
{
	return 63u - (unsigned)__builtin_clzll(value);
}

/* Rounded up; value must not be 0. */
static inline unsigned log2_ceil(uint64_t value)
{
	return value <= 1 ? 0 : log2_floor(value - 1) + 1;
}

static inline uint64_t div_round_up(uint64_t value, uint64_t divisor)
{
	return value / divisor + (value % divisor != 0);
}

/* value * factor >> shift with all 128 bits in between; shift < 64 or exactly 64. */
static inline uint64_t mul_shift(uint64_t value, uint64_t factor, unsigned shift)
{
	return (uint64_t)((unsigned __int128)value * factor >> shift);
}

/*
 * value * factor / divisor with all 128 bits in between (the compiler would call a library for it).
 * => UINT64_MAX when the quotient does not fit or divisor is 0.
 */
static inline uint64_t mul_div(uint64_t value, uint64_t factor, uint64_t divisor)
{
	unsigned __int128 product = (unsigned __int128)value * factor;
	uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;

	if (high >= divisor)
		return UINT64_MAX;
	__asm__("divq %2" : "+a"(low), "+d"(high) : "rm"(divisor) : "cc");
	return low;
}

#endif
