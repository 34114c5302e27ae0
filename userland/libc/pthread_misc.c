/* Barriers, spin locks, one-time initialisation, thread attributes, scheduling. */
#include "thread.h"
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* ---- barriers: the last one to arrive opens the next round ---- */

int pthread_barrier_init(pthread_barrier_t *b, const pthread_barrierattr_t *attr,
			 unsigned int count)
{
	if (count == 0 || count > INT_MAX)
		return EINVAL;
	*b = (pthread_barrier_t){ .__count = count };
	return 0;
}

/* Waiters of the last round may still be on their way out. */
int pthread_barrier_destroy(pthread_barrier_t *b)
{
	unsigned int leaving;

	if (__atomic_load_n(&b->__arrived, __ATOMIC_RELAXED))
		return EBUSY;
	while ((leaving = __atomic_load_n(&b->__leaving, __ATOMIC_ACQUIRE)))
		__osier_wait(&b->__leaving, leaving, CLOCK_REALTIME, NULL, 1, 0);
	return 0;
}

int pthread_barrier_wait(pthread_barrier_t *b)
{
	unsigned int round = __atomic_load_n(&b->__round, __ATOMIC_ACQUIRE);
	unsigned int count = b->__count;

	if (__atomic_add_fetch(&b->__arrived, 1, __ATOMIC_ACQ_REL) == count) {
		__atomic_fetch_add(&b->__leaving, count - 1, __ATOMIC_RELAXED);
		__atomic_store_n(&b->__arrived, 0, __ATOMIC_RELAXED);
		__atomic_fetch_add(&b->__round, 1, __ATOMIC_RELEASE);
		__osier_wake(&b->__round, INT_MAX, 1);
		return PTHREAD_BARRIER_SERIAL_THREAD;
	}
	while (__atomic_load_n(&b->__round, __ATOMIC_ACQUIRE) == round)
		__osier_wait(&b->__round, round, CLOCK_REALTIME, NULL, 1, 0);
	if (__atomic_sub_fetch(&b->__leaving, 1, __ATOMIC_RELEASE) == 0)
		__osier_wake(&b->__leaving, INT_MAX, 1);
	return 0;
}

int pthread_barrierattr_init(pthread_barrierattr_t *attr)
{
	attr->process_shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_barrierattr_destroy(pthread_barrierattr_t *attr)
{
	return 0;
}

int pthread_barrierattr_getpshared(const pthread_barrierattr_t *attr, int *shared)
{
	*shared = attr->process_shared;
	return 0;
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *attr, int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	attr->process_shared = shared;
	return 0;
}

/* ---- spin locks ---- */

int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
	*lock = 0;
	return 0;
}

int pthread_spin_destroy(pthread_spinlock_t *lock)
{
	return 0;
}

int pthread_spin_trylock(pthread_spinlock_t *lock)
{
	return __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) ? EBUSY : 0;
}

/* The holder may have been preempted, and there may be one CPU: spinning does not help for long. */
int pthread_spin_lock(pthread_spinlock_t *lock)
{
	for (int tries = 0; pthread_spin_trylock(lock); tries++) {
		while (__atomic_load_n(lock, __ATOMIC_RELAXED)) {
			__asm__ volatile("pause");
			if (++tries >= 100) {
				sched_yield();
				tries = 0;
			}
		}
	}
	return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	return 0;
}

/* ---- once: 0 not run, 1 running, 2 running and waited for, 3 done ---- */

static void once_cancelled(void *arg)
{
	int *state = arg;

	if (__atomic_exchange_n(state, 0, __ATOMIC_RELEASE) == 2)
		__osier_wake(state, INT_MAX, 0);
}

int pthread_once(pthread_once_t *once, void (*routine)(void))
{
	int *state = &once->__state;

	for (;;) {
		int seen = 0;

		if (__atomic_load_n(state, __ATOMIC_ACQUIRE) == 3)
			return 0;
		if (__atomic_compare_exchange_n(state, &seen, 1, 0, __ATOMIC_ACQUIRE,
						__ATOMIC_ACQUIRE)) {
			pthread_cleanup_push(once_cancelled, state);
			routine();
			pthread_cleanup_pop(0);
			if (__atomic_exchange_n(state, 3, __ATOMIC_ACQ_REL) == 2)
				__osier_wake(state, INT_MAX, 0);
			return 0;
		}
		if (seen == 1 && !__atomic_compare_exchange_n(state, &seen, 2, 0, __ATOMIC_ACQUIRE,
							      __ATOMIC_ACQUIRE))
			continue;
		if (seen == 3)
			return 0;
		__osier_wait(state, 2, CLOCK_REALTIME, NULL, 0, 0);
	}
}

/* ---- attributes ---- */

int pthread_attr_init(pthread_attr_t *attr)
{
	memset(attr, 0, sizeof *attr);
	attr->stacksize = 1024 * 1024;
	attr->guardsize = 4096;
	attr->detachstate = PTHREAD_CREATE_JOINABLE;
	attr->inheritsched = PTHREAD_INHERIT_SCHED;
	attr->contentionscope = PTHREAD_SCOPE_SYSTEM;
	attr->__initialized = 1;
	return 0;
}

int pthread_attr_destroy(pthread_attr_t *attr)
{
	return 0;
}

