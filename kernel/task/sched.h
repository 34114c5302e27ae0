/*
 * The scheduler: threads made, run, put to sleep, woken, ended.
 *
 * One run queue a CPU. A level for each nice value and a few above for kernel threads; two arrays of queues: a
 * thread that has used up its slice waits in the expired one until the active one is empty, so that every thread
 * gets its slice in every round and nice only says how long that is and who goes first. User mode is preempted at
 * the end of a slice or by a better thread; the kernel is not preempted.
 *
 * Times: `run_ns` is exact (read at every switch). How it divides into user and system is sampled by the tick that
 * runs every 10 ms while a CPU is not idle, because reading the clock at every system call would cost more than most
 * system calls.
 */
#ifndef OSIER_TASK_SCHED_H
#define OSIER_TASK_SCHED_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "sync/spinlock.h"
#include "task/thread.h"

struct spinlock;

#define SLICE_NS 10000000ull		/* at nice 0 */

enum thread_priority {
	PRIORITY_KERNEL = 0,		/* kernel threads that others wait for; no slices */
	PRIORITY_USER = 8,		/* + nice + 20 */
	PRIORITY_NORMAL = PRIORITY_USER + 20,
	PRIORITY_LEVELS = 48,
};

/* Makes the caller's context this CPU's idle thread. Once a CPU; interrupts off. `stack`: what it runs on. */
void sched_init(vaddr_t stack_base, vaddr_t stack_top);
/* The idle loop; what the boot context ends in. Interrupts are switched on. */
_Noreturn void sched_idle(void);

/* Called (by the reaper thread, sleeping allowed) with the base of a dead thread's stack. */
void sched_set_stack_free(void (*)(vaddr_t stack_base));
/* Called by the reaper before a thread's memory goes, once its last reference is dropped: what upper layers hung on it. */
void sched_set_thread_release(void (*)(struct thread *));
/* Starts the reaper on a stack of the caller's. After that threads may exit. */
int sched_start_reaper(vaddr_t stack_base, size_t stack_bytes);

/*
 * A thread with one reference, THREAD_NEW, everything else zero; it owns the stack [stack_base, +stack_bytes) from
 * now on, on success. A free tid of its own; see thread_set_tid. ERR_PTR(-ENOMEM).
 */
struct thread *thread_allocate(const char *name, vaddr_t stack_base, size_t stack_bytes);
/* Makes it begin in fn(argument) on its kernel stack; when fn returns, the thread exits. */
void thread_set_entry(struct thread *, void (*fn)(void *), void *argument);
/* The number that user space knows it by; before thread_start. */
void thread_set_tid(struct thread *, uint32_t tid);
/* Lets it run. The run queue has a reference until it is dead. `thread_put` your own when done with it. */
void thread_start(struct thread *);
/* Gives back one that was never started, with its stack. */
void thread_discard(struct thread *);

/* Both in one; => the thread with a reference for the caller (thread_put), or ERR_PTR. The stack is taken on success. */
struct thread *thread_create_kernel(const char *name, void (*fn)(void *), void *argument,
				    unsigned priority, vaddr_t stack_base, size_t stack_bytes);

/* The current thread ends. The reaper frees its stack; its struct lives as long as references do. */
_Noreturn void thread_exit(void);

/* Frees the stacks of threads that have exited, now rather than later. Sleeps. */
void thread_reap(void);

struct thread *thread_get(struct thread *);
void thread_put(struct thread *);
/* A thread by number, with a reference; NULL. */
struct thread *thread_find(uint32_t tid);
/* Every thread in order of creation: NULL: the first. Takes a reference on what it returns, drops the one on `previous`. */
struct thread *thread_next(struct thread *previous);
extern struct list_node thread_list;	/* thread.all_link, for GDB */
void thread_set_name(struct thread *, const char *);

/* -20 .. 19. */
void thread_set_nice(struct thread *, int nice);
int thread_nice(const struct thread *);

/* CPU time used so far. Neither ever goes back. */
void thread_times(struct thread *, uint64_t *user_ns, uint64_t *system_ns);

/* Lets others of the same level run; the caller stays runnable. */
void sched_yield(void);
/* For loops over user-sized input: gives way if somebody should run. No lock held. */
void sched_resched(void);
static inline void sched_point(void)
{
	if (unlikely(READ_ONCE(thread_current()->work) & THREAD_WORK_RESCHEDULE))
		sched_resched();
}

/*
 * Ends a sleep with `reason` (0, -ETIMEDOUT, -EINTR) => true if the thread was asleep (SLEEPING, WAITING).
 * From any context. thread_interrupt ends only interruptible ones, and is what a signal calls after it has
 * set THREAD_WORK_SIGNAL: a thread about to sleep interruptibly sees the bit and does not.
 */
bool thread_wake(struct thread *, int reason);
bool thread_interrupt(struct thread *);

/* Bits of thread.work, from any context. */
static inline void thread_work_set(struct thread *thread, uint32_t bits)
{
	__atomic_fetch_or(&thread->work, bits, __ATOMIC_SEQ_CST);
}

static inline void thread_work_clear(struct thread *thread, uint32_t bits)
{
	__atomic_fetch_and(&thread->work, ~bits, __ATOMIC_SEQ_CST);
}

/*
 * Sleeps without a queue until thread_wake (state: THREAD_SLEEPING, WAITING or STOPPED). `held` is released once
 * the thread counts as asleep. => as waitq_sleep. A STOPPED thread is woken by thread_continue only.
 */
int sched_block(enum thread_state, struct spinlock *held, uint64_t deadline_ns);
bool thread_continue(struct thread *);

/* Sums for /proc: threads ready or running, average load * 2048 over 1, 5, 15 minutes, ns not idle. */
struct sched_stats {
	unsigned running, threads;
	uint64_t load[3];
	uint64_t busy_ns, idle_ns, switches;
};
void sched_stats(struct sched_stats *);

#endif
