/*
 * Who runs: picking the next thread, switching to it, sleeping and waking, slices and the tick.
 *
 * Not here: making and ending threads (thread.c), what is slept on (waitq.c, mutex.c, rwlock.c).
 */
#include "task/sched.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/context.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/mmu.h"
#include "arch/x86_64/trap_frame.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/upcalls.h"
#include "debug/assert.h"
#include "lib/err.h"
#include "mm/frame.h"
#include "task/load.h"
#include "task/run_queue.h"
#include "task/timer.h"

struct run_queue run_queues[CPU_MAX];
uint64_t sched_idle_cpus;

/* ---- the queues ------------------------------------------------------------------------------ */

/* What a hand-over goes through is inlined: it is on the way of every pipe and every signal. */

int64_t sched_slice(unsigned level)
{
	int nice = (int)level - PRIORITY_NORMAL;

	if (level < PRIORITY_USER)
		return INT64_MAX;
	/* 40 ms at nice -20, 10 ms at 0, 1 ms at 19. */
	return nice < 0 ? (int64_t)SLICE_NS - nice * 1500000ll : (int64_t)SLICE_NS - nice * 470000ll;
}

static __always_inline void enqueue(struct run_queue *rq, struct thread *thread, bool expired, bool head)
{
	struct run_array *array = expired ? rq->expired : rq->active;
	struct list_node *level = &array->levels[thread->level];

	thread->expired = array == &rq->arrays[1];
	array->bitmap |= 1ull << thread->level;
	rq->ready++;
	if (head)
		list_add_head(level, &thread->run_link);
	else
		list_add_tail(level, &thread->run_link);
}

/* `expired` of a queued thread is the number of the array it is in. */
static __always_inline void dequeue(struct run_queue *rq, struct thread *thread)
{
	struct run_array *array = &rq->arrays[thread->expired];

	list_remove(&thread->run_link);
	rq->ready--;
	if (list_empty(&array->levels[thread->level]))
		array->bitmap &= ~(1ull << thread->level);
}

/* Takes the best thread out of the queues; the idle thread if there is none. */
static __always_inline struct thread *pick(struct run_queue *rq)
{
	struct run_array *array = rq->active;
	struct list_node *list, *first, *second;
	unsigned level;

	if (unlikely(!array->bitmap)) {
		if (!rq->expired->bitmap)
			return rq->idle;
		rq->active = rq->expired;
		rq->expired = array;
		array = rq->active;
	}
	/* As dequeue does it, but array, level and place are known. */
	level = (unsigned)__builtin_ctzll(array->bitmap);
	list = &array->levels[level];
	first = list->next;
	second = first->next;
	list->next = second;
	second->prev = list;
	if (second == list)
		array->bitmap &= ~(1ull << level);
	rq->ready--;
	list_init(first);
	return list_entry(first, struct thread, run_link);
}

/* The run queue of the CPU that `thread` belongs to, locked. Interrupts off. */
static __always_inline struct run_queue *lock_queue_of(struct thread *thread)
{
	for (;;) {
		struct run_queue *rq = &run_queues[READ_ONCE(thread->cpu)];

		spin_lock(&rq->lock);
		if (likely(rq->cpu == READ_ONCE(thread->cpu)))
			return rq;
		spin_unlock(&rq->lock);
	}
}

/* ---- switching ------------------------------------------------------------------------------- */

/* Charges the current thread for what it has run since `switched_in_ns`. */
static __always_inline void charge(struct thread *thread, uint64_t now)
{
	uint64_t ran = now - thread->switched_in_ns;

	thread->run_ns += ran;
	if (thread->level >= PRIORITY_USER)
		thread->slice_left_ns -= (int64_t)ran;
	thread->switched_in_ns = now;
}

void sched_finish_switch(void)
{
	struct run_queue *rq = run_queue_this();
	struct thread *dead = rq->dead;

	rq->dead = NULL;
	spin_unlock(&rq->lock);
	if (unlikely(dead))
		reaper_take(dead);
}

/*
 * Gives the CPU to the best thread. The caller has set the current thread's state (and queued it, if READY).
 * => rq->lock held on entry, not on return; interrupts off throughout.
 */
