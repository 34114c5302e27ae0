/*
 * Threads made, found, counted and ended. Running them is sched.c's.
 *
 * The end of a thread: it switches away for the last time (sched_leave), the next thread on that CPU puts it on the
 * reaper's list, and somebody in a context that may sleep (the reaper, or who makes the next thread) frees its stack and
 * drops the scheduler's reference.
 */
#include "arch/x86_64/context.h"
#include "arch/x86_64/trap_frame.h"
#include "arch/x86_64/tsc.h"
#include "debug/assert.h"
#include "lib/err.h"
#include "lib/math.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "task/load.h"
#include "task/run_queue.h"
#include "task/sched.h"
#include "task/waitq.h"

/* Kernel threads have numbers that no process can have. */
#define TID_KERNEL_FIRST 0x100000u

/* So many dead threads may lie around before the reaper is woken while the CPU is busy. */
#define REAPER_BACKLOG 8

struct list_node thread_list = LIST_INIT(thread_list);
static struct spinlock thread_list_lock = SPINLOCK_INIT("threads", LOCK_RANK_LIST);
static unsigned thread_count;
static uint32_t next_tid = TID_KERNEL_FIRST;

static struct slab_cache *thread_cache;
static struct thread idle_threads[CPU_MAX];

static void (*stack_free)(vaddr_t base);
static void (*thread_release)(struct thread *);

/* Dead threads, by run_link. The queue's lock guards the list too. */
static struct list_node dead_threads = LIST_INIT(dead_threads);
static unsigned dead_count;
static struct waitq reaper_wait = {
	.lock = SPINLOCK_INIT("reaper", LOCK_RANK_WAITQ),
	.sleepers = LIST_INIT(reaper_wait.sleepers),
	.listeners = LIST_INIT(reaper_wait.listeners),
};

/* ---- making ---------------------------------------------------------------------------------- */

/* What a new thread does first. */
static void thread_begin(void *argument)
{
	struct thread *thread = argument;

	sched_finish_switch();
	irq_enable();
	thread->entry(thread->entry_argument);
	thread_exit();
}

struct thread *thread_allocate(const char *name, vaddr_t stack_base, size_t stack_bytes)
{
	struct thread *thread;

	if (READ_ONCE(dead_count))
		thread_reap();
	if (unlikely(!thread_cache)) {
		thread_cache = slab_cache_create("thread", sizeof(struct thread), SLAB_CACHE_LINE, NULL);
		if (!thread_cache)
			return ERR_PTR(-ENOMEM);
	}
	thread = slab_alloc_zeroed(thread_cache);
	if (!thread)
		return ERR_PTR(-ENOMEM);
	refcount_init(&thread->refs, 1);
	thread->state = THREAD_NEW;
	thread->level = PRIORITY_NORMAL;
	thread->slice_left_ns = sched_slice(PRIORITY_NORMAL);
	thread->stack_base = stack_base;
	thread->stack_top = stack_base + stack_bytes;
	list_init(&thread->run_link);
	list_init(&thread->process_link);
	thread_set_name(thread, name);
	spin_lock(&thread_list_lock);
	thread->tid = next_tid++;
	list_add_tail(&thread_list, &thread->all_link);
	thread_count++;
	spin_unlock(&thread_list_lock);
	return thread;
}

void thread_set_tid(struct thread *thread, uint32_t tid)
{
	thread->tid = tid;
}

void thread_set_entry(struct thread *thread, void (*fn)(void *), void *argument)
{
	thread->entry = fn;
	thread->entry_argument = argument;
	/* A frame for user mode always fits above. */
	thread->context = context_init(thread->stack_top, sizeof(struct trap_frame), thread_begin, thread);
}

struct thread *thread_create_kernel(const char *name, void (*fn)(void *), void *argument, unsigned priority,
				    vaddr_t stack_base, size_t stack_bytes)
{
	struct thread *thread = thread_allocate(name, stack_base, stack_bytes);

	if (IS_ERR(thread))
		return thread;
	thread->level = (uint8_t)min(priority, PRIORITY_LEVELS - 1u);
	thread->slice_left_ns = sched_slice(thread->level);
	thread_set_entry(thread, fn, argument);
	thread_start(thread);
	return thread;
}

struct thread *thread_create_idle(unsigned cpu, vaddr_t stack_base, vaddr_t stack_top)
{
	struct thread *thread = &idle_threads[cpu];

	refcount_init(&thread->refs, 1);
	thread->state = THREAD_RUNNING;
	thread->level = PRIORITY_LEVELS - 1;
	thread->slice_left_ns = INT64_MAX;
	thread->cpu = (uint16_t)cpu;
	thread->stack_base = stack_base;
	thread->stack_top = stack_top;
	list_init(&thread->run_link);
	list_init(&thread->process_link);
	thread_set_name(thread, "idle");
	spin_lock(&thread_list_lock);
	thread->tid = next_tid++;
	list_add_tail(&thread_list, &thread->all_link);
	spin_unlock(&thread_list_lock);
	return thread;
}

void thread_set_name(struct thread *thread, const char *name)
{
	string_copy(thread->name, name, sizeof thread->name);
}

/* ---- references ------------------------------------------------------------------------------ */

struct thread *thread_get(struct thread *thread)
{
	refcount_get(&thread->refs);
	return thread;
}

