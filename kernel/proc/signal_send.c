/*
 * Sending signals: to a process, a thread, a group; from the kernel, from interrupts, by kill(2) and its relatives.
 *
 * All sending is done under process_lock and allocates nothing: the queue entries of real-time signals come from
 * the caller.
 */
#include "proc/signal.h"

#include <osier/abi/errno.h>

#include "fs/cred.h"
#include "lib/list.h"
#include "proc/group.h"
#include "proc/process.h"
#include "proc/wait.h"
#include "task/sched.h"

/* Makes `thread` look at its signals soon. => process_lock held. */
static void poke(struct thread *thread)
{
	thread_work_set(thread, THREAD_WORK_SIGNAL);
	if (thread != thread_current())
		thread_interrupt(thread);
}

static bool thread_takes(struct thread *thread, uint64_t bit)
{
	return !(thread->signal_mask & bit) || (thread->user->wanted & bit);
}

/* The same when it is not the caller itself, or for SIGKILL. */
static __noinline void wake_other_locked(struct process *process, uint64_t bit)
{
	struct thread *thread;

	if (bit == SIGNAL_BIT(SIGKILL)) {
		list_for_each_entry(thread, &process->threads, process_link) {
			poke(thread);
			thread_continue(thread);
		}
		return;
	}
	list_for_each_entry(thread, &process->threads, process_link) {
		if (!thread_takes(thread, bit))
			continue;
		if (thread->user->wanted & bit)
			thread_wake(thread, 0);
		else
			poke(thread);
		return;
	}
}

/* Wakes one thread that will take `signal`, all of them for SIGKILL. => process_lock held. */
static __always_inline void wake_taker_locked(struct process *process, uint64_t bit)
{
	struct thread *self = thread_current();

	if (self && self->process == process && !(self->signal_mask & bit))
		thread_work_set(self, THREAD_WORK_SIGNAL);
	else
		wake_other_locked(process, bit);
	if (unlikely(bit == SIGNAL_BIT(SIGKILL)))
		wake_other_locked(process, bit);
}

void signal_retarget_locked(struct process *process, uint64_t set)
{
	struct thread *self = thread_current(), *thread;

	list_for_each_entry(thread, &process->threads, process_link) {
		if (thread == self || !(set & ~thread->signal_mask))
			continue;
		poke(thread);
		set &= thread->signal_mask;
		if (!set)
			return;
	}
}

static void forget_locked(struct signal_pending *pending, uint64_t set)
{
	/* Stop signals and SIGCONT are standard signals: nothing is queued for them. */
	pending->set &= ~set;
}

static void forget_everywhere_locked(struct process *process, uint64_t set)
{
	struct thread *thread;

	forget_locked(&process->pending, set);
	list_for_each_entry(thread, &process->threads, process_link)
		forget_locked(&thread->user->pending, set);
}

/* SIGCONT's effect, whatever its action is. => process_lock held. */
static void continue_locked(struct process *process)
{
	struct thread *thread;

	forget_everywhere_locked(process, SIGNAL_STOPS);
	if (!process->stop_signal)
		return;
	process->stop_signal = 0;
	process->stop_unreported = false;
	process->continue_unreported = true;
	list_for_each_entry(thread, &process->threads, process_link)
		thread_continue(thread);
	wait_notify_parent_locked(process, CLD_CONTINUED, SIGCONT);
}

/*
 * What happens before a signal is made pending. => false: it is to be forgotten. process_lock held.
 */
static __always_inline bool prepare_locked(struct process *process, struct thread *thread, int signal)
{
	uint64_t bit = SIGNAL_BIT(signal);
	uint64_t blocked;

	if (unlikely(process->state != PROCESS_ALIVE || process->exiting))
		return false;
	if (unlikely(bit & (SIGNAL_STOPS | SIGNAL_BIT(SIGCONT)))) {
		if (signal == SIGCONT)
			continue_locked(process);
		else
			forget_everywhere_locked(process, SIGNAL_BIT(SIGCONT));
	}
	/* The first process gets only what it has asked for. */
	if (unlikely(process == init_process) && !(process->actions->caught & bit) && signal != SIGCHLD)
		return false;
	if (likely(!(process->actions->ignored & bit)))
		return true;
	if (!thread)
		thread = list_first_entry_or_null(&process->threads, struct thread, process_link);
	/* Ignored but blocked: it stays pending, the action may change before it is unblocked. */
	blocked = thread ? thread->signal_mask | thread->user->wanted : 0;
	return (blocked & bit) != 0;
}

