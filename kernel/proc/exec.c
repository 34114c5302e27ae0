/*
 * execve. Order: find the file through its #! lines; check the ELF; copy the strings; build the new space aside; prepare
 * credentials and signal actions; end the other threads. Then the point of no return, after which nothing can fail.
 */
#include "proc/exec.h"

#include <osier/abi/auxv.h>
#include <osier/abi/errno.h>
#include <osier/abi/limits.h>
#include <osier/abi/time.h>

#include "arch/x86_64/trap_frame.h"
#include "dev/random.h"
#include "fs/cred.h"
#include "fs/fd_table.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/vfs.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/elf.h"
#include "proc/exec_args.h"
#include "proc/exit.h"
#include "proc/fpu_state.h"
#include "proc/itimer.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "task/sched.h"
#include "task/timer.h"
#include "vm/object.h"
#include "vm/space.h"
#include "vm/trace.h"
#include "vm/user_copy.h"

#define HEAD_BYTES 256
#define STACK_LIMIT_DEFAULT MIB(8)
#define STACK_LIMIT_MAX GIB(1)
#define STACK_LIMIT_MIN KIB(256)

/* The page with the time lies just above the stack: in a page table that every program has anyway. */
#define TIMEPAGE_ADDRESS USER_STACK_TOP

struct exec {
	const struct exec_request *request;
	struct file *file;			/* the program, after all #! lines */
	bool write_denied;
	unsigned prefix_count;			/* strings that #! lines put in front */
	const char *prefix[2 * EXEC_SCRIPT_DEPTH + 1];
	struct elf_program program;
	struct exec_args args;
	struct vm_space *space;
	struct cred *cred;
	bool secure;				/* ids change: the program must not trust its environment */
	struct signal_actions *actions;
	vaddr_t sp, strings;
	uint8_t random[16];
	char head[EXEC_SCRIPT_DEPTH + 1][HEAD_BYTES + 1];
} __aligned(16);

static struct vm_object *timepage_object;

/* ---- the file -------------------------------------------------------------------------------- */

/*
 * Takes a #! line apart, in place. => 0 and *interpreter, *argument (NULL: none), or -ENOEXEC.
 */
static int parse_script_line(char *line, size_t bytes, bool whole, char **interpreter, char **argument)
{
	char *end = memchr(line, '\n', bytes), *p;

	/* A line that does not end here is too long, unless the file does. */
	if (!end && !whole)
		return -ENOEXEC;
	if (!end)
		end = line + bytes;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	*end = '\0';
	for (p = line + 2; *p == ' ' || *p == '\t'; p++)
		;
	if (!*p || strlen(p) != (size_t)(end - p))
		return -ENOEXEC;
	*interpreter = p;
	while (*p && *p != ' ' && *p != '\t')
		p++;
	*argument = NULL;
	if (*p) {
		*p++ = '\0';
		while (*p == ' ' || *p == '\t')
			p++;
		*argument = p;
	}
	return 0;
}

/* Puts interpreter, argument and script in front of what is there, in place of the old first string. */
static void push_prefix(struct exec *exec, const char *interpreter, const char *argument,
			const char *script)
{
	unsigned added = argument ? 2 : 1;

	if (!exec->prefix_count) {
		exec->prefix[0] = script;
		exec->prefix_count = 1;
	}
	for (unsigned i = exec->prefix_count; i-- > 0;)
		exec->prefix[i + added] = exec->prefix[i];
	exec->prefix[0] = interpreter;
	if (argument)
		exec->prefix[1] = argument;
	exec->prefix_count += added;
}

static int open_program(struct exec *exec, const char *path, size_t *head_bytes, char *head)
{
	ssize_t got;
	int error;

	exec->file = vfs_open_exec(NULL, path);
	if (IS_ERR(exec->file)) {
		error = (int)PTR_ERR(exec->file);
		exec->file = NULL;
		return error;
	}
	error = inode_deny_write(exec->file->inode);
	if (error)
		return error;
	exec->write_denied = true;
	got = vfs_read_kernel(exec->file, head, HEAD_BYTES, 0);
	if (got < 0)
		return (int)got;
	*head_bytes = (size_t)got;
	return 0;
}

static void close_program(struct exec *exec)
{
	if (exec->write_denied)
		inode_allow_write(exec->file->inode);
	file_put(exec->file);
	exec->write_denied = false;
	exec->file = NULL;
}

