/*
 * Signals: actions, masks, the pending sets, and waiting for signals. Sending is in signal_send.c, delivery in
 * signal_deliver.c.
 */
#include "proc/signal.h"

#include <osier/abi/errno.h>

#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "task/sched.h"

static struct slab_cache *actions_cache, *entry_cache;
static struct signal_actions default_actions = {
	.refs = REFCOUNT_INIT(1),
	.ignored = SIGNAL_DEFAULT_IGNORES,
};

void signal_init(void)
{
	actions_cache = slab_cache_create("signal_actions", sizeof(struct signal_actions), 0, NULL);
	entry_cache = slab_cache_create("signal_entry", sizeof(struct signal_entry), 0, NULL);
}

struct signal_actions *signal_actions_default(void)
{
	refcount_get(&default_actions.refs);
	return &default_actions;
}

void signal_actions_put(struct signal_actions *actions)
{
	if (refcount_put(&actions->refs))
		slab_free(actions_cache, actions);
}

struct signal_entry *signal_entry_allocate(void)
{
	struct signal_entry *entry = slab_alloc(entry_cache);

	if (entry) {
		list_init(&entry->link);
		entry->preallocated = false;
	}
	return entry;
}

void signal_entry_free(struct signal_entry *entry)
{
	if (entry && !entry->preallocated)
		slab_free(entry_cache, entry);
}

void signal_pending_discard(struct signal_pending *pending)
{
	struct list_node *node;

	pending->set = 0;
	while ((node = list_pop(&pending->queue)))
		signal_entry_free(list_entry(node, struct signal_entry, link));
}

/* Moves the entries of the signals in `set` to `garbage` and clears their bits. => process_lock held. */
static void pending_remove_locked(struct signal_pending *pending, uint64_t set,
				  struct list_node *garbage)
{
	struct signal_entry *entry, *next;

	if (!(pending->set & set))
		return;
	pending->set &= ~set;
	list_for_each_entry_safe(entry, next, &pending->queue, link) {
		if (!(SIGNAL_BIT(entry->signal) & set))
			continue;
		list_remove(&entry->link);
		if (!entry->preallocated)
			list_add_tail(garbage, &entry->link);
	}
}

static void entries_free(struct list_node *garbage)
{
	struct list_node *node;

	while ((node = list_pop(garbage)))
		signal_entry_free(list_entry(node, struct signal_entry, link));
}

/* => process_lock held. */
static void process_forget_signals_locked(struct process *process, uint64_t set,
					  struct list_node *garbage)
{
	struct thread *thread;

	pending_remove_locked(&process->pending, set, garbage);
	list_for_each_entry(thread, &process->threads, process_link)
		pending_remove_locked(&thread->user->pending, set, garbage);
}

static void actions_classify(struct signal_actions *actions, int signal)
{
	const struct signal_action *action = &actions->action[signal - 1];
	uint64_t bit = SIGNAL_BIT(signal);

	actions->ignored &= ~bit;
	actions->caught &= ~bit;
	if (action->handler == (vaddr_t)SIG_IGN)
		actions->ignored |= bit;
	else if (action->handler != (vaddr_t)SIG_DFL)
		actions->caught |= bit;
	else if (SIGNAL_DEFAULT_IGNORES & bit)
		actions->ignored |= bit;
}

/* A table that only the calling process has. => NULL without memory. */
static struct signal_actions *actions_own(struct process *process)
{
	for (;;) {
		struct signal_actions *mine = process->actions, *copy;
		uint64_t flags;
		bool replaced;

		if (mine != &default_actions && refcount_read(&mine->refs) == 1)
			return mine;
		copy = slab_alloc(actions_cache);
		if (!copy)
			return NULL;
		flags = spin_lock_irqsave(&process_lock);
		/* Another thread may have been here while we slept. */
		replaced = process->actions == mine;
		if (replaced) {
			memcpy(copy, mine, sizeof(*copy));
			refcount_init(&copy->refs, 1);
			process->actions = copy;
		}
		spin_unlock_irqrestore(&process_lock, flags);
		if (replaced)
			signal_actions_put(mine);
		else
			slab_free(actions_cache, copy);
	}
}

