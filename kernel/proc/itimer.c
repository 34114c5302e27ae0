/*
 * Interval timers. The real one is a kernel timer; those that count CPU time are looked at by a kernel timer every
 * tick while they are set.
 */
#include "proc/itimer.h"

#include <osier/abi/errno.h>
#include <osier/abi/time.h>

#include "proc/process.h"

#define TICK_NS 10000000ull
#define SECOND_NS 1000000000ull

static void send_from_timer(struct process *process, int signal)
{
	struct signal_info info = { .code = SI_KERNEL };

	signal_send_locked(process, signal, &info);
}

/* Interrupt context. */
static void real_expired(struct timer *timer, void *argument)
{
	struct process *process = argument;
	uint64_t flags = spin_lock_irqsave(&process_lock);

	send_from_timer(process, SIGALRM);
	if (process->real_interval_ns && !process->exiting)
		timer_set(timer, timer->node.deadline_ns + process->real_interval_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* => true if the deadline has passed; then it moves on by the interval. */
static bool cpu_timer_passed(uint64_t *deadline, uint64_t interval, uint64_t now)
{
	if (!*deadline || now < *deadline)
		return false;
	*deadline = interval ? *deadline + interval : 0;
	if (*deadline && *deadline <= now)
		*deadline = now + interval;
	return true;
}

/* RLIMIT_CPU: SIGXCPU at the soft limit and every second after it, SIGKILL at the hard one. */
static void check_cpu_limit(struct process *process, uint64_t used_ns)
{
	const struct rlimit *limit = &process->limits[RLIMIT_CPU];

	if (!process->cpu_limit_ns || used_ns < process->cpu_limit_ns)
		return;
	if (limit->rlim_max != RLIM_INFINITY && used_ns >= limit->rlim_max * SECOND_NS) {
		send_from_timer(process, SIGKILL);
		return;
	}
	send_from_timer(process, SIGXCPU);
	process->cpu_limit_ns = used_ns + SECOND_NS;
}

void itimer_apply_cpu_limit_locked(struct process *process)
{
	uint64_t seconds = process->limits[RLIMIT_CPU].rlim_cur;

	process->cpu_limit_ns = seconds >= UINT64_MAX / SECOND_NS ? 0 : seconds ? seconds * SECOND_NS : 1;
	if (process->cpu_limit_ns) {
		process->timers_used = true;
		timer_set(&process->cpu_timer, clock_monotonic_ns() + TICK_NS);
	}
}

static void cpu_tick(struct timer *timer, void *argument)
{
	struct process *process = argument;
	uint64_t flags = spin_lock_irqsave(&process_lock);
	uint64_t user_ns, system_ns;

	process_times_locked(process, &user_ns, &system_ns);
	if (cpu_timer_passed(&process->virtual_deadline_ns, process->virtual_interval_ns, user_ns))
		send_from_timer(process, SIGVTALRM);
	if (cpu_timer_passed(&process->prof_deadline_ns, process->prof_interval_ns,
			     user_ns + system_ns))
		send_from_timer(process, SIGPROF);
	check_cpu_limit(process, user_ns + system_ns);
	if ((process->virtual_deadline_ns || process->prof_deadline_ns || process->cpu_limit_ns) &&
	    !process->exiting)
		timer_set(timer, clock_monotonic_ns() + TICK_NS);
	spin_unlock_irqrestore(&process_lock, flags);
}

void itimers_init_process(struct process *process)
{
	timer_init(&process->real_timer, real_expired, process);
	timer_init(&process->cpu_timer, cpu_tick, process);
}

static uint64_t left(uint64_t deadline, uint64_t now)
{
	return !deadline ? 0 : deadline > now ? deadline - now : 1;
}

static void real_set(struct process *process, const struct itimer_value *new,
		     struct itimer_value *old)
{
	uint64_t now = clock_monotonic_ns(), deadline = process->real_timer.node.deadline_ns;
	/* Without the lock: the function takes it. */
	bool was_set = process->real_timer.queued;

	if (new && was_set)
		was_set = timer_cancel(&process->real_timer);
	old->value_ns = was_set ? left(deadline, now) : 0;
	old->interval_ns = was_set ? process->real_interval_ns : 0;
	if (!new)
		return;
	process->real_interval_ns = new->interval_ns;
	process->timers_used = true;
	if (new->value_ns)
		timer_set(&process->real_timer, now + new->value_ns);
}

static void cpu_set(struct process *process, bool with_system, const struct itimer_value *new,
		    struct itimer_value *old)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	uint64_t *deadline = with_system ? &process->prof_deadline_ns : &process->virtual_deadline_ns;
	uint64_t *interval = with_system ? &process->prof_interval_ns : &process->virtual_interval_ns;
	uint64_t user_ns, system_ns, now;

	process_times_locked(process, &user_ns, &system_ns);
	now = with_system ? user_ns + system_ns : user_ns;
	old->value_ns = left(*deadline, now);
	old->interval_ns = *interval;
	if (new) {
		*deadline = new->value_ns ? now + new->value_ns : 0;
		*interval = new->interval_ns;
		process->timers_used = true;
		if (*deadline)
			timer_set(&process->cpu_timer, clock_monotonic_ns() + TICK_NS);
	}
	spin_unlock_irqrestore(&process_lock, flags);
}

int itimer_set(unsigned which, const struct itimer_value *new, struct itimer_value *old)
{
	switch (which) {
	case ITIMER_REAL:
		real_set(process_current(), new, old);
		return 0;
	case ITIMER_VIRTUAL:
	case ITIMER_PROF:
		cpu_set(process_current(), which == ITIMER_PROF, new, old);
		return 0;
	default:
		return -EINVAL;
	}
}

void itimers_cancel(struct process *process)
{
	/* `exiting` is set: none of them sets itself again. One that runs at this moment elsewhere is waited for. */
	if (process->timers_used) {
		timer_cancel(&process->real_timer);
		timer_cancel(&process->cpu_timer);
	}
	posix_timers_delete(process);
}
