/*
 * Delivery: what return_work does about signals, stops and exits, the frame a handler finds on its stack, and the way
 * back from it.
 *
 * The frame, from low to high: restorer address, ucontext_t, siginfo_t (its place; filled for SA_SIGINFO), FPU state
 * if the thread has used the FPU. See abi/signal.h.
 */
#include <osier/abi/errno.h>
#include <osier/abi/syscall.h>

#include "arch/x86_64/fpu.h"
#include "arch/x86_64/trap_frame.h"
#include "fs/cred.h"
#include "lib/string.h"
#include "proc/exit.h"
#include "proc/fpu_state.h"
#include "proc/group.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "proc/signal.h"
#include "proc/wait.h"
#include "task/sched.h"
#include "vm/space.h"
#include "vm/user_copy.h"

#define RED_ZONE 128
#define SYSCALL_INSTRUCTION_BYTES 2

/* The part of ucontext_t that delivery and return use; the rest is getcontext's. */
#define UCONTEXT_BYTES offsetof(ucontext_t, __uc_fpstate)

struct handler_frame {
	uint64_t unused;		/* not copied: keeps the context where its alignment wants it */
	uint64_t restorer;
	union {
		ucontext_t context;
		char bytes[UCONTEXT_BYTES];
	};
};

static_assert(offsetof(struct handler_frame, context) == offsetof(struct handler_frame, restorer) + 8,
	      "the context follows the restorer");

/*
 * The process stops (signal > 0), or is stopped already (0), until SIGCONT or SIGKILL. => process_lock held before and after;
 * it is released meanwhile.
 */
static void stop_locked(struct process *process, int signal)
{
	if (signal) {
		struct thread *thread;

		process->stop_signal = (uint8_t)signal;
		process->stop_unreported = true;
		process->continue_unreported = false;
		list_for_each_entry(thread, &process->threads, process_link)
			if (thread != thread_current()) {
				signal_update_work_locked(thread);
				thread_interrupt(thread);
			}
		wait_notify_parent_locked(process, CLD_STOPPED, signal);
	}
	while (process->stop_signal && !process->exiting &&
	       !(process->pending.set & SIGNAL_BIT(SIGKILL))) {
		sched_block(THREAD_STOPPED, &process_lock, 0);
		spin_lock_irqsave(&process_lock);
	}
	if (process->pending.set & SIGNAL_BIT(SIGKILL))
		process->stop_signal = 0;
}

/*
 * Finds the next signal that has a handler, carrying out default actions on the way. => the signal, or 0. *action and
 * *info are the handler's. Does not return when the process ends. process_lock held before and after.
 */
static int next_handled_locked(uint64_t *flags, struct signal_action *action,
			       struct signal_info *info, struct signal_entry **garbage)
{
	struct thread *thread = thread_current();
	struct process *process = thread->process;
	struct user_thread *user = thread->user;

	for (;;) {
		bool forced;
		int signal;

		if (process->exiting || (process->exec_thread && process->exec_thread != thread)) {
			spin_unlock_irqrestore(&process_lock, *flags);
			thread_end();
		}
		if (process->stop_signal && !(process->pending.set & SIGNAL_BIT(SIGKILL))) {
			stop_locked(process, 0);
			continue;
		}
		*garbage = NULL;
		signal = signal_take_locked(~thread->signal_mask | user->force_default, info, garbage);
		if (!signal)
			return 0;
		forced = user->force_default & SIGNAL_BIT(signal);
		user->force_default &= ~SIGNAL_BIT(signal);
		*action = process->actions->action[signal - 1];
		if (!forced) {
			if (process->actions->ignored & SIGNAL_BIT(signal))
				goto forget;
			if (process->actions->caught & SIGNAL_BIT(signal))
				return signal;
			if (SIGNAL_BIT(signal) & SIGNAL_STOPS) {
				if (signal == SIGSTOP || !group_is_orphaned_locked(process->group, NULL))
					stop_locked(process, signal);
				goto forget;
			}
		}
		spin_unlock_irqrestore(&process_lock, *flags);
		signal_entry_free(*garbage);
		process_end_by_signal(signal, info);
forget:
		if (*garbage) {
			spin_unlock_irqrestore(&process_lock, *flags);
			signal_entry_free(*garbage);
			*flags = spin_lock_irqsave(&process_lock);
		}
	}
}

/*
 * An interrupted system call: to be made again, or -EINTR. `action` is the handler that runs now, NULL: none.
 */
static void finish_call(struct trap_frame *frame, const struct signal_action *action)
{
	bool again;

	if (frame->vector != TRAP_SYSCALL)
		return;
	switch ((int64_t)frame->rax) {
	case -ERESTART:
		again = !action || (action->flags & SA_RESTART);
		break;
	case -ERESTART_NO_HANDLER:
		again = !action;
		break;
	default:
		return;
	}
	if (again) {
		/* The same call comes next, and keeps its deadline. */
		thread_current()->user->restart_call = (uint32_t)frame->error;
		frame->rax = frame->error;
		frame->rip -= SYSCALL_INSTRUCTION_BYTES;
	} else {
		frame->rax = (uint64_t)-EINTR;
	}
	/* Not twice. */
	frame->vector = TRAP_BREAKPOINT;
}