int signal_action_set(int signal, const struct signal_action *action, struct signal_action *old)
{
	struct process *process = process_current();
	struct list_node garbage = LIST_INIT(garbage);
	struct signal_actions *actions;
	uint64_t flags;

	if (!signal_valid(signal) || (action && (SIGNAL_BIT(signal) & SIGNAL_UNBLOCKABLE)))
		return -EINVAL;
	if (old)
		*old = process->actions->action[signal - 1];
	if (!action)
		return 0;
	actions = actions_own(process);
	if (!actions)
		return -ENOMEM;
	flags = spin_lock_irqsave(&process_lock);
	actions->action[signal - 1] = *action;
	actions->action[signal - 1].mask &= ~SIGNAL_UNBLOCKABLE;
	actions_classify(actions, signal);
	if (actions->ignored & SIGNAL_BIT(signal))
		process_forget_signals_locked(process, SIGNAL_BIT(signal), &garbage);
	spin_unlock_irqrestore(&process_lock, flags);
	entries_free(&garbage);
	return 0;
}

struct signal_actions *signal_actions_for_exec(struct signal_actions *old)
{
	uint64_t ignored = 0;
	struct signal_actions *fresh;

	for (int signal = 1; signal <= SIGNAL_COUNT; signal++)
		if (old->action[signal - 1].handler == (vaddr_t)SIG_IGN)
			ignored |= SIGNAL_BIT(signal);
	if (!ignored)
		return signal_actions_default();
	fresh = slab_alloc(actions_cache);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	memcpy(fresh, &default_actions, sizeof(*fresh));
	refcount_init(&fresh->refs, 1);
	for (int signal = 1; signal <= SIGNAL_COUNT; signal++)
		if (ignored & SIGNAL_BIT(signal))
			fresh->action[signal - 1].handler = (vaddr_t)SIG_IGN;
	fresh->ignored |= ignored;
	return fresh;
}

/* True if the thread has something to do before it may go back to user mode. => its own, or process_lock held. */
static __always_inline bool deliverable(struct thread *thread)
{
	struct process *process = thread->process;
	uint64_t pending = READ_ONCE(thread->user->pending.set) | READ_ONCE(process->pending.set);

	return (pending & ~thread->signal_mask) || READ_ONCE(process->stop_signal) ||
	       READ_ONCE(process->exiting) ||
	       unlikely(process->exec_thread && process->exec_thread != thread);
}

void signal_update_work_locked(struct thread *thread)
{
	if (deliverable(thread))
		thread_work_set(thread, THREAD_WORK_SIGNAL);
	else if (thread->work & THREAD_WORK_SIGNAL)
		thread_work_clear(thread, THREAD_WORK_SIGNAL);
}

void signal_mask_set_locked(struct thread *thread, uint64_t mask)
{
	struct process *process = thread->process;
	uint64_t newly_blocked = mask & ~thread->signal_mask & process->pending.set;

	thread->signal_mask = mask & ~SIGNAL_UNBLOCKABLE;
	signal_update_work_locked(thread);
	/* What this thread will not take any more, another one may. */
	if (newly_blocked && process->thread_count > 1)
		signal_retarget_locked(process, newly_blocked);
}

void signal_mask_set(uint64_t mask)
{
	struct thread *thread = thread_current();

	if (unlikely(thread->process->thread_count > 1)) {
		uint64_t flags = spin_lock_irqsave(&process_lock);

		signal_mask_set_locked(thread, mask);
		spin_unlock_irqrestore(&process_lock, flags);
		return;
	}
	/*
	 * A sender makes its signal pending, then reads the mask; here the mask is written, then what is pending read, with a
	 * full barrier between the two on both sides: one of them sees the other. The bit is only ever set here: clearing
	 * it without the lock could undo a sender's.
	 */
	__atomic_exchange_n(&thread->signal_mask, mask & ~SIGNAL_UNBLOCKABLE, __ATOMIC_SEQ_CST);
	if (unlikely(deliverable(thread)))
		thread_work_set(thread, THREAD_WORK_SIGNAL);
}

uint64_t signal_pending_set(void)
{
	struct thread *thread = thread_current();

	return READ_ONCE(thread->user->pending.set) | READ_ONCE(thread->process->pending.set);
}

bool signal_is_pending(void)
{
	struct thread *thread = thread_current();

	return thread->process && deliverable(thread);
}

void signal_mask_swap(uint64_t mask)
{
	struct thread *thread = thread_current();

	thread->user->saved_mask = thread->signal_mask;
	thread->user->restore_mask = true;
	signal_mask_set(mask);
}

void signal_mask_swap_end(bool interrupted)
{
	struct thread *thread = thread_current();

	if (interrupted && signal_is_pending())
		return;			/* delivery saves the old mask in the frame, or puts it back */
	thread->user->restore_mask = false;
	signal_mask_set(thread->user->saved_mask);
}

