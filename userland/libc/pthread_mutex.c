/*
 * Mutexes: normal, recursive and error-checking ones, private or shared between processes.
 * The owner is the thread's structure, which fork leaves as it is; of shared mutexes its number.
 */
#include "thread.h"
#include <limits.h>
#include <unistd.h>

#define KIND(m)		((m)->__type & 3)
#define SHARED		4		/* in __type */

static long me(const pthread_mutex_t *m)
{
	return m->__type & SHARED ? raw(SYS_gettid) : (long)thread_self();
}

int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr)
{
	*m = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	if (attr)
		m->__type = attr->__type | (attr->__pshared ? SHARED : 0);
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *m)
{
	return __atomic_load_n(&m->__state, __ATOMIC_RELAXED) ? EBUSY : 0;
}

/* => 0 taken, EBUSY, or what the kind of mutex says to its owner. */
static int try(pthread_mutex_t *m)
{
	int expected = 0;

	if (__atomic_compare_exchange_n(&m->__state, &expected, 1, 0, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED)) {
		if (KIND(m) != PTHREAD_MUTEX_NORMAL)
			__atomic_store_n(&m->__owner, me(m), __ATOMIC_RELAXED);
		return 0;
	}
	if (KIND(m) == PTHREAD_MUTEX_NORMAL ||
	    __atomic_load_n(&m->__owner, __ATOMIC_RELAXED) != me(m))
		return EBUSY;
	if (KIND(m) == PTHREAD_MUTEX_ERRORCHECK)
		return EDEADLK;
	if (m->__count == INT_MAX)
		return EAGAIN;
	m->__count++;
	return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *m)
{
	int error = try(m);

	return error == EDEADLK ? EBUSY : error;
}

static int lock_until(pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	int error = try(m);

	if (error != EBUSY)
		return error;
	if (until && (until->tv_nsec < 0 || until->tv_nsec >= 1000000000))
		return EINVAL;
	while (__atomic_exchange_n(&m->__state, 2, __ATOMIC_ACQUIRE) != 0) {
		error = __osier_wait(&m->__state, 2, clock, until, m->__type & SHARED, 0);
		if (error == ETIMEDOUT)
			return error;
	}
	if (KIND(m) != PTHREAD_MUTEX_NORMAL)
		__atomic_store_n(&m->__owner, me(m), __ATOMIC_RELAXED);
	return 0;
}

int pthread_mutex_lock(pthread_mutex_t *m)
{
	return lock_until(m, CLOCK_REALTIME, NULL);
}

int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
	return lock_until(m, CLOCK_REALTIME, until);
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
	int shared = m->__type & SHARED;

	if (KIND(m) != PTHREAD_MUTEX_NORMAL) {
		if (__atomic_load_n(&m->__owner, __ATOMIC_RELAXED) != me(m) ||
		    !__atomic_load_n(&m->__state, __ATOMIC_RELAXED))
			return EPERM;
		if (m->__count) {
			m->__count--;
			return 0;
		}
		__atomic_store_n(&m->__owner, 0, __ATOMIC_RELAXED);
	}
	/* From the exchange on the mutex may be destroyed by its next holder: only its address
	 * is used. */
	if (__atomic_exchange_n(&m->__state, 0, __ATOMIC_RELEASE) == 2)
		__osier_wake(&m->__state, 1, shared);
	return 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *attr)
{
	*attr = (pthread_mutexattr_t){ .__type = PTHREAD_MUTEX_DEFAULT };
	return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attr)
{
	return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *attr, int *type)
{
	*type = attr->__type;
	return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attr, int type)
{
	if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK)
		return EINVAL;
	attr->__type = type;
	return 0;
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *attr, int *shared)
{
	*shared = attr->__pshared;
	return 0;
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *attr, int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	attr->__pshared = shared;
	return 0;
}
