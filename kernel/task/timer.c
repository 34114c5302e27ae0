/*
 * Timers: a heap a CPU, and the one-shot interrupt armed for its earliest.
 */
#include "task/timer.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/tsc.h"
#include "debug/assert.h"
#include "sync/spinlock.h"

struct timer_cpu {
	struct spinlock lock;
	struct timer_heap heap;
	uint64_t armed_ns;		/* what the hardware is set to; UINT64_MAX: nothing */
	struct timer *running;		/* its function is being called */
};

static struct timer_cpu timer_cpus[CPU_MAX];

void timer_init(struct timer *timer, timer_fn fn, void *argument)
{
	*timer = (struct timer){ .fn = fn, .argument = argument };
}

/* The hardware follows the heap; only ever on its own CPU. */
static void arm_locked(struct timer_cpu *cpu)
{
	struct timer_node *first = timer_heap_first(&cpu->heap);

	if (first && first->deadline_ns < cpu->armed_ns) {
		cpu->armed_ns = first->deadline_ns;
		apic_timer_set(first->deadline_ns);
	}
}

/* Locks the heap the timer is in or was last in. Interrupts off. */
static struct timer_cpu *lock_heap_of(struct timer *timer)
{
	for (;;) {
		unsigned id = READ_ONCE(timer->cpu);
		struct timer_cpu *cpu = &timer_cpus[id];

		spin_lock(&cpu->lock);
		if (likely(READ_ONCE(timer->cpu) == id))
			return cpu;
		spin_unlock(&cpu->lock);
	}
}

static bool dequeue(struct timer *timer)
{
	struct timer_cpu *cpu = lock_heap_of(timer);
	bool was = timer->queued;

	if (was) {
		timer_heap_remove(&cpu->heap, &timer->node);
		timer->queued = false;
	}
	spin_unlock(&cpu->lock);
	return was;
}

/* A timer has one user at a time who sets it: two CPUs do not call this for the same timer at once. */
void timer_set(struct timer *timer, uint64_t deadline_ns)
{
	uint64_t flags = irq_save();
	struct timer_cpu *cpu = &timer_cpus[cpu_id()];

	if (READ_ONCE(timer->queued))
		dequeue(timer);
	spin_lock(&cpu->lock);
	timer->cpu = cpu_id();
	timer->queued = true;
	timer->node.deadline_ns = deadline_ns;
	timer_heap_insert(&cpu->heap, &timer->node);
	arm_locked(cpu);
	spin_unlock(&cpu->lock);
	irq_restore(flags);
}

bool timer_cancel(struct timer *timer)
{
	uint64_t flags = irq_save();
	struct timer_cpu *cpu = &timer_cpus[READ_ONCE(timer->cpu)];
	bool was = dequeue(timer);

	/* On this CPU a function that runs is the caller itself. */
	if (!was && cpu != &timer_cpus[cpu_id()])
		while (load_acquire(&cpu->running) == timer)
			cpu_pause();
	irq_restore(flags);
	return was;
}

static void timer_interrupt(void *unused)
{
	struct timer_cpu *cpu = &timer_cpus[cpu_id()];
	uint64_t now = time_ns();

	spin_lock(&cpu->lock);
	cpu->armed_ns = UINT64_MAX;
	for (;;) {
		struct timer_node *first = timer_heap_first(&cpu->heap);
		struct timer *timer;

		if (!first)
			break;
		if (first->deadline_ns > now) {
			now = time_ns();
			if (first->deadline_ns > now)
				break;
		}
		timer = container_of(first, struct timer, node);
		timer_heap_remove(&cpu->heap, first);
		timer->queued = false;
		cpu->running = timer;
		spin_unlock(&cpu->lock);
		timer->fn(timer, timer->argument);
		spin_lock(&cpu->lock);
		store_release(&cpu->running, NULL);
	}
	arm_locked(cpu);
	spin_unlock(&cpu->lock);
}

void timers_init(void)
{
	for (unsigned i = 0; i < CPU_MAX; i++) {
		spin_init(&timer_cpus[i].lock, "timers", LOCK_RANK_TIMER);
		timer_cpus[i].armed_ns = UINT64_MAX;
	}
	irq_set_handler(IRQ_VECTOR_TIMER, timer_interrupt, NULL);
}