static void save_registers(gregset_t gregs, const struct trap_frame *frame)
{
	gregs[REG_R8] = (greg_t)frame->r8;
	gregs[REG_R9] = (greg_t)frame->r9;
	gregs[REG_R10] = (greg_t)frame->r10;
	gregs[REG_R11] = (greg_t)frame->r11;
	gregs[REG_R12] = (greg_t)frame->r12;
	gregs[REG_R13] = (greg_t)frame->r13;
	gregs[REG_R14] = (greg_t)frame->r14;
	gregs[REG_R15] = (greg_t)frame->r15;
	gregs[REG_RDI] = (greg_t)frame->rdi;
	gregs[REG_RSI] = (greg_t)frame->rsi;
	gregs[REG_RBP] = (greg_t)frame->rbp;
	gregs[REG_RBX] = (greg_t)frame->rbx;
	gregs[REG_RDX] = (greg_t)frame->rdx;
	gregs[REG_RAX] = (greg_t)frame->rax;
	gregs[REG_RCX] = (greg_t)frame->rcx;
	gregs[REG_RSP] = (greg_t)frame->rsp;
	gregs[REG_RIP] = (greg_t)frame->rip;
	gregs[REG_EFL] = (greg_t)frame->rflags;
	gregs[REG_CSGSFS] = (greg_t)(frame->cs | (uint64_t)frame->ss << 48);
}

static void restore_registers(struct trap_frame *frame, const gregset_t gregs)
{
	frame->r8 = (uint64_t)gregs[REG_R8];
	frame->r9 = (uint64_t)gregs[REG_R9];
	frame->r10 = (uint64_t)gregs[REG_R10];
	frame->r11 = (uint64_t)gregs[REG_R11];
	frame->r12 = (uint64_t)gregs[REG_R12];
	frame->r13 = (uint64_t)gregs[REG_R13];
	frame->r14 = (uint64_t)gregs[REG_R14];
	frame->r15 = (uint64_t)gregs[REG_R15];
	frame->rdi = (uint64_t)gregs[REG_RDI];
	frame->rsi = (uint64_t)gregs[REG_RSI];
	frame->rbp = (uint64_t)gregs[REG_RBP];
	frame->rbx = (uint64_t)gregs[REG_RBX];
	frame->rdx = (uint64_t)gregs[REG_RDX];
	frame->rax = (uint64_t)gregs[REG_RAX];
	frame->rcx = (uint64_t)gregs[REG_RCX];
	frame->rsp = (uint64_t)gregs[REG_RSP];
	frame->rip = (uint64_t)gregs[REG_RIP];
	frame->rflags = (uint64_t)gregs[REG_EFL];
}

static bool on_altstack(const struct user_thread *user, vaddr_t sp)
{
	return user->altstack_bytes && sp - user->altstack <= user->altstack_bytes;
}

static int altstack_flags(const struct user_thread *user, vaddr_t sp)
{
	return !user->altstack_bytes ? SS_DISABLE : on_altstack(user, sp) ? SS_ONSTACK : 0;
}

/* Builds the frame and makes `frame` enter the handler. => 0 or -EFAULT: the stack is not there. */
static int push_handler(struct trap_frame *frame, int signal, const struct signal_action *action,
			const struct signal_info *info, uint64_t old_mask)
{
	struct thread *thread = thread_current();
	struct user_thread *user = thread->user;
	struct handler_frame new;
	vaddr_t sp = frame->rsp, place, siginfo_place;

	if ((action->flags & SA_ONSTACK) && user->altstack_bytes && !on_altstack(user, sp))
		sp = user->altstack + user->altstack_bytes;
	else
		sp -= RED_ZONE;
	new.context.uc_mcontext.fpregs = NULL;
	if (thread->fpu) {
		sp = align_down(sp - fpu_area_bytes(), FPU_AREA_ALIGN);
		/* Who can look at the context gets a true copy; for the others the kernel keeps it. */
		if (likely(!(action->flags & SA_SIGINFO) && !user->fpu_kept_count && !thread->fpu_live))
			user->fpu_kept[user->fpu_kept_count++] = (struct fpu_kept){ sp, thread->fpu };
		else if (((action->flags & SA_SIGINFO) || !fpu_state_keep(sp)) && fpu_state_to_user(sp))
			return -EFAULT;
		new.context.uc_mcontext.fpregs = (void *)sp;
	}
	siginfo_place = align_down(sp - sizeof(siginfo_t), 16);
	place = siginfo_place - sizeof(ucontext_t) - sizeof(new.restorer);
	/* An alternate stack that is too small must not be left at its lower end. */
	if (on_altstack(user, frame->rsp) && !on_altstack(user, place))
		return -EFAULT;

	new.restorer = action->restorer;
	new.context.uc_flags = 0;
	new.context.uc_link = NULL;
	new.context.uc_stack.ss_sp = (void *)user->altstack;
	new.context.uc_stack.ss_flags = altstack_flags(user, frame->rsp);
	new.context.uc_stack.ss_size = user->altstack_bytes;
	save_registers(new.context.uc_mcontext.gregs, frame);
	new.context.uc_mcontext.gregs[REG_ERR] = (greg_t)frame->error;
	new.context.uc_mcontext.gregs[REG_TRAPNO] = (greg_t)frame->vector;
	new.context.uc_mcontext.gregs[REG_OLDMASK] = (greg_t)old_mask;
	new.context.uc_mcontext.gregs[REG_CR2] = (greg_t)info->value;
	__builtin_memset(new.context.uc_mcontext.__reserved, 0, sizeof(new.context.uc_mcontext.__reserved));
	new.context.uc_sigmask = old_mask;
	if (copy_to_user(place, &new.restorer, sizeof(new.restorer) + UCONTEXT_BYTES))
		return -EFAULT;
	if (action->flags & SA_SIGINFO) {
		siginfo_t siginfo;

		signal_info_to_user(&siginfo, signal, info);
		if (copy_value_to_user(siginfo_place, &siginfo))
			return -EFAULT;
	}

	/* Whatever the handler calls is not the interrupted call. */
	user->restart_call = RESTART_NONE;
	frame->rip = action->handler;
	frame->rsp = place;
	frame->rdi = (uint64_t)signal;
	frame->rsi = siginfo_place;
	frame->rdx = place + sizeof(new.restorer);
	frame->rax = 0;
	frame->rflags &= ~(uint64_t)(RFLAGS_DF | RFLAGS_TF | RFLAGS_RF);
	return trap_frame_sanitise(frame);
}

