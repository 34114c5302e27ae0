/*
 * Threads: creation, end, joining, cancellation.
 *
 * A thread lives in one mapping, from low to high: guard, stack, newlib's state, thread-local
 * variables, struct __pthread. The thread that joins unmaps it. A detached thread cannot unmap the
 * stack it runs on: it goes to a list, and whoever creates a thread next frees what is there.
 *
 *  1. thread.tid is the thread's number while it runs; the kernel clears it and wakes the word.
 *  2. thread.state goes from JOINABLE to JOINED or DETACHED once; who does it frees the mapping.
 *  3. The list and the count change under list_lock.
 */
#include "thread.h"
#include <reent.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#define PAGE		4096UL
#define DEFAULT_STACK	(1024 * 1024UL)
#define DEFAULT_GUARD	PAGE
#define SIG_CANCEL	OSIER_SIGRTMIN

static int list_lock;
static struct __pthread *dead;		/* detached and ended, or about to end */
static int count = 1;

static size_t page_round(size_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

/* => list_lock held. Frees the mappings of detached threads that have left them. */
static void reap(void)
{
	struct __pthread **link = &dead, *thread;

	while ((thread = *link)) {
		if (__atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE)) {
			link = &thread->next;
			continue;
		}
		*link = thread->next;
		munmap(thread->map, thread->map_size);
	}
}

/* Ends the calling thread. => its cleanup handlers have run. */
static void __attribute__((noreturn)) finish(struct __pthread *self, void *result)
{
	sigset_t all = ~0UL;
	int last;

	self->cancel_state = PTHREAD_CANCEL_DISABLE;
	self->exiting = 1;
	if (__osier_key_destroy)
		__osier_key_destroy(self);

	__osier_lock(&list_lock);
	last = --count == 0;
	__osier_unlock(&list_lock);
	if (last)
		exit(0);

	raw(SYS_sigprocmask, SIG_SETMASK, &all, NULL);
	self->result = result;
	if (self != &__osier_main_thread && self->map) {
		int expected = THREAD_JOINABLE;

		_reclaim_reent(self->reent);
		self->reent = NULL;
		/* Joinable: the joiner waits for tid. Detached: we queue ourselves, then go. */
		if (!__atomic_compare_exchange_n(&self->state, &expected, THREAD_EXITED, 0,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
		    expected == THREAD_DETACHED) {
			__osier_lock(&list_lock);
			self->next = dead;
			dead = self;
			__osier_unlock(&list_lock);
		}
	}
	for (;;)
		raw(SYS_thread_exit, 0);
}

void pthread_exit(void *result)
{
	struct __pthread *self = thread_self();

	self->cancel_state = PTHREAD_CANCEL_DISABLE;
	while (self->cleanup) {
		struct _pthread_cleanup_context *context = self->cleanup;

		self->cleanup = context->_previous;
		context->_routine(context->_arg);
	}
	finish(self, result);
}

/* Where a thread begins, with all signals blocked. */
static void __attribute__((noreturn)) thread_entry(struct __pthread *self)
{
	raw(SYS_sigprocmask, SIG_SETMASK, &self->start_mask, NULL);
	pthread_exit(self->start(self->argument));
}

/* Acts on a cancellation where it may be acted upon. */
static void cancel_handler(int sig, siginfo_t *info, void *context)
{
	struct __pthread *self = thread_self();

	if (!self->cancelled || self->exiting || self->cancel_state != PTHREAD_CANCEL_ENABLE)
		return;
	if (self->cancel_type == PTHREAD_CANCEL_ASYNCHRONOUS || self->cancel_window) {
		self->cancel_window = 0;
		raw(SYS_sigprocmask, SIG_SETMASK, &((ucontext_t *)context)->uc_sigmask, NULL);
		pthread_exit(PTHREAD_CANCELED);
	}
}

/*
 * A system call in which the thread may be cancelled. A cancellation that comes before the call is
 * seen by the test, one that comes from then on by the handler.
 */
long __osier_cancel_call(long n, long a, long b, long c, long d, long e, long f)
{
	struct __pthread *self = thread_self();
	long ret;

	if (self->cancel_state != PTHREAD_CANCEL_ENABLE)
		return raw(n, a, b, c, d, e, f);
	self->cancel_window = 1;
	__asm__ volatile("" : : : "memory");
	if (self->cancelled) {
		self->cancel_window = 0;
		pthread_exit(PTHREAD_CANCELED);
	}
	ret = raw(n, a, b, c, d, e, f);
	__asm__ volatile("" : : : "memory");
	self->cancel_window = 0;
	return ret;
}

void pthread_testcancel(void)
{
	struct __pthread *self = thread_self();

	if (self->cancelled && self->cancel_state == PTHREAD_CANCEL_ENABLE)
		pthread_exit(PTHREAD_CANCELED);
}

int pthread_cancel(pthread_t thread)
{
	int tid;

	thread->cancelled = 1;
	if (thread == thread_self()) {
		if (thread->cancel_type == PTHREAD_CANCEL_ASYNCHRONOUS)
			pthread_testcancel();
		return 0;
	}
	tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE);
	if (!tid)
		return 0;		/* ended, not yet joined */
	return (int)-raw(SYS_tgkill, raw(SYS_getpid), tid, SIG_CANCEL);
}

