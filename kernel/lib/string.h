/*
 * Memory and strings. On the host (OSIER_HOST) the standard functions are libc's.
 *
 * Bulk moves and fills are `rep movsq` / `rep stosq`: no floating-point registers, no byte loops.
 */
#ifndef OSIER_LIB_STRING_H
#define OSIER_LIB_STRING_H

#include <osier/compiler.h>
#include <osier/types.h>

#ifdef OSIER_HOST
#include <string.h>
#else
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *memory, int byte, size_t size);
size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *string, int c);
char *strrchr(const char *string, int c);
char *strstr(const char *string, const char *sought);
#endif

/*
 * Copies at most size - 1 bytes and always terminates (unless size is 0).
 * => returns bytes copied without the terminator, or -E2BIG when the string was cut.
 */
ssize_t string_copy(char *to, const char *from, size_t size);

/*
 * Parses an unsigned number (base 10, 0x hexadecimal, 0 octal when base is 0) that makes up the whole string.
 * => 0, -EINVAL for anything else in the string or an empty one, -ERANGE past 64 bits.
 */
__must_check int string_to_u64(const char *string, unsigned base, uint64_t *value);

bool string_starts_with(const char *string, const char *prefix);

/* Whole pages, both page aligned. */
static inline void page_zero(void *page)
{
#if defined(__x86_64__) && !defined(OSIER_HOST)
	size_t count = PAGE_SIZE / 8;

	__asm__ volatile("rep stosq" : "+D"(page), "+c"(count) : "a"(0ul) : "memory");
#else
	memset(page, 0, PAGE_SIZE);
#endif
}

static inline void page_copy(void *to, const void *from)
{
#if defined(__x86_64__) && !defined(OSIER_HOST)
	size_t count = PAGE_SIZE / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
#else
	memcpy(to, from, PAGE_SIZE);
#endif
}

#endif
