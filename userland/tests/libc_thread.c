/* Threads: creation, joining, mutexes, conditions, keys, cancellation, TLS, malloc from many. */
#include "tap.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <sys/wait.h>

enum { THREADS = 4, ROUNDS = 2000 };

static __thread int local = 42;
static __thread int zeroed;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_key_t key;
static sem_t sem;
static int counter, turns, destroyed, once_count, serial, cleaned;

static void *add(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return (void *)((intptr_t)arg * 10);
}

static void *private(void *arg)
{
	int *mine = &local;

	if (*mine != 42 || zeroed != 0)
		return NULL;
	local = (int)(intptr_t)arg;
	zeroed = 1;
	errno = (int)(intptr_t)arg;
	pthread_barrier_wait(&barrier);
	return errno == (int)(intptr_t)arg && local == (int)(intptr_t)arg ? mine : NULL;
}

static void *allocate(void *arg)
{
	char *block[32] = { NULL };
	unsigned int seed = (unsigned int)(intptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		int n = rand_r(&seed) % 32;
		size_t size = 1 + (size_t)rand_r(&seed) % 600;

		if (block[n] && (block[n][0] != (char)n || block[n][1] != (char)seed * 0 + (char)n))
			return NULL;
		free(block[n]);
		block[n] = malloc(size + 1);
		if (!block[n])
			return NULL;
		memset(block[n], n, size + 1);
	}
	for (int i = 0; i < 32; i++)
		free(block[i]);
	return arg;
}

static void *ping(void *arg)
{
	int me = (int)(intptr_t)arg;

	pthread_mutex_lock(&mutex);
	while (turns < 200) {
		while (turns < 200 && turns % 2 != me)
			pthread_cond_wait(&cond, &mutex);
		if (turns < 200)
			turns++;
		pthread_cond_broadcast(&cond);
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void destroy(void *value)
{
	__atomic_fetch_add(&destroyed, (int)(intptr_t)value, __ATOMIC_RELAXED);
}

static void run_once(void)
{
	once_count++;
}

static void *keyed(void *arg)
{
	pthread_once(&once, run_once);
	pthread_setspecific(key, arg);
	if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
		__atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED);
	return pthread_getspecific(key);
}

static void clean(void *arg)
{
	cleaned = (int)(intptr_t)arg;
}

static void *sleeper(void *arg)
{
	struct timespec forever = { 1000, 0 };

	pthread_cleanup_push(clean, (void *)7);
	sem_post(&sem);
	nanosleep(&forever, NULL);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *detached(void *arg)
{
	sem_post(&sem);
	return NULL;
}

static void run(void *(*f)(void *), void **results)
{
	pthread_t thread[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, f, (void *)(i + 1)))
			thread[i] = NULL;
	for (int i = 0; i < THREADS; i++)
		if (thread[i])
			pthread_join(thread[i], &results[i]);
}

int main(void)
{
	void *result[THREADS] = { NULL };
	pthread_mutexattr_t attr;
	pthread_mutex_t recursive;
	pthread_attr_t detach;
	pthread_t a, b;
	struct timespec soon;
	int status, good;

	run(add, result);
	is(counter, THREADS * ROUNDS, "a mutex keeps increments apart");
	ok(result[0] == (void *)10 && result[3] == (void *)40, "join gives the results");

	pthread_barrier_init(&barrier, NULL, THREADS);
	run(private, result);
	good = 1;
	for (int i = 0; i < THREADS; i++)
		good &= result[i] != NULL && result[i] != &local;
	ok(good && local == 42, "thread-local variables and errno are each thread's own");

	run(allocate, result);
	ok(result[0] && result[1] && result[2] && result[3], "malloc from several threads");

	pthread_create(&a, NULL, ping, (void *)0);
	pthread_create(&b, NULL, ping, (void *)1);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	is(turns, 200, "two threads take turns through a condition");

	pthread_key_create(&key, destroy);
	run(keyed, result);
	is(destroyed, 1 + 2 + 3 + 4, "destructors of thread-specific values");
	is(once_count, 1, "pthread_once");
	is(serial, 1, "one thread of a barrier is the serial one");
	pthread_key_delete(key);

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&recursive, &attr);
	ok(!pthread_mutex_lock(&recursive) && !pthread_mutex_lock(&recursive) &&
	   !pthread_mutex_unlock(&recursive) && !pthread_mutex_unlock(&recursive), "recursive mutex");
	is(pthread_mutex_unlock(&recursive), EPERM, "unlocking what one does not hold");
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&recursive, &attr);
	pthread_mutex_lock(&recursive);
	is(pthread_mutex_lock(&recursive), EDEADLK, "error-checking mutex");
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 20000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_sec++;
		soon.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mutex);
	is(pthread_cond_timedwait(&cond, &mutex, &soon), ETIMEDOUT, "timed wait ends");
	pthread_mutex_unlock(&mutex);
	ok(!pthread_rwlock_rdlock(&rwlock) && !pthread_rwlock_rdlock(&rwlock) &&
	   pthread_rwlock_trywrlock(&rwlock) == EBUSY && !pthread_rwlock_unlock(&rwlock) &&
	   !pthread_rwlock_unlock(&rwlock) && !pthread_rwlock_wrlock(&rwlock) &&
	   pthread_rwlock_tryrdlock(&rwlock) == EBUSY && !pthread_rwlock_unlock(&rwlock), "rwlock");

	sem_init(&sem, 0, 0);
	pthread_create(&a, NULL, sleeper, NULL);
	sem_wait(&sem);
	pthread_cancel(a);
	pthread_join(a, result);
	ok(result[0] == PTHREAD_CANCELED && cleaned == 7, "cancelled in a sleep, cleanup handler run");

	pthread_attr_init(&detach);
	pthread_attr_setdetachstate(&detach, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 20; i++) {
		pthread_create(&a, &detach, detached, NULL);
		sem_wait(&sem);
	}
	ok(1, "detached threads");

	fflush(stdout);
	if (fork() == 0) {
		/* The child has one thread, and locks that work. */
		free(malloc(100));
		run(add, result);
		_exit(result[0] == (void *)10 ? 5 : 6);
	}
	ok(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 5,
	   "a forked child makes threads of its own");
	return done();
}
