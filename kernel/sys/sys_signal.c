/*
 * Signals.
 */
#include <osier/abi/errno.h>
#include <osier/abi/signal.h>
#include <osier/abi/syscall.h>

#include "arch/x86_64/trap_frame.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "proc/signal.h"
#include "sys/sys.h"
#include "sys/time_convert.h"
#include "vm/space.h"
#include "vm/user_copy.h"

#define SA_KNOWN                                                                                   \
	((uint32_t)(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER | SA_ONSTACK |          \
		    SA_RESTART | SA_NODEFER) | SA_RESETHAND)

long sys_kill(pid_t pid, int signal)
{
	return signal_kill(pid, signal);
}

long sys_tgkill(pid_t pid, pid_t tid, int signal)
{
	return signal_kill_thread(pid, tid, signal);
}

long sys_sigaction(int signal, vaddr_t action, vaddr_t old)
{
	struct signal_action new_action, old_action;
	struct sigaction buffer;
	int error;

	if (action) {
		if (copy_value_from_user(&buffer, action))
			return -EFAULT;
		new_action.handler = (vaddr_t)buffer.sa_handler;
		new_action.mask = buffer.sa_mask;
		new_action.flags = (uint32_t)buffer.sa_flags & SA_KNOWN;
		new_action.restorer = (vaddr_t)buffer.sa_restorer;
	}
	error = signal_action_set(signal, action ? &new_action : NULL, old ? &old_action : NULL);
	if (error || !old)
		return error;
	buffer.sa_handler = (__osier_sighandler)old_action.handler;
	buffer.sa_mask = old_action.mask;
	buffer.sa_flags = (int)old_action.flags;
	buffer.sa_restorer = (void (*)(void))old_action.restorer;
	return copy_value_to_user(old, &buffer);
}

long sys_sigprocmask(int how, vaddr_t set, vaddr_t old)
{
	uint64_t current = thread_current()->signal_mask, mask;

	if (set) {
		if (copy_value_from_user(&mask, set))
			return -EFAULT;
		if (how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK)
			return -EINVAL;
	}
	if (old && copy_value_to_user(old, &current))
		return -EFAULT;
	if (!set)
		return 0;
	if (how == SIG_BLOCK)
		mask |= current;
	else if (how == SIG_UNBLOCK)
		mask = current & ~mask;
	if (mask != current)
		signal_mask_set(mask);
	return 0;
}

long sys_sigpending(vaddr_t set)
{
	uint64_t pending = signal_pending_set() & thread_current()->signal_mask;

	return copy_value_to_user(set, &pending);
}

long sys_sigsuspend(vaddr_t set)
{
	uint64_t mask;

	if (copy_value_from_user(&mask, set))
		return -EFAULT;
	return restartable_without_handler(signal_suspend(mask));
}

long sys_sigreturn(void)
{
	return signal_return(cpu_user_frame());
}

long sys_sigaltstack(vaddr_t stack, vaddr_t old)
{
	struct user_thread *user = user_thread_current();
	uint64_t sp = cpu_user_frame()->rsp;
	bool on_it = user->altstack_bytes && sp - user->altstack <= user->altstack_bytes;
	stack_t now = {
		.ss_sp = (void *)user->altstack,
		.ss_flags = !user->altstack_bytes ? SS_DISABLE : on_it ? SS_ONSTACK : 0,
		.ss_size = user->altstack_bytes,
	};
	stack_t wanted;

	if (stack) {
		if (copy_value_from_user(&wanted, stack))
			return -EFAULT;
		if (on_it)
			return -EPERM;
		if (wanted.ss_flags & ~(SS_DISABLE | SS_ONSTACK))
			return -EINVAL;
		if (!(wanted.ss_flags & SS_DISABLE) && wanted.ss_size < MINSIGSTKSZ)
			return -ENOMEM;
	}
	if (old && copy_value_to_user(old, &now))
		return -EFAULT;
	if (stack) {
		bool off = wanted.ss_flags & SS_DISABLE;

		user->altstack = off ? 0 : (vaddr_t)wanted.ss_sp;
		user->altstack_bytes = off ? 0 : wanted.ss_size;
	}
	return 0;
}

long sys_sigtimedwait(vaddr_t set, vaddr_t info, vaddr_t timeout)
{
	siginfo_t siginfo;
	uint64_t mask, deadline;
	int signal, error;

	if (copy_value_from_user(&mask, set))
		return -EFAULT;
	error = deadline_of_call(SYS_sigtimedwait, timeout, &deadline);
	if (error)
		return error;
	signal = signal_timed_wait(mask, deadline, &siginfo);
	if (signal < 0)
		return signal == -EINTR ? restartable_without_handler(signal) : signal;
	if (info && copy_value_to_user(info, &siginfo))
		return -EFAULT;
	return signal;
}

long sys_sigqueue(pid_t pid, int signal, vaddr_t address)
{
	struct signal_info info = { 0 };
	siginfo_t siginfo;

	if (copy_value_from_user(&siginfo, address))
		return -EFAULT;
	/* Nobody but the kernel speaks with the kernel's codes, nor with kill's to others. */
	if (siginfo.si_code >= 0 || siginfo.si_code == SI_TKILL)
		if (pid != process_current()->pid)
			return -EPERM;
	info.code = siginfo.si_code;
	info.pid = siginfo.si_pid;
	info.uid = siginfo.si_uid;
	info.value = (uint64_t)siginfo.si_ptr;
	return signal_queue_to(pid, signal, &info);
}
