/*
 * `selftest=task`: sleeping and waking, locks, timers and polling, tried between kernel threads, and what a hand-over of the CPU
 * costs. Each part logs `ok` or `not ok`.
 */
#include "arch/x86_64/tsc.h"
#include "debug/log.h"
#include "init/selftest.h"
#include "lib/err.h"
#include "task/mutex.h"
#include "task/poll.h"
#include "task/rwlock.h"
#include "task/sched.h"
#include "task/timer.h"
#include "task/waitq.h"
#include "vm/kernel_regions.h"

#define MS 1000000ull

static void result(const char *what, bool good)
{
	log_raw("%s - task: %s\n", good ? "ok" : "not ok", what);
}

static void run(const char *name, void (*fn)(void *), void *argument)
{
	vaddr_t stack = kernel_stack_allocate();
	struct thread *thread =
		thread_create_kernel(name, fn, argument, PRIORITY_NORMAL, stack, KERNEL_STACK_BYTES);

	if (!stack || IS_ERR(thread))
		result("no memory for a thread", false);
	else
		thread_put(thread);
}

/* ---- two threads that wake each other -------------------------------------------------------- */

#define ROUNDS 2000u

static struct {
	struct spinlock lock;
	struct waitq queue[2];
	unsigned turn, rounds;
	struct completion done;
} ping;

static void ping_side(void *argument)
{
	unsigned side = (unsigned)(uintptr_t)argument;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t flags = spin_lock_irqsave(&ping.lock);

		while (ping.turn != side) {
			waitq_sleep(&ping.queue[side], &ping.lock, false, 0);
			flags = spin_lock_irqsave(&ping.lock);
		}
		ping.turn = !side;
		ping.rounds++;
		spin_unlock_irqrestore(&ping.lock, flags);
		waitq_wake_one(&ping.queue[!side]);
	}
	if (side == 1)
		completion_signal(&ping.done);
}

static void test_ping(void)
{
	uint64_t before;

	spin_init(&ping.lock, "ping", LOCK_RANK_DRIVER);
	waitq_init(&ping.queue[0]);
	waitq_init(&ping.queue[1]);
	completion_init(&ping.done);
	ping.turn = ping.rounds = 0;
	before = clock_monotonic_ns();
	run("ping", ping_side, (void *)0);
	run("pong", ping_side, (void *)1);
	completion_wait(&ping.done, false, 0);
	result("two threads took turns", ping.rounds == 2 * ROUNDS);
	log_info("selftest: a hand-over takes %lu ns", (clock_monotonic_ns() - before) / ping.rounds);
}

/* ---- locks ----------------------------------------------------------------------------------- */

#define CROWD 8u

static struct {
	struct mutex mutex;
	struct rwlock rwlock;
	unsigned inside, readers, writers, count, left;
	bool broken;
	struct completion done;
} crowd;

static void leave_crowd(void)
{
	if (__atomic_sub_fetch(&crowd.left, 1, __ATOMIC_ACQ_REL) == 0)
		completion_signal(&crowd.done);
}

static void mutex_member(void *argument)
{
	for (unsigned i = 0; i < 200; i++) {
		mutex_lock(&crowd.mutex);
		crowd.broken |= crowd.inside++ != 0;
		sched_yield();
		crowd.broken |= --crowd.inside != 0;
		crowd.count++;
		mutex_unlock(&crowd.mutex);
		if (i % 3 == 0)
			sched_yield();
	}
	leave_crowd();
}

static void rwlock_member(void *argument)
{
	unsigned number = (unsigned)(uintptr_t)argument;

	for (unsigned i = 0; i < 200; i++) {
		if ((i + number) % 4 == 0) {
			rwlock_write_lock(&crowd.rwlock);
			crowd.broken |= crowd.writers++ != 0 || crowd.readers != 0;
			sched_yield();
			crowd.writers--;
			if (i % 8 == 0) {
				crowd.readers++;
				rwlock_downgrade(&crowd.rwlock);
				sched_yield();
				crowd.broken |= crowd.writers != 0;
				crowd.readers--;
				rwlock_read_unlock(&crowd.rwlock);
			} else {
				rwlock_write_unlock(&crowd.rwlock);
			}
		} else {
			rwlock_read_lock(&crowd.rwlock);
			crowd.readers++;
			crowd.broken |= crowd.writers != 0;
			sched_yield();
			crowd.broken |= crowd.writers != 0;
			crowd.readers--;
			rwlock_read_unlock(&crowd.rwlock);
		}
		crowd.count++;
	}
	leave_crowd();
}