/* => true if it was not pending before. */
static bool make_pending(struct signal_pending *pending, int signal, const struct signal_info *info)
{
	uint64_t bit = SIGNAL_BIT(signal);

	if (signal <= SIGNAL_STANDARD) {
		if (pending->set & bit)
			return false;
		pending->standard[signal - 1] = *info;
	}
	/* A full barrier before the masks are read: see signal_mask_set. */
	__atomic_fetch_or(&pending->set, bit, __ATOMIC_SEQ_CST);
	return true;
}

void signal_send_locked(struct process *process, int signal, const struct signal_info *info)
{
	if (!prepare_locked(process, NULL, signal))
		return;
	if (make_pending(&process->pending, signal, info))
		wake_taker_locked(process, SIGNAL_BIT(signal));
}

void signal_send_thread_locked(struct thread *thread, int signal, const struct signal_info *info)
{
	uint64_t bit = SIGNAL_BIT(signal);

	if (!prepare_locked(thread->process, thread, signal))
		return;
	if (signal == SIGKILL) {
		signal_send_locked(thread->process, signal, info);
		return;
	}
	if (!make_pending(&thread->user->pending, signal, info))
		return;
	if (thread->user->wanted & bit)
		thread_wake(thread, 0);
	else if (!(thread->signal_mask & bit))
		poke(thread);
}

bool signal_queue_locked(struct process *process, struct thread *thread, struct signal_entry *entry)
{
	struct signal_pending *pending = thread ? &thread->user->pending : &process->pending;
	uint64_t bit = SIGNAL_BIT(entry->signal);

	if (!prepare_locked(process, thread, entry->signal))
		return false;
	if (entry->signal <= SIGNAL_STANDARD) {
		if (thread)
			signal_send_thread_locked(thread, entry->signal, &entry->info);
		else
			signal_send_locked(process, entry->signal, &entry->info);
		return false;
	}
	list_add_tail(&pending->queue, &entry->link);
	__atomic_fetch_or(&pending->set, bit, __ATOMIC_SEQ_CST);
	if (!thread)
		wake_taker_locked(process, bit);
	else if (thread->user->wanted & bit)
		thread_wake(thread, 0);
	else if (!(thread->signal_mask & bit))
		poke(thread);
	return true;
}

void signal_send(struct process *process, int signal, const struct signal_info *info)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);

	signal_send_locked(process, signal, info);
	spin_unlock_irqrestore(&process_lock, flags);
}

void signal_send_kernel(struct process *process, int signal)
{
	struct signal_info info = { .code = SI_KERNEL };

	signal_send(process, signal, &info);
}

void signal_send_group_locked(struct process_group *group, int signal, const struct signal_info *info)
{
	struct process *process;

	list_for_each_entry(process, &group->members, group_link)
		signal_send_locked(process, signal, info);
}

void signal_send_group_id(pid_t id, int signal)
{
	struct signal_info info = { .code = SI_KERNEL };
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process_group *group = group_find_locked(id);

	if (group)
		signal_send_group_locked(group, signal, &info);
	spin_unlock_irqrestore(&process_lock, flags);
}

