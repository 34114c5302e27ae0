/*
 * The locks newlib asks for. While there is one thread they cost a test; a lock that was taken then
 * and is released when there are more is harmless, because its word says it is free.
 *
 * A lock is a futex word: 0 free, 1 held, 2 held and somebody may sleep. A recursive one also knows
 * its owner, by the thread's structure, which fork does not change.
 */
#include "thread.h"
#include <stdlib.h>
#include <sys/lock.h>
#include <osier/abi/futex.h>

struct __lock {
	int word;
	int count;
	struct __pthread *owner;
};

/* The locks newlib names. */
struct __lock __lock___sinit_recursive_mutex;
struct __lock __lock___sfp_recursive_mutex;
struct __lock __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex;
struct __lock __lock___malloc_recursive_mutex;
struct __lock __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex;
struct __lock __lock___dd_hash_mutex;
struct __lock __lock___arc4random_mutex;

hidden void __osier_lock(int *word)
{
	int expected = 0;

	if (__atomic_compare_exchange_n(word, &expected, 1, 0, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
		raw(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE, 2, NULL, NULL, 0);
}

hidden void __osier_unlock(int *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
		raw(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL, NULL, 0);
}

/* The first few come from here, so that a program with three standard streams needs no heap. */
#define POOL 8
static struct __lock pool[POOL];
static unsigned int pool_used;

void __retarget_lock_init(_LOCK_T *lock)
{
	unsigned int used = __atomic_load_n(&pool_used, __ATOMIC_RELAXED);

	while (used != (1U << POOL) - 1) {
		unsigned int free_bit = ~used & (used + 1);

		if (__atomic_compare_exchange_n(&pool_used, &used, used | free_bit, 0,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			*lock = &pool[__builtin_ctz(free_bit)];
			(*lock)->word = (*lock)->count = 0;
			(*lock)->owner = NULL;
			return;
		}
	}
	*lock = calloc(1, sizeof **lock);
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
	if (lock >= pool && lock < pool + POOL)
		__atomic_fetch_and(&pool_used, ~(1U << (lock - pool)), __ATOMIC_RELEASE);
	else
		free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
	__retarget_lock_close(lock);
}

/* newlib's own locks in the order in which they nest: malloc is called with all others held. */
static struct __lock *const newlib_locks[] = {
	&__lock___atexit_recursive_mutex, &__lock___at_quick_exit_mutex,
	&__lock___sinit_recursive_mutex, &__lock___sfp_recursive_mutex,
	&__lock___env_recursive_mutex, &__lock___tz_mutex, &__lock___dd_hash_mutex,
	&__lock___arc4random_mutex, &__lock___malloc_recursive_mutex,
};

#define LOCKS (sizeof newlib_locks / sizeof *newlib_locks)

/* Around a fork, so that the child's only thread finds whole structures behind free locks. */
hidden void __osier_lock_all(void)
{
	for (size_t i = 0; i < LOCKS; i++)
		__retarget_lock_acquire_recursive(newlib_locks[i]);
}

hidden void __osier_unlock_all(void)
{
	for (size_t i = LOCKS; i > 0; i--)
		__retarget_lock_release_recursive(newlib_locks[i - 1]);
}

/* A lock that could not be allocated is NULL: then there is no locking, rather than no program. */
void __retarget_lock_acquire(_LOCK_T lock)
{
	if (__osier_threaded && lock)
		__osier_lock(&lock->word);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
	int expected = 0;

	if (!__osier_threaded || !lock)
		return 0;
	return !__atomic_compare_exchange_n(&lock->word, &expected, 1, 0, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED);
}

void __retarget_lock_release(_LOCK_T lock)
{
	if (__osier_threaded && lock)
		__osier_unlock(&lock->word);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
	struct __pthread *self;

	if (!__osier_threaded || !lock)
		return;
	self = thread_self();
	if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == self) {
		lock->count++;
		return;
	}
	__osier_lock(&lock->word);
	__atomic_store_n(&lock->owner, self, __ATOMIC_RELAXED);
	lock->count = 1;
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	struct __pthread *self;
	int expected = 0;

	if (!__osier_threaded || !lock)
		return 0;
	self = thread_self();
	if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == self) {
		lock->count++;
		return 0;
	}
	if (!__atomic_compare_exchange_n(&lock->word, &expected, 1, 0, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return 1;
	__atomic_store_n(&lock->owner, self, __ATOMIC_RELAXED);
	lock->count = 1;
	return 0;
}

/* Released by one who does not hold it: it was taken before there were threads. */
void __retarget_lock_release_recursive(_LOCK_T lock)
{
	if (!__osier_threaded || !lock ||
	    __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) != thread_self())
		return;
	if (--lock->count)
		return;
	__atomic_store_n(&lock->owner, NULL, __ATOMIC_RELAXED);
	__osier_unlock(&lock->word);
}

