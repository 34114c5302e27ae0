/*
 * The basic types of the kernel, and page arithmetic.
 *
 * Not here: anything that needs a function body in a .c file, or knows the memory layout (mm/layout.h).
 */
#ifndef OSIER_INCLUDE_TYPES_H
#define OSIER_INCLUDE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef OSIER_HOST
#include <sys/types.h>
#else
typedef long ssize_t;
#endif

typedef uint64_t vaddr_t;	/* virtual address, kernel's or user's */
typedef uint64_t paddr_t;	/* physical address */
typedef uint64_t pfn_t;		/* frame number: physical address >> PAGE_SHIFT */

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define TIB(n) ((uint64_t)(n) << 40)

/* Rounds to page boundaries. => page_round_up wraps to 0 for the last page of the address space. */
static inline uint64_t page_round_down(uint64_t value)
{
	return value & PAGE_MASK;
}

static inline uint64_t page_round_up(uint64_t value)
{
	return (value + PAGE_SIZE - 1) & PAGE_MASK;
}

static inline bool page_aligned(uint64_t value)
{
	return (value & (PAGE_SIZE - 1)) == 0;
}

static inline uint64_t page_offset(uint64_t value)
{
	return value & (PAGE_SIZE - 1);
}

/* Pages needed to hold that many bytes. */
static inline uint64_t page_count(uint64_t bytes)
{
	return (bytes >> PAGE_SHIFT) + ((bytes & (PAGE_SIZE - 1)) != 0);
}

/* align must be a power of two. */
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

static inline uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

#endif
