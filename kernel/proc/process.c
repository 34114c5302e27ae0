/*
 * Processes as objects: ids, lookup, the tree, references. What they do is in fork.c, exec.c, exit.c, wait.c.
 */
#include "proc/process.h"

#include <osier/abi/errno.h>

#include "debug/log.h"
#include "fs/fd_table.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/fpu_state.h"
#include "proc/futex.h"
#include "proc/group.h"
#include "proc/itimer.h"
#include "proc/proc_tree.h"
#include "proc/restart.h"
#include "proc/shm.h"
#include "proc/tty_link.h"
#include "sync/failpoint.h"
#include "task/sched.h"
#include "fs/cred.h"
#include "vm/space.h"

#define HASH_BUCKETS 512u

struct spinlock process_lock = SPINLOCK_INIT("process", LOCK_RANK_SIGNAL);
struct process *init_process;
struct list_node process_all = LIST_INIT(process_all);
uint32_t process_count, process_forks;

static struct slab_cache *process_cache;
static struct list_node process_hash[HASH_BUCKETS];
static uint8_t id_uses[PID_MAX];	/* by processes, threads, groups, sessions */
static pid_t id_last;

static struct list_node *hash_bucket(pid_t pid)
{
	return &process_hash[(unsigned)pid % HASH_BUCKETS];
}

static uint32_t current_pid(void)
{
	struct thread *thread = thread_current();

	return thread && thread->process ? (uint32_t)thread->process->pid : 0;
}

void process_init(void)
{
	for (unsigned i = 0; i < HASH_BUCKETS; i++)
		list_init(&process_hash[i]);
	process_cache = slab_cache_create("process", sizeof(struct process), SLAB_CACHE_LINE, NULL);
	signal_init();
	futex_init();
	fpu_state_init();
	id_uses[0] = 1;
	failpoint_current_pid = current_pid;
	tty_link_init();
	shm_init();
	proc_tree_init();
}

/* => process_lock held. */
static pid_t id_allocate_locked(void)
{
	pid_t id = id_last;

	for (unsigned tries = 1; tries < PID_MAX; tries++) {
		if (++id >= PID_MAX)
			id = 1;
		if (!id_uses[id]) {
			id_uses[id] = 1;
			id_last = id;
			return id;
		}
	}
	return 0;
}

pid_t process_id_allocate(void)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	pid_t id = id_allocate_locked();

	spin_unlock_irqrestore(&process_lock, flags);
	return id;
}

void process_id_hold_locked(pid_t id)
{
	id_uses[id]++;
}

void process_id_release_locked(pid_t id)
{
	id_uses[id]--;
}

void process_id_release(pid_t id)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);

	process_id_release_locked(id);
	spin_unlock_irqrestore(&process_lock, flags);
}

void user_thread_init(struct user_thread *user)
{
	user->thread = NULL;
	user->fault.sequence = 0;		/* none yet: for the debugger */
	signal_pending_init(&user->pending);
	user->saved_mask = 0;
	user->restore_mask = false;
	user->wanted = 0;
	user->force_default = 0;
	user->altstack = 0;
	user->altstack_bytes = 0;
	user->clear_tid = 0;
	user->restart_deadline_ns = 0;
	user->restart_call = RESTART_NONE;
	user->fpu_kept_count = 0;
	user->cred_changes = 0;
}

struct process *process_create(void)
{
	struct process *process = slab_alloc(process_cache);

	if (!process)
		return ERR_PTR(-EAGAIN);
	/* The slots of the pending sets are valid only where a bit says so: not worth clearing. */
	memset(process, 0, offsetof(struct process, pending));
	memset(&process->threads, 0,
	       offsetof(struct process, first) - offsetof(struct process, threads));
	signal_pending_init(&process->pending);
	user_thread_init(&process->first);
	refcount_init(&process->refs, 1);
	list_init(&process->children);
	list_init(&process->sibling_link);
	list_init(&process->group_link);
	list_init(&process->all_link);
	list_init(&process->hash_link);
	list_init(&process->threads);
	list_init(&process->posix_timers);
	waitq_init(&process->child_wait);
	waitq_init(&process->thread_wait);
	waitq_init(&process->vfork_wait);
	itimers_init_process(process);
	process->dumpable = true;
	process->pid = process_id_allocate();
	if (!process->pid) {
		slab_free(process_cache, process);
		return ERR_PTR(-EAGAIN);
	}
	return process;
}

void process_discard(struct process *process)
{
	process_id_release(process->pid);
	process_put(process);
}

