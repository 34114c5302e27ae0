/*
 * Processes: fork, exec, exit, wait, groups and sessions.
 */
#include <osier/abi/errno.h>
#include <osier/abi/prctl.h>
#include <osier/abi/signal.h>
#include <osier/abi/wait.h>

#include "arch/x86_64/trap_frame.h"
#include "fs/path.h"
#include "lib/string.h"
#include "proc/exec.h"
#include "proc/exit.h"
#include "proc/fork.h"
#include "proc/group.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "proc/wait.h"
#include "sys/sys.h"
#include "task/sched.h"
#include "vm/user_copy.h"

long sys_fork(void)
{
	return process_fork(cpu_user_frame(), false);
}

long sys_vfork(void)
{
	return process_fork(cpu_user_frame(), true);
}

long sys_execve(vaddr_t path, vaddr_t arguments, vaddr_t environment)
{
	struct exec_request request = { .arguments = arguments, .environment = environment };
	struct user_path text;
	int error = user_path_get(&text, path);

	if (error)
		return error;
	request.path = text.text;
	error = process_exec(&request, cpu_user_frame());
	user_path_put(&text);
	return error;
}

long sys_exit(int status)
{
	process_end(W_EXITCODE(status & 0xff, 0));
}

long sys_wait4(pid_t pid, vaddr_t status, int options, vaddr_t usage)
{
	struct wait_result result;
	idtype_t kind = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
	int error;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	error = wait_for_child(kind, pid < -1 ? -pid : pid, options | WEXITED, usage != 0, &result);
	if (error)
		return restartable(error);
	if (!result.pid)
		return 0;
	if ((status && copy_value_to_user(status, &result.status)) ||
	    (usage && copy_value_to_user(usage, &result.usage)))
		return -EFAULT;
	return result.pid;
}

long sys_waitid(int kind, pid_t id, vaddr_t info, int options, vaddr_t usage)
{
	struct wait_result result;
	siginfo_t siginfo;
	int error;

	if ((options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED)) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	if (kind != P_ALL && kind != P_PID && kind != P_PGID)
		return -EINVAL;
	if ((kind == P_PID && id <= 0) || (kind == P_PGID && id < 0))
		return -EINVAL;
	error = wait_for_child((idtype_t)kind, id, options, usage != 0, &result);
	if (error)
		return restartable(error);
	memset(&siginfo, 0, sizeof(siginfo));
	if (result.pid) {
		siginfo.si_signo = SIGCHLD;
		siginfo.si_code = result.code;
		siginfo.si_pid = result.pid;
		siginfo.si_uid = result.uid;
		siginfo.si_status = result.value;
		if (usage && copy_value_to_user(usage, &result.usage))
			return -EFAULT;
	}
	return info ? copy_value_to_user(info, &siginfo) : 0;
}

long sys_getpid(void)
{
	return process_current()->pid;
}

long sys_getppid(void)
{
	/* One word, read at one moment; a parent that dies just now is answered either way. */
	struct process *parent = READ_ONCE(process_current()->parent);

	return parent ? parent->pid : 0;
}

long sys_getpgid(pid_t pid)
{
	return pid < 0 ? -ESRCH : group_get(pid);
}

long sys_setpgid(pid_t pid, pid_t group)
{
	return group_set(pid, group);
}

long sys_getsid(pid_t pid)
{
	return pid < 0 ? -ESRCH : session_get(pid);
}

long sys_setsid(void)
{
	return session_create();
}

long sys_prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct process *process = process_current();
	char name[16];
	ssize_t length;

	switch (option) {
	case PR_SET_NAME:
		length = copy_string_from_user(name, a, sizeof(name));
		if (length == -EFAULT)
			return -EFAULT;
		if (length == -ENAMETOOLONG && copy_from_user(name, a, sizeof(name) - 1))
			return -EFAULT;
		name[sizeof(name) - 1] = '\0';
		string_copy(process->name, name, sizeof(process->name));
		thread_set_name(thread_current(), name);
		return 0;
	case PR_GET_NAME:
		memset(name, 0, sizeof(name));
		string_copy(name, thread_current()->name, sizeof(name));
		return copy_to_user(a, name, sizeof(name));
	case PR_GET_DUMPABLE:
		return process->dumpable;
	case PR_SET_DUMPABLE:
		if (a > 1)
			return -EINVAL;
		process->dumpable = a;
		return 0;
	case PR_SET_PDEATHSIG:
		if (a > SIGNAL_COUNT)
			return -EINVAL;
		process->parent_death_signal = (uint8_t)a;
		return 0;
	case PR_GET_PDEATHSIG: {
		int signal = process->parent_death_signal;

		return copy_value_to_user(a, &signal);
	}
	default:
		return -EINVAL;
	}
}