void signal_force(int signal, int code, vaddr_t address)
{
	struct signal_info info = { .code = code, .value = address };
	struct thread *thread = thread_current();
	struct process *process = thread->process;
	uint64_t bit = SIGNAL_BIT(signal);
	uint64_t flags = spin_lock_irqsave(&process_lock);

	/* Blocked or ignored, the instruction would fault for ever: then it kills. */
	if ((thread->signal_mask | process->actions->ignored) & bit)
		thread->user->force_default |= bit;
	thread->user->pending.set &= ~bit;
	make_pending(&thread->user->pending, signal, &info);
	thread_work_set(thread, THREAD_WORK_SIGNAL);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* POSIX: the sender's real or effective id is the receiver's real or saved one; SIGCONT within a session. */
static __always_inline bool may_signal_locked(struct process *process, int signal)
{
	const struct cred *mine, *its = process->cred;

	if (process == process_current())
		return true;
	mine = cred_current();
	if (cred_is_superuser(mine))
		return true;
	if (!its)
		return true;		/* a zombie: nothing happens anyway */
	if (mine->uid == its->uid || mine->uid == its->suid || mine->euid == its->uid ||
	    mine->euid == its->suid)
		return true;
	return signal == SIGCONT && process->group->session == process_current()->group->session;
}

/* One target of kill. => 0 or -EPERM. process_lock held. */
static int kill_one_locked(struct process *process, int signal, const struct signal_info *info)
{
	if (!may_signal_locked(process, signal))
		return -EPERM;
	if (signal)
		signal_send_locked(process, signal, info);
	return 0;
}

static int kill_group_locked(pid_t id, int signal, const struct signal_info *info)
{
	struct process_group *group = id ? group_find_locked(id) : process_current()->group;
	struct process *process;
	int result = -ESRCH;

	if (!group)
		return -ESRCH;
	list_for_each_entry(process, &group->members, group_link) {
		int error = kill_one_locked(process, signal, info);

		if (result && result != error)
			result = error;
	}
	return result;
}

static int kill_all_locked(int signal, const struct signal_info *info)
{
	struct process *process;
	int result = -ESRCH;

	list_for_each_entry(process, &process_all, all_link) {
		int error;

		if (process == init_process || process == process_current())
			continue;
		error = kill_one_locked(process, signal, info);
		if (result && result != error)
			result = error;
	}
	return result;
}

static struct signal_info info_from_caller(int code)
{
	return (struct signal_info){
		.code = code,
		.pid = process_current()->pid,
		.uid = cred_current()->uid,
	};
}

int signal_kill(pid_t pid, int signal)
{
	struct signal_info info = info_from_caller(SI_USER);
	struct process *process;
	uint64_t flags;
	int result;

	if (signal < 0 || signal > SIGNAL_COUNT)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	if (pid > 0) {
		process = pid == process_current()->pid ? process_current() : process_find_locked(pid);
		result = process ? kill_one_locked(process, signal, &info) : -ESRCH;
	} else if (pid == -1) {
		result = kill_all_locked(signal, &info);
	} else {
		result = pid == INT32_MIN ? -ESRCH : kill_group_locked(-pid, signal, &info);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

int signal_kill_thread(pid_t pid, pid_t tid, int signal)
{
	struct signal_info info = info_from_caller(SI_TKILL);
	struct signal_entry *entry = NULL;
	struct process *process;
	struct thread *thread;
	bool queued = false;
	uint64_t flags;
	int result = -ESRCH;

	if (pid <= 0 || tid <= 0 || signal < 0 || signal > SIGNAL_COUNT)
		return -EINVAL;
	if (signal > SIGNAL_STANDARD) {
		entry = signal_entry_allocate();
		if (!entry)
			return -EAGAIN;
		entry->signal = (uint8_t)signal;
		entry->info = info;
	}
	flags = spin_lock_irqsave(&process_lock);
	process = process_find_locked(pid);
	thread = process ? process_find_thread_locked(process, tid) : NULL;
	if (thread) {
		result = may_signal_locked(process, signal) ? 0 : -EPERM;
		if (!result && entry)
			queued = signal_queue_locked(process, thread, entry);
		else if (!result && signal)
			signal_send_thread_locked(thread, signal, &info);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	if (!queued)
		signal_entry_free(entry);
	return result;
}

int signal_queue_to(pid_t pid, int signal, const struct signal_info *info)
{
	struct signal_entry *entry = NULL;
	struct process *process;
	bool queued = false;
	uint64_t flags;
	int result;

	if (pid <= 0)
		return -ESRCH;
	if (signal < 0 || signal > SIGNAL_COUNT)
		return -EINVAL;
	if (signal > SIGNAL_STANDARD) {
		entry = signal_entry_allocate();
		if (!entry)
			return -EAGAIN;
		entry->signal = (uint8_t)signal;
		entry->info = *info;
	}
	flags = spin_lock_irqsave(&process_lock);
	process = process_find_locked(pid);
	result = !process ? -ESRCH : may_signal_locked(process, signal) ? 0 : -EPERM;
	if (!result && entry)
		queued = signal_queue_locked(process, NULL, entry);
	else if (!result && signal)
		signal_send_locked(process, signal, info);
	spin_unlock_irqrestore(&process_lock, flags);
	if (!queued)
		signal_entry_free(entry);
	return result;
}