static void switch_away(struct run_queue *rq, struct thread *previous)
{
	struct thread *next = pick(rq);
	uint64_t now = time_ns();

	charge(previous, now);
	next->state = THREAD_RUNNING;
	if (next == previous) {
		spin_unlock(&rq->lock);
		return;
	}
	next->switched_in_ns = now;
	rq->switches++;
	if (previous->fpu_live) {
		fpu_switch_out(previous->fpu);
		previous->fpu_live = false;
	}
	if (next != rq->idle) {
		if (unlikely(!rq->tick.queued))
			timer_set(&rq->tick, now + SLICE_NS);
		/* Others wait: a slice that ends before the tick ends on time. */
		if (rq->ready && next->level >= PRIORITY_USER &&
		    now + (uint64_t)next->slice_left_ns < rq->tick.node.deadline_ns)
			timer_set(&rq->tick, now + (uint64_t)next->slice_left_ns);
	}
	cpu_set_thread(next);
	cpu_set_kernel_stack(next->stack_top);
	if (next->mmu) {
		mmu_switch(next->mmu);
		/* Always: user mode can zero its base by loading a selector, and the next thread must not inherit that. */
		cpu_set_user_fs(next->user_fs_base);
	} else if (unlikely(cpu_count > 1)) {
		/* Another CPU may end the process whose root is loaded here; with one CPU it is left loaded, it costs nothing. */
		mmu_switch(&kernel_mmu);
	}
	switch_context(&previous->context, next->context);
	sched_finish_switch();
}

void sched_resched(void)
{
	uint64_t flags = irq_save();
	struct thread *thread = thread_current();
	struct run_queue *rq = run_queue_this();

	ASSERT(cpu_may_sleep());
	__atomic_fetch_and(&thread->work, ~THREAD_WORK_RESCHEDULE, __ATOMIC_RELAXED);
	spin_lock(&rq->lock);
	charge(thread, time_ns());
	thread->state = THREAD_READY;
	if (thread->slice_left_ns <= 0) {
		thread->slice_left_ns = sched_slice(thread->level);
		enqueue(rq, thread, true, false);
	} else {
		/* A better one has come: this one goes on after it. */
		enqueue(rq, thread, false, thread->level >= PRIORITY_USER);
	}
	switch_away(rq, thread);
	irq_restore(flags);
}

void sched_yield(void)
{
	uint64_t flags = irq_save();
	struct thread *thread = thread_current();
	struct run_queue *rq = run_queue_this();

	ASSERT(cpu_may_sleep());
	__atomic_fetch_and(&thread->work, ~THREAD_WORK_RESCHEDULE, __ATOMIC_RELAXED);
	spin_lock(&rq->lock);
	if (rq->ready) {
		thread->state = THREAD_READY;
		enqueue(rq, thread, thread->level >= PRIORITY_USER, false);
		switch_away(rq, thread);
	} else {
		spin_unlock(&rq->lock);
	}
	irq_restore(flags);
}

void sched_leave(void)
{
	struct thread *thread = thread_current();
	struct run_queue *rq;

	irq_disable();
	rq = run_queue_this();
	spin_lock(&rq->lock);
	thread->state = THREAD_DEAD;
	rq->dead = thread;
	switch_away(rq, thread);
	__builtin_unreachable();
}

/* ---- sleeping and waking --------------------------------------------------------------------- */

static void sleep_timeout(struct timer *timer, void *argument)
{
	sched_wake_locked(argument, -ETIMEDOUT, WAKE_ASLEEP | 1u << THREAD_STOPPED);
}

