/*
 * Errors carried in pointers: the top 4095 values of the address space are -errno, never an object.
 */
#ifndef OSIER_LIB_ERR_H
#define OSIER_LIB_ERR_H

#include <osier/abi/errno.h>
#include <osier/compiler.h>
#include <osier/types.h>

#define ERR_MAX 4095

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

static inline bool IS_ERR(const void *pointer)
{
	return unlikely((uintptr_t)pointer >= (uintptr_t)-ERR_MAX);
}

static inline bool IS_ERR_OR_NULL(const void *pointer)
{
	return !pointer || IS_ERR(pointer);
}

/* 0 for a good pointer, else its -errno. */
static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return IS_ERR(pointer) ? (int)PTR_ERR(pointer) : 0;
}

/* The same error under another pointer type. */
static inline void *ERR_CAST(const void *pointer)
{
	return (void *)pointer;
}

#endif
