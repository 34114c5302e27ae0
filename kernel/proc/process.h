/*
 * A process: an address space, files, credentials, signal actions and the threads that share them;
 * its place among parents, groups and sessions.
 *
 * Not here: how one is made (fork.h), filled (exec.h), ended (exit.h), collected (wait.h); signals (signal.h).
 *
 * One spinlock, process_lock, guards the whole layer: the tree, the groups, the thread lists and all signal
 * state. It is taken with interrupts off, because timers and terminals send signals from interrupts; what is
 * done under it is short and allocates nothing.
 *
 * Invariants (process_check)
 *  1. Every process but the first has a parent and is once in its `children`; zombies come before the living.
 *  2. An id is free only when no process, thread, group or session has it: id_uses counts them.
 *  3. A zombie has no threads, no space, no files; only its parent's wait frees it.
 *  4. `space`, `files`, `fs` and `cred` of a process are what its threads point at; they change under
 *     process_lock, so another process may take a reference under it.
 */
#ifndef OSIER_PROC_PROCESS_H
#define OSIER_PROC_PROCESS_H

#include <osier/abi/resource.h>
#include <osier/types.h>

#include "lib/list.h"
#include "proc/fpu_state.h"
#include "proc/signal.h"
#include "sync/refcount.h"
#include "sync/spinlock.h"
#include "task/thread.h"
#include "task/timer.h"
#include "task/waitq.h"
#include "vm/fault.h"

struct char_device;
struct file;
struct signal_actions;
struct tty;

#define PID_MAX 32768

enum process_state {
	PROCESS_NEW,		/* being made: nobody can find it */
	PROCESS_ALIVE,
	PROCESS_ZOMBIE,		/* ended; waits for its parent's wait */
	PROCESS_REAPED,		/* in no list; lives until the last reference */
};

struct session {
	pid_t id;
	uint32_t groups;		/* groups in it; the last one frees it */
	struct process *leader;		/* NULL once it has died */
	struct tty *tty;		/* the controlling terminal, or NULL */
	struct list_node hash_link;
};

struct process_group {
	pid_t id;
	struct session *session;
	struct list_node members;	/* process.group_link; the last one to leave frees the group */
	struct list_node hash_link;
};

/* What a thread has on this layer. The first thread's lies in its process. */
struct user_thread {
	struct thread *thread;
	struct vm_fault fault;			/* thread.fault points here: the last page fault */
	struct signal_pending pending;		/* sent to this thread alone */
	uint32_t cred_changes;			/* process.cred_changes when thread.cred was taken */
	uint64_t saved_mask;			/* what sigsuspend and ppoll put back after the handler */
	bool restore_mask;
	uint64_t wanted;			/* sigtimedwait: the signals it sleeps for */
	uint64_t force_default;			/* faults that were blocked or ignored: they kill */
	vaddr_t altstack;			/* sigaltstack; 0 bytes: none */
	size_t altstack_bytes;
	vaddr_t clear_tid;			/* zeroed and woken as a futex when the thread ends */
	uint32_t restart_call;			/* number of the interrupted call that comes again, or RESTART_NONE */
	uint64_t restart_deadline_ns;		/* of that call */
	unsigned fpu_kept_count;
	struct fpu_kept fpu_kept[FPU_KEPT_MAX];	/* FPU registers that handlers' frames will want back */
};

struct process {
	struct refcount refs;
	pid_t pid;
	uint64_t start_ns;			/* monotonic */
	struct list_node hash_link;

	/* Guarded by process_lock: the tree. */
	enum process_state state;
	struct process *parent;
	struct list_node children;		/* sibling_link; zombies first */
	struct list_node sibling_link;
	struct list_node all_link;
	struct process_group *group;
	struct list_node group_link;
	bool has_executed;			/* exec since fork: its parent may no longer move it */
	bool dumpable;
	uint8_t parent_death_signal;		/* prctl PR_SET_PDEATHSIG; 0: none */

	/* Guarded by process_lock: its end and its stops. */
	bool exiting;				/* no way back; every thread is on its way out */
	int exit_status;			/* as wait reports it */
	uint8_t stop_signal;			/* stopped by this one; 0: running */
	bool stop_unreported;			/* wait has not seen the stop yet */
	bool continue_unreported;
	struct thread *exec_thread;		/* exec: the one thread that stays */
	struct waitq child_wait;		/* parents wait here for their children */
	struct waitq thread_wait;		/* exec waits for the others to end */
	bool vfork_waiting;			/* its parent waits on vfork_wait for exec or exit */
	struct waitq vfork_wait;

