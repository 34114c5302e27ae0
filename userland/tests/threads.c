/*
 * Threads and futexes, through pthreads and directly: creation, joining, locks, what exit, exec, fork and signals mean for them.
 */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "tap.h"

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;
static volatile sig_atomic_t handled_by;

static void *adder(void *argument)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return (char *)argument + 1;
}

static void locks(void)
{
	pthread_t threads[4];
	void *result;
	int right = 0;

	for (long i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, adder, (void *)i))
			note("pthread_create: %s", strerror(errno));
	for (long i = 0; i < 4; i++)
		if (pthread_join(threads[i], &result) == 0 && result == (char *)i + 1)
			right++;
	is(right, 4, "four threads, joined with their results");
	is(counter, 80000, "a mutex keeps them apart");
}

static void *ping(void *argument)
{
	int me = (int)(intptr_t)argument;

	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != me)
			pthread_cond_wait(&condition, &mutex);
		turn = !me;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void conditions(void)
{
	pthread_t a, b;
	struct timespec soon;

	pthread_create(&a, NULL, ping, (void *)0);
	pthread_create(&b, NULL, ping, (void *)1);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	is(turn, 0, "two threads take turns 500 times");
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 20000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_sec++;
		soon.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mutex);
	is(pthread_cond_timedwait(&condition, &mutex, &soon), ETIMEDOUT, "a timed wait ends in time");
	pthread_mutex_unlock(&mutex);
}

static void *sleeper(void *argument)
{
	for (;;)
		pause();
	return NULL;
}

static void *exiting(void *argument)
{
	usleep(20000);
	_exit(7);
}

static void *executing(void *argument)
{
	execl("/bin/sh", "sh", "-c", "exit 9", NULL);
	return NULL;
}

static void *killing(void *argument)
{
	usleep(20000);
	*(volatile char *)strtoul("16", NULL, 0) = 1;
	return NULL;
}

/* Starts three sleeping threads and one that does `what`; the first one sleeps too. */
static void with_threads(void *(*what)(void *))
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, sleeper, NULL);
	pthread_create(&thread, NULL, what, NULL);
	for (;;)
		pause();
}

static void *leaving(void *argument)
{
	usleep(50000);
	_exit(3);
}

static void ends(void)
{
	is(exit_of_child(with_threads(exiting)), 7, "exit in one thread ends them all");
	is(exit_of_child(with_threads(executing)), 9, "exec in one thread ends the others");
	is(exit_of_child(with_threads(killing)), 1000 + SIGSEGV, "a fault in one thread ends them all");
	is(exit_of_child({
		   pthread_t thread;
		   pthread_create(&thread, NULL, leaving, NULL);
		   pthread_exit(NULL);
	   }), 3, "the process lives on when its first thread has ended");
	is(exit_of_child({
		   int status;
		   pid_t pid;
		   pthread_t thread;
		   pthread_create(&thread, NULL, sleeper, NULL);
		   pid = fork();
		   if (pid == 0)
			   _exit(11);
		   waitpid(pid, &status, 0);
		   _exit(WEXITSTATUS(status));
	   }), 11, "fork copies the calling thread alone");
}

static void on_signal(int signal)
{
	handled_by = (int)call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

static volatile int waiting_tid;

static void *taker(void *argument)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	waiting_tid = (int)call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	while (!handled_by)
		usleep(1000);
	return NULL;
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t thread;
	sigset_t set;

	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, taker, NULL);
	while (!waiting_tid)
		usleep(1000);
	kill(getpid(), SIGUSR1);
	pthread_join(thread, NULL);
	is(handled_by, waiting_tid, "a signal goes to the thread that does not block it");
	handled_by = 0;
	waiting_tid = 0;
	pthread_create(&thread, NULL, taker, NULL);
	while (!waiting_tid)
		usleep(1000);
	is(pthread_kill(thread, SIGUSR1), 0, "pthread_kill");
	pthread_join(thread, NULL);
	is(handled_by, waiting_tid, "... reaches that thread");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static volatile int seen_uid = -1, go;