int pthread_kill(pthread_t thread, int sig)
{
	int tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE);

	if (!tid)
		return thread->state == THREAD_JOINABLE || thread->state == THREAD_EXITED ? 0 : ESRCH;
	return (int)-raw(SYS_tgkill, raw(SYS_getpid), tid, sig);
}

/* The first pthread_create: from here on locks are real. */
static int become_threaded(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_RESTART };

	__osier_tls_start(NULL);
	action.sa_sigaction = cancel_handler;
	if (__osier_sigaction(SIG_CANCEL, &action, NULL) < 0)
		return errno;
	{
		struct __pthread *self = thread_self();

		self->tid = (int)raw(SYS_set_tid_address, &self->tid);
		self->reent = _GLOBAL_REENT;
	}
	__osier_threaded = 1;
	return 0;
}

int pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
	size_t stack, guard, tls, state, size;
	struct __pthread *self = NULL, *thread;
	sigset_t all = ~0UL, mask;
	uintptr_t top;
	char *map;
	long tid;
	int error;

	if (!__osier_threaded && (error = become_threaded()))
		return error;
	self = thread_self();

	stack = attr && attr->stacksize ? attr->stacksize : DEFAULT_STACK;
	guard = attr && attr->__initialized ? page_round(attr->guardsize) : DEFAULT_GUARD;
	tls = (__osier_tls_size() + 63) & ~63UL;
	state = (sizeof(struct _reent) + 63) & ~63UL;
	if (attr && attr->stackaddr) {
		/* The caller's stack: only what is ours is mapped. */
		guard = 0;
		size = page_round(state + tls + __osier_tls_align());
	} else {
		size = guard + page_round(stack) + page_round(state + tls + __osier_tls_align());
	}
	if (size < stack && !(attr && attr->stackaddr))
		return EAGAIN;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (map == MAP_FAILED)
		return EAGAIN;
	if (guard && mprotect(map, guard, PROT_NONE) < 0) {
		munmap(map, size);
		return EAGAIN;
	}
	top = (uintptr_t)map + size - sizeof(struct __pthread);
	top &= ~(__osier_tls_align() - 1);
	thread = (struct __pthread *)top;	/* fresh memory is zero */
	__osier_tls_copy(thread);
	thread->canary = self->canary;
	thread->map = map;
	thread->map_size = size;
	thread->start = start;
	thread->argument = arg;
	thread->guard_size = guard;
	thread->state = attr && attr->__initialized && attr->detachstate == PTHREAD_CREATE_DETACHED
			? THREAD_DETACHED : THREAD_JOINABLE;
	top = (top - (tls - sizeof(struct __pthread))) & ~63UL;
	top -= state;
	thread->reent = (struct _reent *)top;
	_REENT_INIT_PTR(thread->reent);
	if (attr && attr->stackaddr) {
		thread->stack = attr->stackaddr;
		thread->stack_size = stack;
		top = (uintptr_t)attr->stackaddr + stack;
	} else {
		thread->stack = map + guard;
		thread->stack_size = top - (uintptr_t)thread->stack;
	}
	top = (top & ~15UL) - 8;		/* as if called */
	*(unsigned long *)top = 0;		/* where backtraces end */

	__osier_lock(&list_lock);
	reap();
	count++;
	__osier_unlock(&list_lock);

	/* The new thread inherits the mask it is created under; no signal may find it half-made. */
	raw(SYS_sigprocmask, SIG_SETMASK, &all, &mask);
	thread->start_mask = mask;
	tid = raw(SYS_thread_create, thread_entry, top, thread, thread, &thread->tid, &thread->tid);
	raw(SYS_sigprocmask, SIG_SETMASK, &mask, NULL);
	if (tid < 0) {
		__osier_lock(&list_lock);
		count--;
		__osier_unlock(&list_lock);
		munmap(map, size);
		return tid == -ENOMEM ? EAGAIN : (int)-tid;
	}
	*out = thread;
	return 0;
}

