/*
 * POSIX per-process timers. Each carries the queue entry of its signal, so that an expiry allocates nothing; while the signal
 * of an earlier expiry waits, further ones only count as overrun.
 */
#include <osier/abi/errno.h>
#include <osier/abi/time.h>

#include "lib/list.h"
#include "mm/slab.h"
#include "proc/itimer.h"
#include "proc/process.h"

#define TIMERS_MAX 256

struct posix_timer {
	struct list_node link;		/* process.posix_timers, by id */
	struct process *process;
	int id;
	unsigned clock;
	int notify;			/* SIGEV_* */
	pid_t tid;			/* SIGEV_THREAD_ID */
	struct timer timer;
	uint64_t interval_ns;
	int overrun, delivered_overrun;
	struct signal_entry entry;
};

/* Interrupt context. */
static void expired(struct timer *timer, void *argument)
{
	struct posix_timer *self = argument;
	struct process *process = self->process;
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct thread *thread = NULL;

	if (self->notify == SIGEV_THREAD_ID)
		thread = process_find_thread_locked(process, self->tid);
	if (self->notify != SIGEV_NONE && (self->notify != SIGEV_THREAD_ID || thread)) {
		if (!list_empty(&self->entry.link)) {
			self->overrun++;
		} else {
			self->delivered_overrun = self->overrun;
			self->entry.info.uid = (uid_t)self->overrun;
			self->overrun = 0;
			signal_queue_locked(process, thread, &self->entry);
		}
	}
	if (self->interval_ns && !process->exiting)
		timer_set(timer, timer->node.deadline_ns + self->interval_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* => process_lock held, or the process single-threaded. */
static struct posix_timer *find(struct process *process, int id)
{
	struct posix_timer *timer;

	list_for_each_entry(timer, &process->posix_timers, link)
		if (timer->id == id)
			return timer;
	return NULL;
}

/* Links it under the lowest free id. => 0 or -EAGAIN. process_lock held. */
static int link_locked(struct process *process, struct posix_timer *timer)
{
	struct posix_timer *other;
	int id = 0;

	list_for_each_entry(other, &process->posix_timers, link) {
		if (other->id != id)
			break;
		id++;
	}
	if (id == TIMERS_MAX)
		return -EAGAIN;
	timer->id = id;
	/* Before `other`: the one that left the gap, or the head. */
	list_add_tail(&other->link, &timer->link);
	return 0;
}

int posix_timer_create(unsigned clock, const struct sigevent *event, int *id)
{
	struct process *process = process_current();
	struct posix_timer *timer;
	uint64_t flags;
	int error;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return -EINVAL;
	if (event && event->sigev_notify != SIGEV_SIGNAL && event->sigev_notify != SIGEV_NONE &&
	    event->sigev_notify != SIGEV_THREAD_ID)
		return -EINVAL;
	if (event && event->sigev_notify != SIGEV_NONE && !signal_valid(event->sigev_signo))
		return -EINVAL;
	timer = kzalloc(sizeof(*timer));
	if (!timer)
		return -EAGAIN;
	timer->process = process;
	timer->clock = clock;
	timer->notify = event ? event->sigev_notify : SIGEV_SIGNAL;
	timer->tid = event ? event->sigev_notify_thread_id : 0;
	timer_init(&timer->timer, expired, timer);
	list_init(&timer->entry.link);
	timer->entry.preallocated = true;
	timer->entry.signal = (uint8_t)(event ? event->sigev_signo : SIGALRM);
	timer->entry.info.code = SI_TIMER;
	flags = spin_lock_irqsave(&process_lock);
	error = link_locked(process, timer);
	if (!error && timer->notify == SIGEV_THREAD_ID &&
	    !process_find_thread_locked(process, timer->tid)) {
		list_remove(&timer->link);
		error = -EINVAL;
	}
	timer->entry.info.pid = timer->id;
	timer->entry.info.value = event ? (uint64_t)event->sigev_value.sival_ptr : (uint64_t)timer->id;
	*id = timer->id;
	spin_unlock_irqrestore(&process_lock, flags);
	if (error)
		kfree(timer);
	return error;
}

static void destroy(struct posix_timer *timer)
{
	uint64_t flags;

	timer->interval_ns = 0;
	timer_cancel(&timer->timer);
	flags = spin_lock_irqsave(&process_lock);
	/* Its signal, if it waits, goes with it; the bit may stay set and then finds nothing. */
	list_remove(&timer->entry.link);
	spin_unlock_irqrestore(&process_lock, flags);
	kfree(timer);
}

int posix_timer_delete(int id)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct posix_timer *timer = find(process_current(), id);

	if (timer)
		list_remove(&timer->link);
	spin_unlock_irqrestore(&process_lock, flags);
	if (!timer)
		return -EINVAL;
	destroy(timer);
	return 0;
}

void posix_timers_delete(struct process *process)
{
	struct list_node *node;

	while ((node = list_pop(&process->posix_timers)))
		destroy(list_entry(node, struct posix_timer, link));
}

static uint64_t clock_now(unsigned clock)
{
	return clock == CLOCK_REALTIME ? clock_realtime_ns() : clock_monotonic_ns();
}

int posix_timer_get(int id, struct itimer_value *value)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct posix_timer *timer = find(process_current(), id);

	if (timer) {
		uint64_t deadline = timer->timer.node.deadline_ns;

		value->interval_ns = timer->interval_ns;
		value->value_ns = !timer->timer.queued ? 0 : deadline > now ? deadline - now : 1;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return timer ? 0 : -EINVAL;
}

int posix_timer_set(int id, bool absolute, const struct itimer_value *new, struct itimer_value *old)
{
	struct posix_timer *timer;
	int error = posix_timer_get(id, old);
	uint64_t now = clock_monotonic_ns(), deadline;

	if (error)
		return error;
	timer = find(process_current(), id);
	if (!timer)
		return -EINVAL;
	timer->interval_ns = 0;
	timer_cancel(&timer->timer);
	timer->interval_ns = new->interval_ns;
	timer->overrun = 0;
	if (!new->value_ns)
		return 0;
	deadline = now + new->value_ns;
	if (absolute) {
		uint64_t clock = clock_now(timer->clock);

		deadline = new->value_ns > clock ? now + (new->value_ns - clock) : now;
	}
	timer_set(&timer->timer, deadline);
	return 0;
}

int posix_timer_overrun(int id)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct posix_timer *timer = find(process_current(), id);
	int overrun = timer ? timer->delivered_overrun : -EINVAL;

	spin_unlock_irqrestore(&process_lock, flags);
	return overrun;
}