/* Opens the program behind `path` and checks it. => 0 or -errno. */
static int find_program(struct exec *exec)
{
	const char *path = exec->request->path;

	for (unsigned depth = 0;; depth++) {
		char *head = exec->head[depth], *interpreter, *argument;
		size_t bytes = 0;
		int error = open_program(exec, path, &bytes, head);

		if (error)
			return error;
		if (bytes < 2 || head[0] != '#' || head[1] != '!')
			return elf_read(exec->file, head, bytes, inode_size(exec->file->inode),
					&exec->program);
		if (depth == EXEC_SCRIPT_DEPTH)
			return -ELOOP;
		error = parse_script_line(head, bytes, inode_size(exec->file->inode) <= bytes,
					  &interpreter, &argument);
		if (error)
			return error;
		push_prefix(exec, interpreter, argument, path);
		close_program(exec);
		path = interpreter;
	}
}

/* ---- the strings ----------------------------------------------------------------------------- */

static int add_kernel_strings(struct exec_args *args, const char *const *strings, unsigned skip)
{
	for (unsigned i = 0; strings && strings[i]; i++) {
		int error = i < skip ? 0 : exec_args_add(args, strings[i]);

		if (error)
			return error;
	}
	return 0;
}

/* An empty vector has no first string to skip. */
static int first_is_missing(const struct exec_request *request, bool *missing)
{
	vaddr_t first = 0;

	if (request->kernel) {
		*missing = !request->kernel_arguments || !request->kernel_arguments[0];
		return 0;
	}
	if (request->arguments && copy_value_from_user(&first, request->arguments))
		return -EFAULT;
	*missing = !first;
	return 0;
}

static int copy_strings(struct exec *exec)
{
	const struct exec_request *request = exec->request;
	struct exec_args *args = &exec->args;
	unsigned skip = exec->prefix_count ? 1 : 0;
	bool missing;
	int error = first_is_missing(request, &missing);

	for (unsigned i = 0; i < exec->prefix_count && !error; i++)
		error = exec_args_add(args, exec->prefix[i]);
	if (!error && !missing) {
		if (request->kernel)
			error = add_kernel_strings(args, request->kernel_arguments, skip);
		else
			error = exec_args_add_user(args, request->arguments, skip);
	}
	/* A program may count on argv[0]. */
	if (!error && !args->argument_count)
		error = exec_args_add(args, "");
	if (error)
		return error;
	exec_args_begin_environment(args);
	if (request->kernel)
		return add_kernel_strings(args, request->kernel_environment, 0);
	return exec_args_add_user(args, request->environment, 0);
}

/* ---- credentials ----------------------------------------------------------------------------- */