int pthread_join(pthread_t thread, void **result)
{
	int state = __atomic_load_n(&thread->state, __ATOMIC_ACQUIRE), tid;

	if (thread == thread_self())
		return EDEADLK;
	if (state == THREAD_DETACHED || state == THREAD_JOINED)
		return EINVAL;
	while ((tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE)))
		__osier_wait(&thread->tid, (unsigned)tid, CLOCK_REALTIME, NULL, 1, 1);
	__atomic_store_n(&thread->state, THREAD_JOINED, __ATOMIC_RELEASE);
	if (result)
		*result = thread->result;
	if (thread->map)
		munmap(thread->map, thread->map_size);
	return 0;
}

int pthread_detach(pthread_t thread)
{
	int expected = THREAD_JOINABLE;

	if (__atomic_compare_exchange_n(&thread->state, &expected, THREAD_DETACHED, 0,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return 0;
	if (expected == THREAD_EXITED)
		return pthread_join(thread, NULL);
	return EINVAL;
}

/* when: -1 before a fork, 0 after it in the parent, 1 in the child's only thread. */
void __osier_fork_threads(int when)
{
	struct __pthread *self;

	if (!__osier_threaded)
		return;
	if (when < 0) {
		__osier_lock_all();
		return;
	}
	if (when > 0) {
		self = thread_self();
		list_lock = 0;
		dead = NULL;
		count = 1;
		self->tid = (int)raw(SYS_set_tid_address, &self->tid);
	}
	__osier_unlock_all();
}

void _pthread_cleanup_push(struct _pthread_cleanup_context *context, void (*routine)(void *),
			   void *arg)
{
	struct __pthread *self = thread_self();

	context->_routine = routine;
	context->_arg = arg;
	context->_previous = self->cleanup;
	self->cleanup = context;
}

void _pthread_cleanup_pop(struct _pthread_cleanup_context *context, int execute)
{
	thread_self()->cleanup = context->_previous;
	if (execute)
		context->_routine(context->_arg);
}

void _pthread_cleanup_push_defer(struct _pthread_cleanup_context *context,
				 void (*routine)(void *), void *arg)
{
	_pthread_cleanup_push(context, routine, arg);
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &context->_canceltype);
}

void _pthread_cleanup_pop_restore(struct _pthread_cleanup_context *context, int execute)
{
	pthread_setcanceltype(context->_canceltype, NULL);
	_pthread_cleanup_pop(context, execute);
}