int sched_sleep(enum thread_state state, struct spinlock *release, struct spinlock *release_too, const bool *unless,
		uint64_t deadline_ns)
{
	struct thread *thread = thread_current();
	struct run_queue *rq;
	struct timer timer;

	if (deadline_ns) {
		timer_init(&timer, sleep_timeout, thread);
		timer_set(&timer, deadline_ns);
	}
	rq = run_queue_this();
	spin_lock(&rq->lock);
	thread->wake_reason = 0;
	thread->state = state;
	if (release)
		spin_unlock(release);
	if (release_too)
		spin_unlock(release_too);
	/*
	 * From here on who wakes us waits for rq->lock; who set the bit or the word before that did it before we
	 * took the lock, or will find us asleep.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unless && READ_ONCE(*unless)) {
		thread->state = THREAD_RUNNING;
		spin_unlock(&rq->lock);
	} else if (state == THREAD_WAITING && unlikely(READ_ONCE(thread->work) & (THREAD_WORK_SIGNAL | THREAD_WORK_EXIT))) {
		thread->state = THREAD_RUNNING;
		thread->wake_reason = -EINTR;
		spin_unlock(&rq->lock);
	} else {
		ASSERT(cpu_this()->preempt_count == 1 && !cpu_this()->irq_nesting);
		switch_away(rq, thread);
	}
	if (deadline_ns)
		timer_cancel(&timer);
	return thread->wake_reason;
}

int sched_block(enum thread_state state, struct spinlock *held, uint64_t deadline_ns)
{
	int why;

	irq_disable();
	why = sched_sleep(state, held, NULL, NULL, deadline_ns);
	irq_enable();
	return why;
}

/*
 * Wakes a CPU from its idle loop. Who clears the bit sends the interrupt, so one is enough for many wake-ups; a CPU whose
 * bit is clear has not halted yet, or has been sent for: it looks at its queue before it halts again.
 */
static void kick_idle(unsigned cpu)
{
	uint64_t bit = 1ull << cpu;

	if (__atomic_fetch_and(&sched_idle_cpus, ~bit, __ATOMIC_SEQ_CST) & bit)
		apic_send(cpu_table[cpu]->apic_id, IRQ_VECTOR_RESCHEDULE);
}

/* Makes a CPU look at its queue: the one that `rq` belongs to, or an idle one that may steal. */
static __always_inline void notify(struct run_queue *rq, struct thread *thread)
{
	unsigned here = cpu_id();
	struct thread *running = cpu_table[rq->cpu]->thread;
	uint64_t idle;

	if (likely(running != rq->idle)) {
		if (thread->level < running->level) {
			__atomic_fetch_or(&running->work, THREAD_WORK_RESCHEDULE, __ATOMIC_RELAXED);
			if (rq->cpu != here)
				apic_send(cpu_table[rq->cpu]->apic_id, IRQ_VECTOR_RESCHEDULE);
		}
		idle = __atomic_load_n(&sched_idle_cpus, __ATOMIC_RELAXED);
		if (unlikely(idle))
			kick_idle((unsigned)__builtin_ctzll(idle));
	} else if (rq->cpu != here) {
		kick_idle(rq->cpu);
	}
}

bool sched_wake_locked(struct thread *thread, int reason, unsigned states)
{
	struct run_queue *rq = lock_queue_of(thread);

	if (unlikely(!(states >> thread->state & 1))) {
		spin_unlock(&rq->lock);
		return false;
	}
	thread->wake_reason = reason;
	thread->state = THREAD_READY;
	/*
	 * At the head: a wake-up followed by a block hands the CPU over. Who has used up its slice waits for the next
	 * round all the same.
	 */
	if (likely(thread->slice_left_ns > 0)) {
		enqueue(rq, thread, false, true);
		notify(rq, thread);
	} else {
		thread->slice_left_ns = sched_slice(thread->level);
		enqueue(rq, thread, true, false);
		if (cpu_table[rq->cpu]->thread == rq->idle)
			notify(rq, thread);
	}
	spin_unlock(&rq->lock);
	return true;
}

static bool wake(struct thread *thread, int reason, unsigned states)
{
	uint64_t flags = irq_save();
	bool woken = sched_wake_locked(thread, reason, states);

	irq_restore(flags);
	return woken;
}

bool thread_wake(struct thread *thread, int reason)
{
	return wake(thread, reason, WAKE_ASLEEP);
}

bool thread_interrupt(struct thread *thread)
{
	return wake(thread, -EINTR, 1u << THREAD_WAITING);
}

bool thread_continue(struct thread *thread)
{
	return wake(thread, 0, 1u << THREAD_STOPPED);
}

void thread_start(struct thread *thread)
{
	uint64_t flags = irq_save();
	struct run_queue *rq = run_queue_this();
	struct thread *parent = thread_current();

	thread_get(thread);		/* the scheduler's, until it is dead */
	thread->cpu = rq->cpu;
	/* A child lives on its parent's slice, so that forking gains nothing. */
	if (thread->level >= PRIORITY_USER && parent != rq->idle && parent->slice_left_ns > 1000000) {
		parent->slice_left_ns /= 2;
		thread->slice_left_ns = min(parent->slice_left_ns, sched_slice(thread->level));
	}
	spin_lock(&rq->lock);
	thread->state = THREAD_READY;
	enqueue(rq, thread, false, false);
	notify(rq, thread);
	spin_unlock(&rq->lock);
	irq_restore(flags);
}

void thread_set_nice(struct thread *thread, int nice)
{
	uint64_t flags = irq_save();
	struct run_queue *rq = lock_queue_of(thread);
	bool queued = thread->state == THREAD_READY, expired = false;

	if (queued) {
		expired = &rq->arrays[thread->expired] == rq->expired;
		dequeue(rq, thread);
	}
	thread->level = (uint8_t)(PRIORITY_NORMAL + clamp(nice, -20, 19));
	thread->slice_left_ns = min(thread->slice_left_ns, sched_slice(thread->level));
	if (queued)
		enqueue(rq, thread, expired, false);
	spin_unlock(&rq->lock);
	irq_restore(flags);
}

/* ---- the tick -------------------------------------------------------------------------------- */

/* Whether the timer interrupt came in user mode: then it wrote the thread's frame; a system call writes another vector. */
static bool interrupted_user(struct thread *thread)
{
	return thread->process && cpu_user_frame()->vector == IRQ_VECTOR_TIMER;
}

/*
 * Every 10 ms while the CPU is not idle, earlier where a slice ends: samples user and system time, ends slices.
 * An idle CPU lets it run out.
 */
static void tick(struct timer *timer, void *argument)
{
	struct run_queue *rq = argument;
	struct thread *thread = thread_current();
	uint64_t now = time_ns(), next = now + SLICE_NS;

	if (thread == rq->idle)
		return;
	spin_lock(&rq->lock);
	charge(thread, now);
	if (interrupted_user(thread))
		thread->user_ticks++;
	else
		thread->system_ticks++;
	if (rq->ready && thread->level >= PRIORITY_USER) {
		if (thread->slice_left_ns <= 0)
			__atomic_fetch_or(&thread->work, THREAD_WORK_RESCHEDULE, __ATOMIC_RELAXED);
		else if (now + (uint64_t)thread->slice_left_ns < next)
			next = now + (uint64_t)thread->slice_left_ns;
	} else if (thread->slice_left_ns <= 0) {
		thread->slice_left_ns = sched_slice(thread->level);
	}
	spin_unlock(&rq->lock);
	load_tick(now);
	timer_set(timer, next);
}

/* ---- idling ---------------------------------------------------------------------------------- */

/* Another CPU's thread for this idle one. Interrupts off, no lock held. => true if there is one now. */
static bool steal(struct run_queue *rq)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		struct run_queue *other = &run_queues[i];
		struct thread *thread;

		if (other == rq || !READ_ONCE(other->ready))
			continue;
		spin_lock(&other->lock);
		/*
		 * One that waits behind another that runs; an idle CPU will look after its own. (So two idle CPUs never
		 * hold each other's lock and want the other.)
		 */
		if (!other->ready || cpu_table[i]->thread == other->idle) {
			spin_unlock(&other->lock);
			continue;
		}
		thread = pick(other);
		/* Between the queues it is READY and in neither: who wakes or moves it spins on our lock, taken first. */
		spin_lock(&rq->lock);
		WRITE_ONCE(thread->cpu, rq->cpu);
		enqueue(rq, thread, false, false);
		spin_unlock(&rq->lock);
		spin_unlock(&other->lock);
		return true;
	}
	return false;
}