static void *asks_uid(void *argument)
{
	while (!go)
		usleep(1000);
	seen_uid = (int)call(SYS_getuid, 0, 0, 0, 0, 0, 0);
	return NULL;
}

static void identity(void)
{
	is(exit_of_child({
		   pthread_t thread;
		   pthread_create(&thread, NULL, asks_uid, NULL);
		   setuid(700);
		   go = 1;
		   pthread_join(thread, NULL);
		   _exit(seen_uid == 700 ? 0 : 1);
	   }), 0, "setuid counts for all threads");
}

static void *waits_on(void *argument)
{
	return (void *)call(SYS_futex, (long)argument, 0, 0, 0, 0, 0);
}

static void futexes(void)
{
	uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t *elsewhere, word = 0, other = 0;
	struct timespec short_time = { 0, 20000000 };
	pthread_t threads[3];
	long woken;
	int status, fd;
	pid_t pid;

	is(call(SYS_futex, (long)&word, 0, 1, 0, 0, 0), -EAGAIN, "a futex whose value has changed: EAGAIN");
	is(call(SYS_futex, (long)&word, 0, 0, (long)&short_time, 0, 0), -ETIMEDOUT, "a futex wait with a timeout");
	is(call(SYS_futex, (long)&word + 1, 0, 0, 0, 0, 0), -EINVAL, "an unaligned futex");
	is(call(SYS_futex, 0x1000, 0, 0, 0, 0, 0), -EFAULT, "a futex in nothing");
	is(call(SYS_futex, (long)&word, 1, 1, 0, 0, 0), 0, "a wake-up for nobody");
	pid = fork();
	if (pid == 0)
		_exit(call(SYS_futex, (long)shared, 0, 0, 0, 0, 0) == 0 ? 0 : 1);
	usleep(30000);
	woken = call(SYS_futex, (long)shared, 1, 1, 0, 0, 0);
	is(woken, 1, "a futex in shared memory wakes another process");
	waitpid(pid, &status, 0);
	is(status, 0, "... which goes on");

	/* The same page of a file at two addresses. */
	fd = open("/tmp/futex", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ftruncate(fd, 4096);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	elsewhere = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pthread_create(&threads[0], NULL, waits_on, shared);
	usleep(30000);
	is(call(SYS_futex, (long)elsewhere, 1, 1, 0, 0, 0), 1, "two mappings of a file are one futex");
	pthread_join(threads[0], NULL);
	close(fd);
	unlink("/tmp/futex");

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, waits_on, &word);
	usleep(50000);
	is(call(SYS_futex, (long)&word, 4, 1, 2, (long)&other, 5), -EAGAIN, "requeue with another value: EAGAIN");
	is(call(SYS_futex, (long)&word, 4, 1, 2, (long)&other, 0), 3, "requeue wakes one and moves two");
	is(call(SYS_futex, (long)&other, 1, 10, 0, 0, 0), 2, "which wait at the other word now");
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

static void *short_life(void *argument)
{
	return argument;
}

static void many(void)
{
	pthread_t thread;
	int failed = 0;

	for (int i = 0; i < 500; i++)
		if (pthread_create(&thread, NULL, short_life, NULL) || pthread_join(thread, NULL))
			failed++;
	is(failed, 0, "500 threads one after the other");
	fails_with(EINVAL, (errno = (int)-call(SYS_thread_create, 0x800000000000, 0, 0, 0, 0, 0), -1));
	fails_with(EPERM, (errno = (int)-call(SYS_set_tls, 0xffff800000000000, 0, 0, 0, 0, 0), -1));
}

int main(void)
{
	locks();
	conditions();
	ends();
	signals();
	identity();
	futexes();
	many();
	return done();
}