long signal_restart(enum restart_error code)
{
	/* Another thread may have taken the signal meanwhile: return_work must come by all the same. */
	thread_work_set(thread_current(), THREAD_WORK_SIGNAL);
	return -(long)code;
}

int signal_suspend(uint64_t mask)
{
	uint64_t flags;

	signal_mask_swap(mask);
	flags = spin_lock_irqsave(&process_lock);
	while (!signal_is_pending()) {
		sched_block(THREAD_WAITING, &process_lock, 0);
		flags = spin_lock_irqsave(&process_lock);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return -EINTR;
}

/* Takes `signal` out of a set. => the entry that was queued for it, to be freed, or NULL. process_lock held. */
static struct signal_entry *pending_take_locked(struct signal_pending *pending, int signal,
						struct signal_info *info)
{
	struct signal_entry *entry, *found = NULL;
	bool more = false;

	if (signal <= SIGNAL_STANDARD) {
		*info = pending->standard[signal - 1];
		pending->set &= ~SIGNAL_BIT(signal);
		return NULL;
	}
	list_for_each_entry(entry, &pending->queue, link) {
		if (entry->signal != signal)
			continue;
		if (!found) {
			found = entry;
		} else {
			more = true;
			break;
		}
	}
	if (!more)
		pending->set &= ~SIGNAL_BIT(signal);
	if (!found) {
		/* Sent by the kernel, or with no memory for an entry: the number alone. */
		*info = (struct signal_info){ .code = SI_USER };
		return NULL;
	}
	*info = found->info;
	list_remove(&found->link);
	return found->preallocated ? NULL : found;
}

int signal_take_locked(uint64_t allowed, struct signal_info *info, struct signal_entry **garbage)
{
	struct thread *thread = thread_current();
	struct signal_pending *own = &thread->user->pending;
	struct signal_pending *shared = &thread->process->pending;
	uint64_t candidates = own->set & allowed;
	struct signal_pending *from = own;
	int signal;

	if (candidates & SIGNAL_SYNCHRONOUS) {
		candidates &= SIGNAL_SYNCHRONOUS;
	} else if (!candidates) {
		candidates = shared->set & allowed;
		from = shared;
	}
	if (!candidates)
		return 0;
	if (shared->set & allowed & SIGNAL_BIT(SIGKILL)) {
		candidates = SIGNAL_BIT(SIGKILL);
		from = shared;
	}
	signal = __builtin_ctzll(candidates) + 1;
	*garbage = pending_take_locked(from, signal, info);
	return signal;
}

int signal_timed_wait(uint64_t set, uint64_t deadline_ns, siginfo_t *out)
{
	struct thread *thread = thread_current();
	struct user_thread *user = thread->user;
	struct signal_entry *garbage = NULL;
	struct signal_info info;
	int signal, why = 0;
	uint64_t flags;

	set &= ~SIGNAL_UNBLOCKABLE;
	flags = spin_lock_irqsave(&process_lock);
	for (;;) {
		signal = signal_take_locked(set, &info, &garbage);
		if (signal)
			break;
		if (why) {
			signal = why == -ETIMEDOUT ? -EAGAIN : -EINTR;
			break;
		}
		if (deadline_ns == 1) {
			signal = -EAGAIN;
			break;
		}
		user->wanted = set;
		why = sched_block(THREAD_WAITING, &process_lock, deadline_ns);
		flags = spin_lock_irqsave(&process_lock);
		user->wanted = 0;
	}
	signal_update_work_locked(thread);
	spin_unlock_irqrestore(&process_lock, flags);
	signal_entry_free(garbage);
	if (signal > 0 && out)
		signal_info_to_user(out, signal, &info);
	return signal;
}

void signal_info_to_user(siginfo_t *out, int signal, const struct signal_info *info)
{
	memset(out, 0, sizeof(*out));
	out->si_signo = signal;
	out->si_code = info->code;
	if (info->code > 0 && info->code != SI_KERNEL && (SIGNAL_SYNCHRONOUS & SIGNAL_BIT(signal))) {
		out->si_addr = (void *)info->value;
	} else if (info->code == SI_TIMER) {
		out->si_timerid = info->pid;
		out->si_overrun = (int)info->uid;
		out->__si.__timer.value.sival_ptr = (void *)info->value;
	} else {
		out->si_pid = info->pid;
		out->si_uid = info->uid;
		if (signal == SIGCHLD && info->code > 0) {
			out->si_status = info->status;
			out->si_utime = info->user_ticks;
			out->si_stime = info->system_ticks;
		} else {
			out->si_ptr = (void *)info->value;
		}
	}
}
