/*
 * The first process: the boot thread becomes it.
 */
#include <osier/abi/errno.h>
#include <osier/abi/fcntl.h>
#include <osier/abi/limits.h>

#include "arch/x86_64/context.h"
#include "arch/x86_64/trap_frame.h"
#include "debug/log.h"
#include "debug/stage.h"
#include "fs/cred.h"
#include "fs/fd_table.h"
#include "fs/fs_context.h"
#include "fs/vfs.h"
#include "lib/err.h"
#include "proc/exec.h"
#include "proc/group.h"
#include "proc/process.h"
#include "task/sched.h"
#include "vm/space.h"

static void default_limits(struct process *process)
{
	for (unsigned i = 0; i < RLIM_NLIMITS; i++)
		process->limits[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	process->limits[RLIMIT_STACK].rlim_cur = MIB(8);
	process->limits[RLIMIT_CORE].rlim_cur = 0;
	process->limits[RLIMIT_NOFILE] = (struct rlimit){ OPEN_MAX, FD_TABLE_MAX };
	process->limits[RLIMIT_NPROC] = (struct rlimit){ PID_MAX / 2, PID_MAX / 2 };
	process->limits[RLIMIT_NICE] = (struct rlimit){ 0, 0 };
	process->limits[RLIMIT_RTPRIO] = (struct rlimit){ 0, 0 };
}

/* Descriptors 0, 1, 2 on the console. A system without one starts all the same. */
static void open_console(struct fd_table *files)
{
	struct file *file = vfs_open(NULL, "/dev/console", O_RDWR | O_NOCTTY, 0);

	if (IS_ERR(file)) {
		log_warn("init: cannot open /dev/console: error %ld", -PTR_ERR(file));
		return;
	}
	for (int i = 0; i < 3; i++)
		if (fd_allocate(files, file_get(file), false) < 0)
			file_put(file);
	file_put(file);
}

/* What a forked process would have inherited. => 0 or -ENOMEM. */
static int give_resources(struct process *process, struct thread *thread)
{
	struct fd_table *files = fd_table_create();
	struct fs_context *fs;

	if (IS_ERR(files))
		return (int)PTR_ERR(files);
	fs = fs_context_create();
	if (IS_ERR(fs)) {
		fd_table_put(files);
		return (int)PTR_ERR(fs);
	}
	thread->files = process->files = files;
	thread->fs = process->fs = fs;
	thread->cred = cred_get(&cred_root);
	process->cred = cred_get(&cred_root);
	process->actions = signal_actions_default();
	default_limits(process);
	process_apply_limits(process);
	return group_create_first(process);
}

/* Why the first program could not be started, for people. */
static const char *reason(int error)
{
	switch (-error) {
	case ENOENT:
		return "there is no such file (or its #! interpreter is missing)";
	case EACCES:
		return "it is not an executable file";
	case ENOEXEC:
		return "it is neither a static ELF64 program for x86_64 nor a #! script";
	case EINVAL:
		return "its ELF segments are damaged";
	case ENOMEM:
		return "there is not enough memory for it";
	case EIO:
		return "it could not be read";
	case ENOTDIR:
		return "its path leads through something that is not a directory";
	case EISDIR:
		return "it is a directory";
	default:
		return "it cannot be run";
	}
}

int process_start_init(const char *path, const char *const *arguments, const char *const *environment)
{
	struct exec_request request = {
		.path = path,
		.kernel = true,
		.kernel_arguments = arguments,
		.kernel_environment = environment,
	};
	struct thread *thread = thread_current();
	struct process *process = process_create();
	uint64_t flags;
	int error;

	if (IS_ERR(process))
		return (int)PTR_ERR(process);
	error = give_resources(process, thread);
	if (error)
		return error;
	thread->process = process;
	thread->user = &process->first;
	thread->fault = &process->first.fault;
	process->first.thread = thread;
	thread_set_tid(thread, (uint32_t)process->pid);
	list_add_tail(&process->threads, &thread->process_link);
	process->thread_count = 1;
	process->start_ns = clock_monotonic_ns();
	flags = spin_lock_irqsave(&process_lock);
	init_process = process;
	process_link_locked(process, NULL, NULL);
	spin_unlock_irqrestore(&process_lock, flags);
	open_console(thread->files);

	error = process_exec(&request, trap_frame_of_stack(thread->stack_top));
	if (error) {
		log_error("init: cannot run %s: %s", path, reason(error));
		return error;
	}
	log_info("init: %s is process %d", path, process->pid);
	stage_done();
	enter_user(trap_frame_of_stack(thread->stack_top));
}