void sched_idle(void)
{
	struct run_queue *rq = run_queue_this();
	uint64_t bit = 1ull << rq->cpu;

	for (;;) {
		irq_disable();
		if (READ_ONCE(rq->ready) || (cpu_count > 1 && steal(rq))) {
			spin_lock(&rq->lock);
			rq->idle->state = THREAD_READY;
			switch_away(rq, rq->idle);
			irq_enable();
			continue;
		}
		irq_enable();
		reaper_poke();
		if (READ_ONCE(rq->ready) || frame_zero_idle())
			continue;
		irq_disable();
		__atomic_fetch_or(&sched_idle_cpus, bit, __ATOMIC_SEQ_CST);
		if (!READ_ONCE(rq->ready))
			cpu_idle_wait();
		__atomic_fetch_and(&sched_idle_cpus, ~bit, __ATOMIC_SEQ_CST);
	}
}

/* Another CPU asks for attention: the return from the interrupt, or the idle loop, does the rest. */
static void reschedule_interrupt(void *unused)
{
}

void sched_init(vaddr_t stack_base, vaddr_t stack_top)
{
	static bool once;
	struct run_queue *rq = &run_queues[cpu_id()];

	if (!once) {
		once = true;
		irq_set_handler(IRQ_VECTOR_RESCHEDULE, reschedule_interrupt, NULL);
	}
	spin_init(&rq->lock, "run queue", LOCK_RANK_RUNQ);
	rq->cpu = (uint16_t)cpu_id();
	for (unsigned a = 0; a < 2; a++)
		for (unsigned i = 0; i < PRIORITY_LEVELS; i++)
			list_init(&rq->arrays[a].levels[i]);
	rq->active = &rq->arrays[0];
	rq->expired = &rq->arrays[1];
	timer_init(&rq->tick, tick, rq);
	rq->idle = thread_create_idle(rq->cpu, stack_base, stack_top);
	cpu_this()->slots[CPU_SLOT_RUN_QUEUE] = rq;
	cpu_this()->slots[CPU_SLOT_IDLE_THREAD] = rq->idle;
	rq->idle->switched_in_ns = time_ns();
	cpu_set_thread(rq->idle);
}

/* An application CPU: its idle thread runs on the stack that it came with. */
void ap_main(void)
{
	sched_init(0, cpu_this()->kernel_stack_top);
	irq_enable();
	sched_idle();
}