static void refresh_cred(struct thread *thread)
{
	struct process *process = thread->process;
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct cred *fresh = cred_get(process->cred);

	thread->user->cred_changes = process->cred_changes;
	spin_unlock_irqrestore(&process_lock, flags);
	cred_replace(fresh);
}

void signal_deliver(struct trap_frame *frame)
{
	struct thread *thread = thread_current();
	struct user_thread *user = thread->user;
	struct signal_action action = { 0 };
	struct signal_entry *garbage = NULL;
	struct signal_info info;
	uint64_t flags, old_mask;
	int signal;

	if (unlikely(user->cred_changes != thread->process->cred_changes))
		refresh_cred(thread);
	flags = spin_lock_irqsave(&process_lock);
	signal = next_handled_locked(&flags, &action, &info, &garbage);
	old_mask = user->restore_mask ? user->saved_mask : thread->signal_mask;
	user->restore_mask = false;
	if (!signal) {
		thread->signal_mask = old_mask;
		signal_update_work_locked(thread);
		spin_unlock_irqrestore(&process_lock, flags);
		finish_call(frame, NULL);
		return;
	}
	thread->signal_mask |= action.mask;
	if (!(action.flags & SA_NODEFER))
		thread->signal_mask |= SIGNAL_BIT(signal);
	signal_update_work_locked(thread);
	spin_unlock_irqrestore(&process_lock, flags);

	signal_entry_free(garbage);
	if (action.flags & SA_RESETHAND) {
		struct signal_action reset = { .handler = (vaddr_t)SIG_DFL };

		if (signal_action_set(signal, &reset, NULL))
			process_end_by_signal(SIGKILL, &info);
	}
	finish_call(frame, &action);
	if (push_handler(frame, signal, &action, &info, old_mask)) {
		struct signal_info fault = { .code = SI_KERNEL };

		/* No room for the frame: the default action of SIGSEGV, whatever its handler. */
		process_end_by_signal(SIGSEGV, &fault);
	}
}

long signal_return(struct trap_frame *frame)
{
	struct thread *thread = thread_current();
	struct user_thread *user = thread->user;
	struct handler_frame back;

	if (copy_from_user(back.bytes, frame->rsp, UCONTEXT_BYTES))
		goto bad;
	restore_registers(frame, back.context.uc_mcontext.gregs);
	if (trap_frame_sanitise(frame))
		goto bad;
	if (back.context.uc_mcontext.fpregs) {
		vaddr_t registers = (vaddr_t)back.context.uc_mcontext.fpregs;

		if (likely(user->fpu_kept_count == 1 && user->fpu_kept[0].frame == registers &&
			   user->fpu_kept[0].area == thread->fpu))
			user->fpu_kept_count = 0;
		else if (!fpu_state_take_back(registers) && fpu_state_from_user(registers))
			goto bad;
	} else if (thread->fpu) {
		/* The FPU was first used in the handler: before it, the registers were clean. */
		fpu_state_drop();
	}
	if (!on_altstack(user, frame->rsp) && !(back.context.uc_stack.ss_flags & SS_DISABLE)) {
		user->altstack = (vaddr_t)back.context.uc_stack.ss_sp;
		user->altstack_bytes = back.context.uc_stack.ss_size;
	}
	signal_mask_set(back.context.uc_sigmask);
	/* No system call any more, so nothing of it to make again. */
	frame->vector = TRAP_BREAKPOINT;
	return (long)frame->rax;
bad:
	frame->vector = TRAP_BREAKPOINT;
	signal_force(SIGSEGV, SI_KERNEL, 0);
	return 0;
}
