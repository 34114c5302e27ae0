/*
 * Condition variables. Each signal moves the sequence on; a waiter remembers it while it still
 * holds the mutex and sleeps only while it is the same, so no wake-up is lost. Wake-ups without a
 * signal are possible, as POSIX allows.
 */
#include "thread.h"
#include <limits.h>
#include <time.h>

int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr)
{
	*c = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	if (attr) {
		c->__clock = attr->clock;
		c->__pshared = attr->process_shared;
	}
	return 0;
}

int pthread_cond_destroy(pthread_cond_t *c)
{
	return 0;
}

struct waiting {
	pthread_cond_t *cond;
	pthread_mutex_t *mutex;
};

/* A cancelled waiter holds the mutex again when its cleanup handlers run. */
static void wait_cancelled(void *arg)
{
	struct waiting *w = arg;

	__atomic_fetch_sub(&w->cond->__waiters, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(w->mutex);
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	struct waiting w = { c, m };
	clockid_t clock = c->__clock ? c->__clock : CLOCK_REALTIME;
	unsigned int sequence = __atomic_load_n(&c->__sequence, __ATOMIC_RELAXED);
	int error, relock;

	if (until && (until->tv_nsec < 0 || until->tv_nsec >= 1000000000))
		return EINVAL;
	pthread_testcancel();
	__atomic_fetch_add(&c->__waiters, 1, __ATOMIC_SEQ_CST);
	error = pthread_mutex_unlock(m);
	if (error) {
		__atomic_fetch_sub(&c->__waiters, 1, __ATOMIC_RELAXED);
		return error;
	}
	pthread_cleanup_push(wait_cancelled, &w);
	error = __osier_wait(&c->__sequence, sequence, clock, until, c->__pshared, 1);
	pthread_cleanup_pop(0);
	__atomic_fetch_sub(&c->__waiters, 1, __ATOMIC_RELAXED);
	relock = pthread_mutex_lock(m);
	if (relock)
		return relock;
	/* Signalled in the last moment is signalled. */
	if (error == ETIMEDOUT && __atomic_load_n(&c->__sequence, __ATOMIC_RELAXED) == sequence)
		return ETIMEDOUT;
	return 0;
}

int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return pthread_cond_timedwait(c, m, NULL);
}

static int wake(pthread_cond_t *c, int n)
{
	__atomic_fetch_add(&c->__sequence, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->__waiters, __ATOMIC_SEQ_CST))
		__osier_wake(&c->__sequence, n, c->__pshared);
	return 0;
}

int pthread_cond_signal(pthread_cond_t *c)
{
	return wake(c, 1);
}

int pthread_cond_broadcast(pthread_cond_t *c)
{
	return wake(c, INT_MAX);
}

int pthread_condattr_init(pthread_condattr_t *attr)
{
	attr->clock = CLOCK_REALTIME;
	attr->process_shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_condattr_destroy(pthread_condattr_t *attr)
{
	return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *restrict attr, clockid_t *restrict clock)
{
	*clock = attr->clock;
	return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *attr, clockid_t clock)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	attr->clock = clock;
	return 0;
}

int pthread_condattr_getpshared(const pthread_condattr_t *attr, int *shared)
{
	*shared = attr->process_shared;
	return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *attr, int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	attr->process_shared = shared;
	return 0;
}