	/* Guarded by process_lock: signals. */
	struct signal_actions *actions;		/* shared between processes until one changes it */
	struct signal_pending pending;

	/* Threads. */
	struct list_node threads;		/* thread.process_link */
	uint32_t thread_count;

	/* What the threads share: see invariant 4. */
	struct vm_space *space;
	struct fd_table *files;
	struct fs_context *fs;
	struct cred *cred;
	uint32_t cred_changes;
	struct file *executable;
	char name[16];

	/* exec's: where the argument strings lie, for /proc. */
	vaddr_t arguments_start, arguments_end, environment_start, environment_end;

	struct rlimit limits[RLIM_NLIMITS];
	int8_t nice;

	/* Used time: of ended threads, of collected children. */
	uint64_t user_ns, system_ns;
	uint64_t children_user_ns, children_system_ns;
	uint64_t minor_faults, major_faults;	/* taken from the space when it goes */
	uint64_t children_minor_faults, children_major_faults;

	/* Interval timers. */
	struct timer real_timer;
	struct timer cpu_timer;			/* runs while one of the next two is set */
	uint64_t real_interval_ns;
	uint64_t virtual_deadline_ns, virtual_interval_ns;	/* user time; 0: off */
	uint64_t prof_deadline_ns, prof_interval_ns;		/* user + system time */
	uint64_t cpu_limit_ns;			/* RLIMIT_CPU: used time at which to signal next; 0: none */
	bool timers_used;			/* one of the timers was set once */
	struct list_node posix_timers;

	struct user_thread first;
};

extern struct spinlock process_lock;
extern struct process *init_process;
extern struct list_node process_all;		/* process.all_link, by creation */
extern uint32_t process_count, process_forks;

static inline struct process *process_current(void)
{
	return thread_current()->process;
}

/* Called once at boot, after slab and tasks. */
void process_init(void);

/*
 * A new process with references and lists in order, and an id; in no list yet. No space, no files.
 * => ERR_PTR(-EAGAIN) when ids or memory are used up.
 */
struct process *process_create(void);
/* Undoes process_create for a process that was never linked. */
void process_discard(struct process *);
/* Makes it visible: parent's child, member of the parent's group. => process_lock held. */
void process_link_locked(struct process *, struct process *parent, struct process_group *);

static inline struct process *process_get(struct process *process)
{
	refcount_get(&process->refs);
	return process;
}

void process_put(struct process *);

/* => the process (no reference: good while the lock is held), zombies too, or NULL. process_lock held. */
struct process *process_find_locked(pid_t pid);
/* => a reference, or NULL. */
struct process *process_find(pid_t pid);
/* The same for a thread id. => the thread, process_lock held. */
struct thread *process_find_thread_locked(struct process *, pid_t tid);

/* Ids of threads, groups and sessions come from the same numbers. => 0 when all are in use. */
pid_t process_id_allocate(void);
void process_id_release(pid_t);
void process_id_hold_locked(pid_t);
void process_id_release_locked(pid_t);

void user_thread_init(struct user_thread *);
static inline struct user_thread *user_thread_current(void)
{
	return thread_current()->user;
}

/* Takes a process out of the tree and gives its id back. => process_lock held, out of its group. */
void process_unlink_locked(struct process *);

/* A reference to what another process has now; NULL if it is gone. */
struct vm_space *process_space_get(struct process *);
struct fd_table *process_files_get(struct process *);
struct fs_context *process_fs_get(struct process *);
struct cred *process_cred_get(struct process *);
struct file *process_executable_get(struct process *);

/* Adds up the time of the ended and the living threads. => process_lock held. */
void process_times_locked(struct process *, uint64_t *user_ns, uint64_t *system_ns);

static inline uint64_t process_limit(struct process *process, unsigned resource)
{
	return READ_ONCE(process->limits[resource].rlim_cur);
}

/* Walks the layer. => 0, or -EINVAL after logging the first broken invariant. */
int process_check(void);

/*
 * The first process: runs `path` with arguments and environment, on the console. => only when it could not be
 * started: -errno, after a message that says why.
 */
int process_start_init(const char *path, const char *const *arguments, const char *const *environment);

#endif
