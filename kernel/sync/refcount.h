/*
 * Reference counts. A count that reaches 0 belongs to nobody any more: get() on it is a bug.
 */
#ifndef OSIER_SYNC_REFCOUNT_H
#define OSIER_SYNC_REFCOUNT_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "debug/assert.h"

struct refcount {
	uint32_t count;			/* atomic */
};

#define REFCOUNT_INIT(n) { (n) }

static inline void refcount_init(struct refcount *refs, uint32_t count)
{
	__atomic_store_n(&refs->count, count, __ATOMIC_RELAXED);
}

static inline uint32_t refcount_read(const struct refcount *refs)
{
	return __atomic_load_n(&refs->count, __ATOMIC_ACQUIRE);
}

/* One more; the caller has one, or a lock that keeps one alive. */
static inline void refcount_get(struct refcount *refs)
{
	uint32_t old = __atomic_fetch_add(&refs->count, 1, __ATOMIC_RELAXED);

	ASSERT(old != 0 && old != UINT32_MAX);
	(void)old;
}

/* One more unless it is gone already (lookups without a reference). => false: gone. */
static inline bool __must_check refcount_get_unless_zero(struct refcount *refs)
{
	uint32_t old = __atomic_load_n(&refs->count, __ATOMIC_RELAXED);

	do {
		if (old == 0)
			return false;
	} while (!__atomic_compare_exchange_n(&refs->count, &old, old + 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

/* One less. => true when it was the last: the caller destroys the object. */
static inline bool __must_check refcount_put(struct refcount *refs)
{
	uint32_t old = __atomic_fetch_sub(&refs->count, 1, __ATOMIC_ACQ_REL);

	ASSERT(old != 0);
	return old == 1;
}

#endif