static void unlink_and_free(struct thread *thread)
{
	spin_lock(&thread_list_lock);
	list_remove(&thread->all_link);
	thread_count--;
	spin_unlock(&thread_list_lock);
	slab_free(thread_cache, thread);
}

void thread_put(struct thread *thread)
{
	if (!thread || !refcount_put(&thread->refs))
		return;
	ASSERT(thread->state == THREAD_DEAD || thread->state == THREAD_NEW);
	if (thread_release)
		thread_release(thread);
	unlink_and_free(thread);
}

void thread_discard(struct thread *thread)
{
	ASSERT(thread->state == THREAD_NEW);
	if (stack_free && thread->stack_base)
		stack_free(thread->stack_base);
	thread_put(thread);
}

struct thread *thread_find(uint32_t tid)
{
	struct thread *thread, *found = NULL;

	spin_lock(&thread_list_lock);
	list_for_each_entry(thread, &thread_list, all_link) {
		if (thread->tid == tid && refcount_get_unless_zero(&thread->refs)) {
			found = thread;
			break;
		}
	}
	spin_unlock(&thread_list_lock);
	return found;
}

struct thread *thread_next(struct thread *previous)
{
	struct list_node *node;
	struct thread *found = NULL;

	spin_lock(&thread_list_lock);
	for (node = previous ? previous->all_link.next : thread_list.next; node != &thread_list; node = node->next) {
		struct thread *thread = list_entry(node, struct thread, all_link);

		if (refcount_get_unless_zero(&thread->refs)) {
			found = thread;
			break;
		}
	}
	spin_unlock(&thread_list_lock);
	thread_put(previous);
	return found;
}

/* ---- times ----------------------------------------------------------------------------------- */

int thread_nice(const struct thread *thread)
{
	return (int)thread->level - PRIORITY_NORMAL;
}

void thread_times(struct thread *thread, uint64_t *user_ns, uint64_t *system_ns)
{
	uint64_t total = READ_ONCE(thread->run_ns);
	uint64_t user_ticks = READ_ONCE(thread->user_ticks), system_ticks = READ_ONCE(thread->system_ticks);
	uint64_t user, system;

	if (thread == thread_current())
		total += time_ns() - thread->switched_in_ns;
	/* Without a sample in the kernel it was user mode, as far as one can tell. */
	user = system_ticks ? mul_div(total, user_ticks, user_ticks + system_ticks) : total;
	system = total - user;
	/* The share may shift, but what was told stands. */
	if (user < thread->user_ns) {
		user = thread->user_ns;
		system = total > user ? total - user : 0;
	}
	if (system < thread->system_ns) {
		system = thread->system_ns;
		if (total > system && total - system > user)
			user = total - system;
	}
	thread->user_ns = user;
	thread->system_ns = system;
	*user_ns = user;
	*system_ns = system;
}

void sched_stats(struct sched_stats *stats)
{
	uint64_t now = time_ns();

	*stats = (struct sched_stats){ .threads = thread_count };
	load_read(now, stats->load);
	for (unsigned i = 0; i < cpu_count; i++) {
		struct run_queue *rq = &run_queues[i];

		if (!rq->idle)
			continue;
		stats->running += rq->ready + (cpu_table[i]->thread != rq->idle);
		stats->idle_ns += rq->idle->run_ns;
		stats->busy_ns += now > rq->idle->run_ns ? now - rq->idle->run_ns : 0;
		stats->switches += rq->switches;
	}
}

/* ---- the end --------------------------------------------------------------------------------- */

void thread_exit(void)
{
	sched_leave();
}

void reaper_take(struct thread *thread)
{
	spin_lock(&reaper_wait.lock);
	list_add_tail(&dead_threads, &thread->run_link);
	if (++dead_count >= REAPER_BACKLOG)
		waitq_wake_locked(&reaper_wait, true);
	spin_unlock(&reaper_wait.lock);
}

void reaper_poke(void)
{
	if (READ_ONCE(dead_count))
		waitq_wake_all(&reaper_wait);
}

void thread_reap(void)
{
	for (;;) {
		uint64_t flags = spin_lock_irqsave(&reaper_wait.lock);
		struct list_node *node = list_pop(&dead_threads);
		struct thread *thread;

		if (node)
			dead_count--;
		spin_unlock_irqrestore(&reaper_wait.lock, flags);
		if (!node)
			return;
		thread = list_entry(node, struct thread, run_link);
		if (stack_free && thread->stack_base)
			stack_free(thread->stack_base);
		thread->stack_base = 0;
		thread_put(thread);
	}
}

static void reaper(void *unused)
{
	for (;;) {
		uint64_t flags = spin_lock_irqsave(&reaper_wait.lock);

		if (dead_count) {
			spin_unlock_irqrestore(&reaper_wait.lock, flags);
			thread_reap();
		} else {
			waitq_sleep(&reaper_wait, &reaper_wait.lock, false, 0);
		}
	}
}

void sched_set_stack_free(void (*fn)(vaddr_t))
{
	stack_free = fn;
}

void sched_set_thread_release(void (*fn)(struct thread *))
{
	thread_release = fn;
}

int sched_start_reaper(vaddr_t stack_base, size_t stack_bytes)
{
	struct thread *thread = thread_create_kernel("reaper", reaper, NULL, PRIORITY_KERNEL, stack_base, stack_bytes);

	if (IS_ERR(thread))
		return (int)PTR_ERR(thread);
	thread_put(thread);
	return 0;
}
