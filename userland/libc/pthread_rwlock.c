/* Reader/writer locks. Readers go first, so that a thread may take a read lock twice. */
#include "thread.h"
#include <limits.h>
#include <time.h>

int pthread_rwlock_init(pthread_rwlock_t *l, const pthread_rwlockattr_t *attr)
{
	*l = (pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER;
	if (attr)
		l->__pshared = attr->process_shared;
	return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *l)
{
	return __atomic_load_n(&l->__lock, __ATOMIC_RELAXED) ? EBUSY : 0;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *l)
{
	int readers = __atomic_load_n(&l->__lock, __ATOMIC_RELAXED);

	while (readers >= 0) {
		if (readers == INT_MAX)
			return EAGAIN;
		if (__atomic_compare_exchange_n(&l->__lock, &readers, readers + 1, 0,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return 0;
	}
	return EBUSY;
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *l)
{
	int expected = 0;

	return __atomic_compare_exchange_n(&l->__lock, &expected, -1, 0, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED) ? 0 : EBUSY;
}

/* The sequence is read before the lock is tried, so a release in between is not slept through. */
static int lock_until(pthread_rwlock_t *l, int (*try)(pthread_rwlock_t *),
		      const struct timespec *until)
{
	for (;;) {
		unsigned int sequence = __atomic_load_n(&l->__sequence, __ATOMIC_SEQ_CST);
		int error;

		__atomic_fetch_add(&l->__waiters, 1, __ATOMIC_SEQ_CST);
		error = try(l);
		if (error == EBUSY)
			error = __osier_wait(&l->__sequence, sequence, CLOCK_REALTIME, until,
					     l->__pshared, 0) == ETIMEDOUT ? ETIMEDOUT : EBUSY;
		__atomic_fetch_sub(&l->__waiters, 1, __ATOMIC_SEQ_CST);
		if (error != EBUSY)
			return error;
	}
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	int error = pthread_rwlock_tryrdlock(l);

	return error == EBUSY ? lock_until(l, pthread_rwlock_tryrdlock, NULL) : error;
}

int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
	int error = pthread_rwlock_trywrlock(l);

	return error == EBUSY ? lock_until(l, pthread_rwlock_trywrlock, NULL) : error;
}

static int timed(pthread_rwlock_t *l, int (*try)(pthread_rwlock_t *), const struct timespec *until)
{
	int error = try(l);

	if (error != EBUSY)
		return error;
	if (until->tv_nsec < 0 || until->tv_nsec >= 1000000000)
		return EINVAL;
	return lock_until(l, try, until);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *l, const struct timespec *until)
{
	return timed(l, pthread_rwlock_tryrdlock, until);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *l, const struct timespec *until)
{
	return timed(l, pthread_rwlock_trywrlock, until);
}

int pthread_rwlock_unlock(pthread_rwlock_t *l)
{
	int left;

	if (__atomic_load_n(&l->__lock, __ATOMIC_RELAXED) < 0) {
		__atomic_store_n(&l->__lock, 0, __ATOMIC_SEQ_CST);
		left = 0;
	} else {
		left = __atomic_sub_fetch(&l->__lock, 1, __ATOMIC_SEQ_CST);
	}
	if (left == 0 && __atomic_load_n(&l->__waiters, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_add(&l->__sequence, 1, __ATOMIC_SEQ_CST);
		__osier_wake(&l->__sequence, INT_MAX, l->__pshared);
	}
	return 0;
}

int pthread_rwlockattr_init(pthread_rwlockattr_t *attr)
{
	attr->process_shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_rwlockattr_destroy(pthread_rwlockattr_t *attr)
{
	return 0;
}

int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *attr, int *shared)
{
	*shared = attr->process_shared;
	return 0;
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *attr, int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	attr->process_shared = shared;
	return 0;
}