void process_link_locked(struct process *process, struct process *parent,
			 struct process_group *group)
{
	process->state = PROCESS_ALIVE;
	process->parent = parent;
	if (parent)
		list_add_tail(&parent->children, &process->sibling_link);
	list_add_tail(&process_all, &process->all_link);
	list_add_head(hash_bucket(process->pid), &process->hash_link);
	if (group) {
		process->group = group;
		list_add_tail(&group->members, &process->group_link);
	}
	process_count++;
	process_forks++;
}

void process_unlink_locked(struct process *process)
{
	list_remove(&process->sibling_link);
	list_remove(&process->all_link);
	list_remove(&process->hash_link);
	process->state = PROCESS_REAPED;
	process->parent = NULL;
	process_count--;
	process_id_release_locked(process->pid);
}

void process_put(struct process *process)
{
	if (!refcount_put(&process->refs))
		return;
	if (process->actions)
		signal_actions_put(process->actions);
	cred_put(process->cred);
	slab_free(process_cache, process);
}

struct process *process_find_locked(pid_t pid)
{
	struct process *process;

	if (pid <= 0)
		return NULL;
	list_for_each_entry(process, hash_bucket(pid), hash_link)
		if (process->pid == pid)
			return process;
	return NULL;
}

struct process *process_find(pid_t pid)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process *process = process_find_locked(pid);

	if (process)
		process_get(process);
	spin_unlock_irqrestore(&process_lock, flags);
	return process;
}

struct thread *process_find_thread_locked(struct process *process, pid_t tid)
{
	struct thread *thread;

	list_for_each_entry(thread, &process->threads, process_link)
		if ((pid_t)thread->tid == tid)
			return thread;
	return NULL;
}

/* A counted pointer out of a process that may be ending at this moment. */
#define PROCESS_FIELD_GET(function, type, field, get)                                              \
	type *function(struct process *process)                                                    \
	{                                                                                          \
		uint64_t flags = spin_lock_irqsave(&process_lock);                                 \
		type *value = process->field;                                                      \
												   \
		if (value)                                                                         \
			get(value);                                                                \
		spin_unlock_irqrestore(&process_lock, flags);                                      \
		return value;                                                                      \
	}

PROCESS_FIELD_GET(process_space_get, struct vm_space, space, vm_space_get)
PROCESS_FIELD_GET(process_files_get, struct fd_table, files, fd_table_get)
PROCESS_FIELD_GET(process_fs_get, struct fs_context, fs, fs_context_get)
PROCESS_FIELD_GET(process_cred_get, struct cred, cred, cred_get)
PROCESS_FIELD_GET(process_executable_get, struct file, executable, file_get)

void process_times_locked(struct process *process, uint64_t *user_ns, uint64_t *system_ns)
{
	struct thread *thread;

	*user_ns = process->user_ns;
	*system_ns = process->system_ns;
	list_for_each_entry(thread, &process->threads, process_link) {
		uint64_t user, system;

		thread_times(thread, &user, &system);
		*user_ns += user;
		*system_ns += system;
	}
}

/* One process against the invariants of process.h. => process_lock held. */
static int check_one_locked(struct process *process)
{
	struct process *child;
	bool seen_living = false;
	uint32_t threads = 0;

	list_for_each(node, &process->threads)
		threads++;
	if (threads != process->thread_count) {
		log_error("process %d: %u threads in the list, %u counted", process->pid, threads,
			  process->thread_count);
		return -EINVAL;
	}
	list_for_each_entry(child, &process->children, sibling_link) {
		if (child->parent != process) {
			log_error("process %d: child %d has another parent", process->pid, child->pid);
			return -EINVAL;
		}
		if (child->state == PROCESS_ZOMBIE && seen_living) {
			log_error("process %d: zombie %d after the living", process->pid, child->pid);
			return -EINVAL;
		}
		seen_living |= child->state != PROCESS_ZOMBIE;
	}
	if (process->state == PROCESS_ZOMBIE && (process->space || process->files || threads)) {
		log_error("zombie %d still owns something", process->pid);
		return -EINVAL;
	}
	if (!id_uses[process->pid] || !process->group) {
		log_error("process %d: id or group lost", process->pid);
		return -EINVAL;
	}
	return 0;
}

int process_check(void)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process *process;
	int error = 0;

	list_for_each_entry(process, &process_all, all_link)
		if (!error)
			error = check_one_locked(process);
	spin_unlock_irqrestore(&process_lock, flags);
	return error;
}
