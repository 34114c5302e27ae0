/*
 * The end of threads and processes.
 *
 * Order, for the last thread: timers off, terminal let go, files closed, memory given back (on the kernel's own page
 * tables), children handed to init, then zombie and the parent told. So when wait returns, all of it is back.
 */
#include "proc/exit.h"

#include <osier/abi/errno.h>
#include <osier/abi/wait.h>

#include "debug/log.h"
#include "debug/panic.h"
#include "fs/cred.h"
#include "fs/fd_table.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "mm/slab.h"
#include "proc/fault_log.h"
#include "proc/fpu_state.h"
#include "proc/futex.h"
#include "proc/group.h"
#include "proc/itimer.h"
#include "proc/process.h"
#include "proc/wait.h"
#include "task/sched.h"
#include "vm/space.h"
#include "vm/trace.h"

void process_vfork_done_locked(struct process *process)
{
	if (!process->vfork_waiting)
		return;
	process->vfork_waiting = false;
	waitq_wake_all(&process->vfork_wait);
}

/* Takes the calling thread out of its process. => process_lock held. */
static void thread_leave_locked(struct thread *thread, struct process *process)
{
	uint64_t user_ns, system_ns;

	thread_times(thread, &user_ns, &system_ns);
	process->user_ns += user_ns;
	process->system_ns += system_ns;
	list_remove(&thread->process_link);
	process->thread_count--;
}

/* What every thread gives back itself: its share of files and directories, its page tables, credentials, FPU area. */
static void thread_release_own(struct thread *thread)
{
	struct fd_table *files = thread->files;
	struct fs_context *fs = thread->fs;
	struct cred *cred = thread->cred;
	struct vm_space *space;

	if (thread->fpu || thread->user->fpu_kept_count)
		fpu_state_free(thread);
	/* Files while all else is still there: closing may write. */
	fd_table_put(files);
	thread->files = NULL;
	thread->fs = NULL;
	fs_context_put(fs);
	space = vm_space_switch(NULL);
	if (space)
		vm_space_put(space);
	thread->cred = NULL;
	cred_put(cred);
}

/* Hands the children to init. => process_lock held. */
static void children_reparent_locked(struct process *process)
{
	struct process *child, *next;

	list_for_each_entry_safe(child, next, &process->children, sibling_link) {
		list_remove(&child->sibling_link);
		child->parent = init_process;
		if (child->parent_death_signal) {
			struct signal_info info = { .code = SI_KERNEL };

			signal_send_locked(child, child->parent_death_signal, &info);
		}
		if (child->state == PROCESS_ZOMBIE) {
			list_add_head(&init_process->children, &child->sibling_link);
			wait_notify_end_locked(child);
		} else {
			list_add_tail(&init_process->children, &child->sibling_link);
			group_orphan_check_child_locked(child, process);
		}
	}
}

/* Hides from others what the last thread is about to give back, then gives it back. */
static void process_release_shared(struct process *process)
{
	struct file *executable = process->executable;
	struct vm_space *space = process->space;
	uint64_t flags;

	trace_range(TRACE_EXIT, (uint32_t)process->pid, 0, 0, 0);
	itimers_cancel(process);
	session_leader_exit(process);

	flags = spin_lock_irqsave(&process_lock);
	process->files = NULL;
	process->fs = NULL;
	process->executable = NULL;
	process->space = NULL;
	process->minor_faults += space->minor_faults;
	process->major_faults += space->major_faults;
	spin_unlock_irqrestore(&process_lock, flags);
	thread_release_own(thread_current());
	if (executable) {
		inode_allow_write(executable->inode);
		file_put(executable);
	}
}

/* A parent that ignores SIGCHLD, or says SA_NOCLDWAIT, wants no zombies. => process_lock held. */
static bool parent_wants_zombie_locked(struct process *process)
{
	const struct signal_action *action = &process->parent->actions->action[SIGCHLD - 1];

	return action->handler != (vaddr_t)SIG_IGN && !(action->flags & SA_NOCLDWAIT);
}