int pthread_attr_getdetachstate(const pthread_attr_t *attr, int *state)
{
	*state = attr->detachstate;
	return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t *attr, int state)
{
	if (state != PTHREAD_CREATE_DETACHED && state != PTHREAD_CREATE_JOINABLE)
		return EINVAL;
	attr->detachstate = state;
	return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *attr, size_t *size)
{
	*size = attr->stacksize;
	return 0;
}

int pthread_attr_setstacksize(pthread_attr_t *attr, size_t size)
{
	if (size < PTHREAD_STACK_MIN)
		return EINVAL;
	attr->stacksize = size;
	return 0;
}

int pthread_attr_getstackaddr(const pthread_attr_t *attr, void **addr)
{
	*addr = (char *)attr->stackaddr + attr->stacksize;
	return 0;
}

int pthread_attr_setstackaddr(pthread_attr_t *attr, void *addr)
{
	attr->stackaddr = (char *)addr - attr->stacksize;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *attr, void **addr, size_t *size)
{
	*addr = attr->stackaddr;
	*size = attr->stacksize;
	return 0;
}

int pthread_attr_setstack(pthread_attr_t *attr, void *addr, size_t size)
{
	if (size < PTHREAD_STACK_MIN)
		return EINVAL;
	attr->stackaddr = addr;
	attr->stacksize = size;
	return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *attr, size_t *size)
{
	*size = attr->guardsize;
	return 0;
}

int pthread_attr_setguardsize(pthread_attr_t *attr, size_t size)
{
	attr->guardsize = size;
	return 0;
}

int pthread_attr_getinheritsched(const pthread_attr_t *attr, int *inherit)
{
	*inherit = attr->inheritsched;
	return 0;
}

int pthread_attr_setinheritsched(pthread_attr_t *attr, int inherit)
{
	if (inherit != PTHREAD_INHERIT_SCHED && inherit != PTHREAD_EXPLICIT_SCHED)
		return EINVAL;
	attr->inheritsched = inherit;
	return 0;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *attr, int *policy)
{
	*policy = attr->schedpolicy;
	return 0;
}

int pthread_attr_setschedpolicy(pthread_attr_t *attr, int policy)
{
	if (policy != SCHED_OTHER)
		return ENOTSUP;
	attr->schedpolicy = policy;
	return 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *attr, struct sched_param *param)
{
	*param = attr->schedparam;
	return 0;
}

int pthread_attr_setschedparam(pthread_attr_t *attr, const struct sched_param *param)
{
	if (param->sched_priority)
		return EINVAL;
	attr->schedparam = *param;
	return 0;
}

int pthread_attr_getscope(const pthread_attr_t *attr, int *scope)
{
	*scope = attr->contentionscope;
	return 0;
}

int pthread_attr_setscope(pthread_attr_t *attr, int scope)
{
	if (scope == PTHREAD_SCOPE_PROCESS)
		return ENOTSUP;
	if (scope != PTHREAD_SCOPE_SYSTEM)
		return EINVAL;
	attr->contentionscope = scope;
	return 0;
}

/* What a thread has. The main thread's stack is what its limit allows below the environment. */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
	pthread_attr_init(attr);
	attr->detachstate = thread->state == THREAD_DETACHED ? PTHREAD_CREATE_DETACHED
							     : PTHREAD_CREATE_JOINABLE;
	if (thread->stack) {
		attr->stackaddr = thread->stack;
		attr->stacksize = thread->stack_size;
		attr->guardsize = thread->guard_size;
	} else {
		struct rlimit limit;
		uintptr_t top = ((uintptr_t)__osier_auxv + 4095) & ~4095UL;

		if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur > 1UL << 30)
			limit.rlim_cur = 8UL << 20;
		attr->stackaddr = (void *)(top - limit.rlim_cur);
		attr->stacksize = limit.rlim_cur;
		attr->guardsize = 0;
	}
	return 0;
}

/* ---- scheduling: there is one policy ---- */

int sched_yield(void)
{
	return (int)call(SYS_sched_yield);
}

void pthread_yield(void)
{
	raw(SYS_sched_yield);
}

int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *param)
{
	*policy = SCHED_OTHER;
	param->sched_priority = 0;
	return 0;
}

int pthread_setschedparam(pthread_t thread, int policy, struct sched_param *param)
{
	return policy == SCHED_OTHER && param->sched_priority == 0 ? 0 : ENOTSUP;
}

int pthread_setconcurrency(int level)
{
	return level < 0 ? EINVAL : 0;
}

int pthread_getconcurrency(void)
{
	return 0;
}

int pthread_getcpuclockid(pthread_t thread, clockid_t *clock)
{
	if (thread != thread_self())
		return ENOTSUP;
	*clock = CLOCK_THREAD_CPUTIME_ID;
	return 0;
}

/* ---- names, which the kernel keeps: 15 characters ---- */

int pthread_setname_np(pthread_t thread, const char *name)
{
	if (strlen(name) > 15)
		return ERANGE;
	if (thread != thread_self())
		return ENOTSUP;
	return (int)-raw(SYS_prctl, PR_SET_NAME, name);
}

int pthread_getname_np(pthread_t thread, char *buf, size_t size)
{
	if (size < 16)
		return ERANGE;
	if (thread != thread_self())
		return ENOTSUP;
	return (int)-raw(SYS_prctl, PR_GET_NAME, buf);
}
