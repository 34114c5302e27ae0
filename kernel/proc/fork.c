/*
 * fork, vfork, threads: a new thread that returns to user mode with a frame made for it. What it costs: one space
 * shared by its tables, one table of files, and a handful of slab objects.
 */
#include "proc/fork.h"

#include <osier/abi/errno.h>

#include "arch/x86_64/trap_frame.h"
#include "arch/x86_64/context.h"
#include "fs/cred.h"
#include "fs/fd_table.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/fpu_state.h"
#include "proc/itimer.h"
#include "proc/process.h"
#include "task/sched.h"
#include "vm/kernel_regions.h"
#include "vm/space.h"
#include "vm/trace.h"
#include "vm/user_copy.h"

static void enter_new_user(void *unused)
{
	enter_user(trap_frame_of_stack(thread_current()->stack_top));
}

/* A thread that will begin in user mode as `frame` says. => ERR_PTR(-ENOMEM). */
static struct thread *user_thread_allocate(const struct trap_frame *frame)
{
	struct thread *self = thread_current(), *thread;
	vaddr_t stack = kernel_stack_allocate();

	if (!stack)
		return ERR_PTR(-ENOMEM);
	thread = thread_allocate(self->name, stack, KERNEL_STACK_BYTES);
	if (IS_ERR(thread)) {
		kernel_stack_free(stack);
		return thread;
	}
	*trap_frame_of_stack(thread->stack_top) = *frame;
	thread_set_entry(thread, enter_new_user, NULL);
	thread->signal_mask = self->signal_mask;
	thread->user_fs_base = self->user_fs_base;
	return thread;
}

/* RLIMIT_NPROC, which does not bind the superuser. */
static bool too_many_processes(struct process *parent)
{
	uint64_t limit = process_limit(parent, RLIMIT_NPROC), count = 0, flags;
	const struct cred *cred = cred_current();
	struct process *process;

	if (likely(limit == RLIM_INFINITY || cred_is_superuser(cred)))
		return false;
	flags = spin_lock_irqsave(&process_lock);
	list_for_each_entry(process, &process_all, all_link)
		if (process->cred && process->cred->uid == cred->uid)
			count++;
	spin_unlock_irqrestore(&process_lock, flags);
	return count >= limit;
}

/* What a child inherits that cannot fail. */
static void inherit(struct process *child, struct process *parent)
{
	memcpy(child->limits, parent->limits, sizeof(child->limits));
	memcpy(child->name, parent->name, sizeof(child->name));
	child->nice = parent->nice;
	child->dumpable = parent->dumpable;
	child->arguments_start = parent->arguments_start;
	child->arguments_end = parent->arguments_end;
	child->environment_start = parent->environment_start;
	child->environment_end = parent->environment_end;
	child->start_ns = clock_monotonic_ns();
	if (unlikely(child->limits[RLIMIT_CPU].rlim_cur != RLIM_INFINITY))
		itimer_apply_cpu_limit_locked(child);
	refcount_get(&parent->actions->refs);
	child->actions = parent->actions;
	child->first.altstack = thread_current()->user->altstack;
	child->first.altstack_bytes = thread_current()->user->altstack_bytes;
	if (parent->executable) {
		/* Cannot be refused: the parent's own denial stands. */
		if (!inode_deny_write(parent->executable->inode))
			child->executable = file_get(parent->executable);
	}
}

/* Space, files, directories. => 0 or -errno, and then nothing of them stays. */
static int copy_resources(struct process *child, struct thread *thread)
{
	struct thread *self = thread_current();
	struct vm_space *space = vm_space_fork(self->space);
	struct fd_table *files;
	struct fs_context *fs;
	int error;

	if (IS_ERR(space))
		return (int)PTR_ERR(space);
	files = fd_table_clone(self->files);
	if (IS_ERR(files)) {
		error = (int)PTR_ERR(files);
		goto no_files;
	}
	fs = fs_context_clone(self->fs);
	if (IS_ERR(fs)) {
		error = (int)PTR_ERR(fs);
		goto no_fs;
	}
	error = fpu_state_fork(thread);
	if (error)
		goto no_fpu;
	space->owner_pid = (uint32_t)child->pid;
	thread->space = space;
	thread->mmu = &space->mmu;
	thread->files = files;
	thread->fs = fs;
	thread->cred = cred_get(self->cred);
	child->space = space;
	child->files = files;
	child->fs = fs;
	child->cred = cred_get(self->cred);
	return 0;
no_fpu:
	fpu_state_free(thread);
	fs_context_put(fs);
no_fs:
	fd_table_put(files);
no_files:
	vm_space_put(space);
	return error;
}