static __noreturn void process_finish(struct thread *thread, struct process *process)
{
	struct group_garbage garbage = { NULL, NULL };
	int status = process->exit_status;
	bool reap = false;
	uint64_t flags;

	if (process == init_process) {
		if (WIFSIGNALED(status))
			panic("init died of signal %d", WTERMSIG(status));
		panic("init ended with status %d", WEXITSTATUS(status));
	}
	process_release_shared(process);

	flags = spin_lock_irqsave(&process_lock);
	process_vfork_done_locked(process);
	group_orphan_check_own_locked(process);
	children_reparent_locked(process);
	thread_leave_locked(thread, process);
	process->first.thread = NULL;
	process->state = PROCESS_ZOMBIE;
	list_move_head(&process->parent->children, &process->sibling_link);
	if (!parent_wants_zombie_locked(process))
		reap = true;
	wait_notify_end_locked(process);
	if (reap) {
		group_leave_locked(process, &garbage);
		process_unlink_locked(process);
	}
	/* From here on the parent may free it. */
	thread->process = NULL;
	thread->user = NULL;
	thread->fault = NULL;
	spin_unlock_irqrestore(&process_lock, flags);
	if (reap) {
		group_garbage_free(&garbage);
		process_put(process);
	}
	thread_exit();
}

__noreturn void thread_end(void)
{
	struct thread *thread = thread_current();
	struct process *process = thread->process;
	struct user_thread *user = thread->user;
	uint64_t flags;
	bool last;

	if (user->clear_tid && process->thread_count > 1)
		futex_clear_and_wake(user->clear_tid);
	flags = spin_lock_irqsave(&process_lock);
	last = process->thread_count == 1;
	if (last)
		process->exiting = true;
	else
		thread_leave_locked(thread, process);
	spin_unlock_irqrestore(&process_lock, flags);

	signal_pending_discard(&user->pending);
	if (last) {
		signal_pending_discard(&process->pending);
		process_finish(thread, process);
	}

	thread_release_own(thread);
	flags = spin_lock_irqsave(&process_lock);
	if (process->thread_count == 1)
		waitq_wake_all(&process->thread_wait);
	if (user == &process->first)
		process->first.thread = NULL;
	thread->process = NULL;
	thread->user = NULL;
	thread->fault = NULL;
	spin_unlock_irqrestore(&process_lock, flags);
	if ((pid_t)thread->tid != process->pid)
		process_id_release((pid_t)thread->tid);
	if (user != &process->first)
		kfree(user);
	/* All threads but one, whichever that is, hold a reference; the last one leaves the process to its parent. */
	process_put(process);
	thread_exit();
}

__noreturn void thread_end_with(int status)
{
	struct process *process = process_current();
	uint64_t flags = spin_lock_irqsave(&process_lock);

	if (!process->exiting)
		process->exit_status = status;
	spin_unlock_irqrestore(&process_lock, flags);
	thread_end();
}

/* Sends the other threads of the process out. => process_lock held. */
static void threads_expel_locked(struct process *process)
{
	struct thread *thread;

	list_for_each_entry(thread, &process->threads, process_link) {
		if (thread == thread_current())
			continue;
		thread_work_set(thread, THREAD_WORK_SIGNAL | THREAD_WORK_EXIT);
		thread_interrupt(thread);
		thread_continue(thread);
	}
}

__noreturn void process_end(int status)
{
	struct process *process = process_current();
	uint64_t flags = spin_lock_irqsave(&process_lock);

	if (!process->exiting) {
		process->exiting = true;
		process->exit_status = status;
		process->stop_signal = 0;
		if (process->thread_count > 1)
			threads_expel_locked(process);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	thread_end();
}

__noreturn void process_end_by_signal(int signal, const struct signal_info *info)
{
	int status = signal;

	if (SIGNAL_BIT(signal) & SIGNAL_DUMPS)
		status |= 0x80;
	if ((SIGNAL_BIT(signal) & SIGNAL_SYNCHRONOUS) && info->code > 0)
		fault_log(signal, info);
	process_end(status);
}

int process_end_other_threads(void)
{
	struct process *process = process_current();
	int error = 0;
	uint64_t flags = spin_lock_irqsave(&process_lock);

	if (process->exiting || process->exec_thread) {
		spin_unlock_irqrestore(&process_lock, flags);
		return -EINTR;
	}
	process->exec_thread = thread_current();
	threads_expel_locked(process);
	while (process->thread_count > 1) {
		/* Not interruptible: the others are on their way. */
		waitq_sleep(&process->thread_wait, &process_lock, false, 0);
		flags = spin_lock_irqsave(&process_lock);
	}
	process->exec_thread = NULL;
	spin_unlock_irqrestore(&process_lock, flags);
	return error;
}