/* What setuid and setgid bits make of the caller's. => 0 or -ENOMEM. */
static int prepare_cred(struct exec *exec)
{
	const struct inode *inode = exec->file->inode;
	const struct cred *old = cred_current();
	uid_t euid = old->euid;
	gid_t egid = old->egid;

	if (!(inode->mount && (inode->mount->flags & MS_NOSUID))) {
		if (inode->mode & S_ISUID)
			euid = inode->uid;
		if ((inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
			egid = inode->gid;
	}
	exec->secure = old->uid != euid || old->gid != egid;
	if (euid == old->euid && egid == old->egid && old->suid == euid && old->sgid == egid)
		return 0;
	exec->cred = cred_copy(old);
	if (!exec->cred)
		return -ENOMEM;
	exec->cred->euid = exec->cred->suid = euid;
	exec->cred->egid = exec->cred->sgid = egid;
	return 0;
}

/* ---- the new space --------------------------------------------------------------------------- */

static size_t stack_limit(struct process *process)
{
	uint64_t limit = process_limit(process, RLIMIT_STACK);

	if (limit == RLIM_INFINITY)
		limit = STACK_LIMIT_MAX;
	return page_round_up(clamp(limit, STACK_LIMIT_MIN, STACK_LIMIT_MAX));
}

static int map_timepage(struct vm_space *space)
{
	struct vm_map_request request = {
		.address = TIMEPAGE_ADDRESS,
		.bytes = PAGE_SIZE,
		.prot = PROT_R,
		.max_prot = PROT_R,
		.flags = REGION_SHARED,
		.fixed = true,
		.object = timepage_object,
		.name = "[time]",
	};
	vaddr_t at;

	if (!timepage_object) {
		struct vm_object *object = object_create_device(clock_timepage(), PAGE_SIZE,
								MEMTYPE_WRITE_BACK);

		if (IS_ERR(object))
			return (int)PTR_ERR(object);
		timepage_object = object;
		request.object = object;
	}
	return vm_map(space, &request, &at);
}

static int write_stack(struct exec *exec)
{
	const struct cred *cred = exec->cred ? exec->cred : cred_current();
	const struct exec_args *args = &exec->args;
	size_t path_bytes = strlen(exec->request->path) + 1;
	vaddr_t top = USER_STACK_TOP - 16 - (random_u64() & 0x7f0);
	vaddr_t path = top - path_bytes;
	vaddr_t random = align_down(path - sizeof(exec->random), 16);
	const uint64_t auxiliary[] = {
		AT_PHDR, exec->program.headers,
		AT_PHENT, 56,
		AT_PHNUM, exec->program.header_count,
		AT_PAGESZ, PAGE_SIZE,
		AT_ENTRY, exec->program.entry,
		AT_RANDOM, random,
		AT_EXECFN, path,
		AT_SECURE, exec->secure,
		AT_UID, cred->uid,
		AT_EUID, cred->euid,
		AT_GID, cred->gid,
		AT_EGID, cred->egid,
		AT_CLKTCK, OSIER_CLK_TCK,
		AT_OSIER_TIMEPAGE, TIMEPAGE_ADDRESS,
		AT_NULL, 0,
	};
	struct exec_stack stack = {
		.auxiliary = auxiliary,
		.auxiliary_words = ARRAY_SIZE(auxiliary),
		.strings = random - args->strings.length,
	};
	int error;

	stack.sp = align_down(stack.strings - exec_args_vector_bytes(args, stack.auxiliary_words), 16);
	random_bytes(exec->random, sizeof(exec->random));
	error = vm_access(exec->space, path, (void *)exec->request->path, path_bytes, true, false);
	if (!error)
		error = vm_access(exec->space, random, exec->random, sizeof(exec->random), true, false);
	if (!error)
		error = exec_args_write(args, exec->space, &stack);
	exec->sp = stack.sp;
	exec->strings = stack.strings;
	return error == -EFAULT ? -E2BIG : error;
}

static int build_space(struct exec *exec)
{
	struct process *process = process_current();
	struct vm_space *space = vm_space_create();
	size_t stack = stack_limit(process);
	int error;

	if (IS_ERR(space))
		return (int)PTR_ERR(space);
	exec->space = space;
	space->owner_pid = (uint32_t)process->pid;
	space->limit_address_space = process_limit(process, RLIMIT_AS);
	space->limit_data = process_limit(process, RLIMIT_DATA);
	space->limit_locked = process_limit(process, RLIMIT_MEMLOCK);
	error = elf_map(space, exec->file, &exec->program);
	if (!error)
		error = vm_map_stack(space, USER_STACK_TOP, stack);
	if (!error)
		error = map_timepage(space);
	if (error)
		return error == -EEXIST ? -EINVAL : error;
	vm_set_brk_start(space, page_round_up(exec->program.end) + (random_u64() & 0x1f) * PAGE_SIZE);
	space->mmap_top -= (random_u64() & 0x1f) * PAGE_SIZE;
	return write_stack(exec);
}

/* ---- the point of no return ------------------------------------------------------------------ */

static void set_name(struct process *process, const char *path)
{
	const char *slash = strrchr(path, '/');

	trace_range(TRACE_EXEC, (uint32_t)process->pid, 0, 0, 0);
	string_copy(process->name, slash ? slash + 1 : path, sizeof(process->name));
	thread_set_name(thread_current(), process->name);
}

/* A thread other than the first called exec: it becomes the first. */
static void become_first_thread(struct thread *thread, struct process *process)
{
	struct user_thread *user = thread->user;
	pid_t old_tid = (pid_t)thread->tid;
	uint64_t flags;

	if (user == &process->first)
		return;
	flags = spin_lock_irqsave(&process_lock);
	user_thread_init(&process->first);
	process->first.thread = thread;
	process->first.pending.set = user->pending.set;
	memcpy(process->first.pending.standard, user->pending.standard,
	       sizeof(user->pending.standard));
	list_splice_tail(&process->first.pending.queue, &user->pending.queue);
	thread->user = &process->first;
	thread->fault = &process->first.fault;
	spin_unlock_irqrestore(&process_lock, flags);
	thread_set_tid(thread, (uint32_t)process->pid);
	process_id_release(old_tid);
	/* The first thread, when it ended, gave back the reference that this one came with. */
	kfree(user);
}

static void commit_cred(struct exec *exec, struct process *process)
{
	struct cred *old;
	uint64_t flags;

	if (!exec->cred)
		return;
	flags = spin_lock_irqsave(&process_lock);
	old = process->cred;
	process->cred = cred_get(exec->cred);
	spin_unlock_irqrestore(&process_lock, flags);
	cred_put(old);
	cred_replace(exec->cred);
	exec->cred = NULL;
	process->dumpable = false;
}

static void commit_signals(struct exec *exec, struct process *process, struct user_thread *user)
{
	struct signal_actions *old;
	uint64_t flags = spin_lock_irqsave(&process_lock);

	old = process->actions;
	process->actions = exec->actions;
	exec->actions = NULL;
	user->altstack = 0;
	user->altstack_bytes = 0;
	user->clear_tid = 0;
	user->restart_call = RESTART_NONE;
	spin_unlock_irqrestore(&process_lock, flags);
	signal_actions_put(old);
}

/* Runs the new program from here on. Cannot fail. */
static void commit(struct exec *exec, struct trap_frame *frame)
{
	struct thread *thread = thread_current();
	struct process *process = thread->process;
	struct file *old_executable;
	struct vm_space *old_space;
	vaddr_t environment = exec->strings + exec->args.environment_offset;
	uint64_t flags;

	become_first_thread(thread, process);
	posix_timers_delete(process);
	if (thread->fpu || thread->user->fpu_kept_count)
		fpu_state_free(thread);
	fd_table_close_on_exec(thread->files);
	commit_signals(exec, process, thread->user);
	process->dumpable = true;
	commit_cred(exec, process);
	set_name(process, exec->request->path);

	flags = spin_lock_irqsave(&process_lock);
	process->space = exec->space;
	old_executable = process->executable;
	process->executable = exec->file;
	process->has_executed = true;
	process->arguments_start = exec->strings;
	process->arguments_end = environment;
	process->environment_start = environment;
	process->environment_end = exec->strings + exec->args.strings.length;
	spin_unlock_irqrestore(&process_lock, flags);
	exec->file = NULL;
	exec->write_denied = false;

	old_space = vm_space_switch(exec->space);
	exec->space = NULL;
	if (old_space) {
		process->minor_faults += old_space->minor_faults;
		process->major_faults += old_space->major_faults;
		vm_space_put(old_space);
	}
	if (old_executable) {
		inode_allow_write(old_executable->inode);
		file_put(old_executable);
	}
	flags = spin_lock_irqsave(&process_lock);
	process_vfork_done_locked(process);
	spin_unlock_irqrestore(&process_lock, flags);

	thread->user_fs_base = 0;
	cpu_set_user_fs(0);
	trap_frame_init_user(frame, exec->program.entry, exec->sp);
}

static int prepare(struct exec *exec)
{
	struct process *process = process_current();
	int error = find_program(exec);

	if (!error)
		error = copy_strings(exec);
	if (!error)
		error = prepare_cred(exec);
	if (!error)
		error = build_space(exec);
	if (error)
		return error;
	exec->actions = signal_actions_for_exec(process->actions);
	if (IS_ERR(exec->actions)) {
		exec->actions = NULL;
		return -ENOMEM;
	}
	if (process->thread_count > 1)
		return process_end_other_threads();
	return 0;
}

/* Gives back what has not been handed on. */
static void discard(struct exec *exec)
{
	if (exec->actions)
		signal_actions_put(exec->actions);
	cred_put(exec->cred);
	if (exec->space)
		vm_space_put(exec->space);
	exec_args_free(&exec->args);
	if (exec->file)
		close_program(exec);
}

int process_exec(const struct exec_request *request, struct trap_frame *frame)
{
	struct exec *exec = kmalloc(sizeof(*exec));
	uint64_t stack = stack_limit(process_current());
	int error;

	if (!exec)
		return -ENOMEM;
	memset(exec, 0, offsetof(struct exec, head));
	exec->request = request;
	exec_args_init(&exec->args, min((uint64_t)ARG_MAX, stack / 4));
	error = prepare(exec);
	if (!error)
		commit(exec, frame);
	discard(exec);
	kfree(exec);
	return error;
}

void process_apply_limits(struct process *process)
{
	struct vm_space *space = process->space;

	if (space) {
		space->limit_address_space = process_limit(process, RLIMIT_AS);
		space->limit_data = process_limit(process, RLIMIT_DATA);
		space->limit_locked = process_limit(process, RLIMIT_MEMLOCK);
	}
	itimer_apply_cpu_limit_locked(process);
	if (process->files)
		process->files->limit = (unsigned)min(process_limit(process, RLIMIT_NOFILE),
						      (uint64_t)FD_TABLE_MAX);
	if (process->fs)
		process->fs->file_size_limit = process_limit(process, RLIMIT_FSIZE);
}