static void vfork_wait(struct process *child)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);

	while (child->vfork_waiting) {
		/* The space is not shared, so a signal may end the wait: the child does not depend on it. */
		if (waitq_sleep(&child->vfork_wait, &process_lock, true, 0))
			return;
		flags = spin_lock_irqsave(&process_lock);
	}
	spin_unlock_irqrestore(&process_lock, flags);
}

long process_fork(const struct trap_frame *frame, bool wait_for_exec)
{
	struct process *parent = process_current(), *child;
	struct thread *thread;
	uint64_t flags;
	pid_t pid;
	int error;

	if (too_many_processes(parent))
		return -EAGAIN;
	child = process_create();
	if (IS_ERR(child))
		return PTR_ERR(child);
	thread = user_thread_allocate(frame);
	if (IS_ERR(thread)) {
		process_discard(child);
		return PTR_ERR(thread);
	}
	trap_frame_of_stack(thread->stack_top)->rax = 0;
	thread->user = &child->first;
	error = copy_resources(child, thread);
	if (error) {
		thread_discard(thread);
		process_discard(child);
		return error;
	}
	inherit(child, parent);
	pid = child->pid;
	trace_range(TRACE_FORK, (uint32_t)parent->pid, (vaddr_t)pid, 0, 0);
	thread_set_tid(thread, (uint32_t)pid);
	thread->process = child;
	thread->fault = &child->first.fault;
	if (child->nice)
		thread_set_nice(thread, child->nice);
	child->first.thread = thread;
	list_add_tail(&child->threads, &thread->process_link);
	child->thread_count = 1;
	child->vfork_waiting = wait_for_exec;
	if (wait_for_exec)
		process_get(child);

	flags = spin_lock_irqsave(&process_lock);
	process_link_locked(child, parent, parent->group);
	spin_unlock_irqrestore(&process_lock, flags);
	thread_start(thread);
	thread_put(thread);
	if (wait_for_exec) {
		vfork_wait(child);
		process_put(child);
	}
	return pid;
}

/* => 0 or -EAGAIN: the process is ending. */
static int thread_join_process(struct thread *thread, struct user_thread *user)
{
	struct process *process = process_current();
	uint64_t flags = spin_lock_irqsave(&process_lock);

	if (process->exiting || process->exec_thread) {
		spin_unlock_irqrestore(&process_lock, flags);
		return -EAGAIN;
	}
	thread->process = process_get(process);
	thread->user = user;
	thread->fault = &user->fault;
	user->thread = thread;
	list_add_tail(&process->threads, &thread->process_link);
	process->thread_count++;
	spin_unlock_irqrestore(&process_lock, flags);
	return 0;
}

long process_create_thread(vaddr_t entry, vaddr_t stack_top, uint64_t argument, vaddr_t tls,
			   vaddr_t parent_tid, vaddr_t clear_tid)
{
	struct thread *self = thread_current(), *thread;
	struct user_thread *user;
	struct trap_frame frame;
	pid_t tid = 0;
	int error;

	if (entry >= USER_HIGH || stack_top > USER_HIGH || tls >= USER_HIGH)
		return -EINVAL;
	trap_frame_init_user(&frame, entry, stack_top);
	frame.rdi = argument;
	user = kmalloc(sizeof(*user));
	if (!user)
		return -EAGAIN;
	user_thread_init(user);
	user->clear_tid = clear_tid;
	user->cred_changes = self->user->cred_changes;
	error = -EAGAIN;
	tid = process_id_allocate();
	if (!tid)
		goto no_id;
	thread = user_thread_allocate(&frame);
	if (IS_ERR(thread))
		goto no_thread;
	thread_set_tid(thread, (uint32_t)tid);
	error = -EFAULT;
	if (parent_tid && copy_value_to_user(parent_tid, &tid))
		goto discard;
	thread->user_fs_base = tls;
	if (self->process->nice)
		thread_set_nice(thread, self->process->nice);
	error = thread_join_process(thread, user);
	if (error)
		goto discard;
	thread->space = vm_space_get(self->space);
	thread->mmu = &thread->space->mmu;
	thread->files = fd_table_get(self->files);
	thread->fs = fs_context_get(self->fs);
	thread->cred = cred_get(self->cred);
	thread_start(thread);
	thread_put(thread);
	return tid;
discard:
	thread_discard(thread);
no_thread:
	process_id_release(tid);
no_id:
	kfree(user);
	return error;
}
