/*
 * Load averages, in fixed point with 11 bits after the point, sampled every 5 s; see getloadavg(3) for what they mean.
 */
#include "task/load.h"

#include "arch/x86_64/cpu.h"
#include "task/run_queue.h"

#define FIXED_ONE 2048
#define SAMPLE_NS 5000000000ull

static struct spinlock load_lock = SPINLOCK_INIT("load", LOCK_RANK_TIMER);
static uint64_t averages[3];
static uint64_t next_sample_ns = SAMPLE_NS;

/* exp(-5 s / 1, 5, 15 min) * 2048 */
static const uint64_t decay[3] = { 1884, 2014, 2037 };

static void sample(uint64_t active)
{
	for (unsigned i = 0; i < 3; i++) {
		uint64_t target = active * FIXED_ONE;
		uint64_t sum = averages[i] * decay[i] + target * (FIXED_ONE - decay[i]);

		/* Rounded towards the target, so that it gets there. */
		averages[i] = (sum + (target >= averages[i] ? FIXED_ONE - 1 : 0)) / FIXED_ONE;
	}
}

static uint64_t active_threads(void)
{
	uint64_t active = 0;

	for (unsigned i = 0; i < cpu_count; i++) {
		active += READ_ONCE(run_queues[i].ready);
		if (cpu_table[i] && run_queues[i].idle && cpu_table[i]->thread != run_queues[i].idle)
			active++;
	}
	return active;
}

static void catch_up(uint64_t now_ns, uint64_t active)
{
	/* Nobody ran in the samples that were missed. An hour of them leaves nothing. */
	for (unsigned missed = 0; next_sample_ns + SAMPLE_NS <= now_ns && missed < 1000; missed++) {
		sample(0);
		next_sample_ns += SAMPLE_NS;
	}
	if (next_sample_ns + SAMPLE_NS <= now_ns)
		next_sample_ns = now_ns;
	if (next_sample_ns <= now_ns) {
		sample(active);
		next_sample_ns += SAMPLE_NS;
	}
}

void load_tick(uint64_t now_ns)
{
	if (likely(now_ns < READ_ONCE(next_sample_ns)))
		return;
	spin_lock(&load_lock);
	catch_up(now_ns, active_threads());
	spin_unlock(&load_lock);
}

void load_read(uint64_t now_ns, uint64_t load[3])
{
	uint64_t flags = spin_lock_irqsave(&load_lock);

	/* The reader itself does not count, or an idle machine would never look idle. */
	catch_up(now_ns, 0);
	for (unsigned i = 0; i < 3; i++)
		load[i] = averages[i];
	spin_unlock_irqrestore(&load_lock, flags);
}