static void test_crowd(const char *what, void (*member)(void *))
{
	crowd.left = CROWD;
	crowd.inside = crowd.readers = crowd.writers = crowd.count = 0;
	crowd.broken = false;
	completion_init(&crowd.done);
	mutex_init(&crowd.mutex, LOCK_RANK_NONE);
	rwlock_init(&crowd.rwlock, LOCK_RANK_NONE);
	for (unsigned i = 0; i < CROWD; i++)
		run("crowd", member, (void *)(uintptr_t)i);
	result(what, completion_wait(&crowd.done, false, clock_monotonic_ns() + 5000 * MS) == 0 && !crowd.broken &&
			     crowd.count == CROWD * 200 && !mutex_is_locked(&crowd.mutex) && !crowd.rwlock.state);
}

/* ---- time ------------------------------------------------------------------------------------ */

static unsigned fired[4], fired_count;

static void on_timer(struct timer *timer, void *argument)
{
	fired[fired_count++ & 3] = (unsigned)(uintptr_t)argument;
}

static void test_timers(void)
{
	struct timer timers[4];
	uint64_t now = clock_monotonic_ns(), before;
	static const unsigned delay[4] = { 3, 1, 4, 2 };
	struct waitq queue;
	struct spinlock lock = SPINLOCK_INIT("test", LOCK_RANK_DRIVER);
	uint64_t flags;
	int why;

	fired_count = 0;
	for (unsigned i = 0; i < 4; i++) {
		timer_init(&timers[i], on_timer, (void *)(uintptr_t)delay[i]);
		timer_set(&timers[i], now + delay[i] * MS);
	}
	result("a timer that is cancelled was set", timer_cancel(&timers[2]));
	clock_sleep_ns(10 * MS, false);
	result("timers fire in order", fired_count == 3 && fired[0] == 1 && fired[1] == 2 && fired[2] == 3);
	result("one that has fired is not set", !timer_cancel(&timers[0]));

	waitq_init(&queue);
	before = clock_monotonic_ns();
	flags = spin_lock_irqsave(&lock);
	(void)flags;
	why = waitq_sleep(&queue, &lock, true, before + 5 * MS);
	now = clock_monotonic_ns();
	result("a sleep ends at its deadline", why == -ETIMEDOUT && now - before >= 5 * MS && list_empty(&queue.sleepers));
}

/* ---- signals and polling --------------------------------------------------------------------- */

static struct waitq poll_queues[12];

static void poke(void *argument)
{
	clock_sleep_ns(2 * MS, false);
	waitq_wake_all(&poll_queues[(uintptr_t)argument]);
}

static void interrupt(void *argument)
{
	clock_sleep_ns(2 * MS, false);
	thread_work_set(argument, THREAD_WORK_SIGNAL);
	thread_interrupt(argument);
}

static void test_poll(void)
{
	struct poll_waiter waiter;
	struct thread *self = thread_current();
	bool good;

	poll_waiter_init(&waiter);
	for (unsigned i = 0; i < ARRAY_SIZE(poll_queues); i++) {
		waitq_init(&poll_queues[i]);
		poll_add(&waiter, &poll_queues[i]);
	}
	result("a poll times out", poll_wait(&waiter, clock_monotonic_ns() + MS) == -ETIMEDOUT);
	run("poke", poke, (void *)11);
	result("a poll is woken", poll_wait(&waiter, clock_monotonic_ns() + 1000 * MS) == 0);
	waitq_wake_all(&poll_queues[3]);
	result("an event before the poll counts", poll_wait(&waiter, clock_monotonic_ns() + 1000 * MS) == 0);
	run("interrupt", interrupt, self);
	good = poll_wait(&waiter, clock_monotonic_ns() + 1000 * MS) == -EINTR;
	result("a signal ends a poll", good);
	result("and every later one", poll_wait(&waiter, 0) == -EINTR);
	thread_work_clear(self, THREAD_WORK_SIGNAL);
	poll_waiter_finish(&waiter);
	good = true;
	for (unsigned i = 0; i < ARRAY_SIZE(poll_queues); i++)
		good &= waitq_idle(&poll_queues[i]);
	result("nothing is left on the queues", good);
}

static void empty(void *argument)
{
}

static void test_threads(void)
{
	struct sched_stats before, after;

	clock_sleep_ns(5 * MS, false);
	thread_reap();
	sched_stats(&before);
	for (unsigned i = 0; i < 100; i++) {
		run("short", empty, NULL);
		if (i % 10 == 9)
			sched_yield();
	}
	clock_sleep_ns(5 * MS, false);
	thread_reap();
	sched_stats(&after);
	result("threads that end are gone", after.threads == before.threads);
}

void selftest_task(void)
{
	test_ping();
	test_crowd("a mutex keeps a crowd apart", mutex_member);
	test_crowd("a rwlock keeps writers apart", rwlock_member);
	test_timers();
	test_poll();
	test_threads();
}
