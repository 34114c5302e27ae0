/*
 * Signals: what is pending, what is to be done about each, sending and delivery.
 *
 * signal.c: actions and masks; signal_send.c: sending; signal_deliver.c: the return to user mode.
 *
 * Invariants
 *  1. A standard signal is pending at most once in a set, its facts in a slot of its own: sending it allocates
 *     nothing and cannot fail. Real-time signals queue, each in an entry that its sender allocated.
 *  2. A thread's THREAD_WORK_SIGNAL is set whenever a signal may be deliverable to it; delivery clears it under
 *     process_lock once nothing is left.
 *  3. SIGKILL and SIGSTOP are in no mask and have the default action.
 *  4. Only return_work delivers.
 */
#ifndef OSIER_PROC_SIGNAL_H
#define OSIER_PROC_SIGNAL_H

#include <osier/abi/signal.h>
#include <osier/types.h>

#include "lib/list.h"
#include "sync/refcount.h"

struct process;
struct process_group;
struct thread;
struct trap_frame;
struct user_thread;

#define SIGNAL_COUNT 64
#define SIGNAL_STANDARD 31

#define SIGNAL_BIT(signal) (1ull << ((signal) - 1))
#define SIGNAL_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNAL_STOPS                                                                               \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define SIGNAL_DEFAULT_IGNORES                                                                     \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT))
#define SIGNAL_DUMPS                                                                               \
	(SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGABRT) |    \
	 SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGXCPU) |     \
	 SIGNAL_BIT(SIGXFSZ) | SIGNAL_BIT(SIGSYS))
#define SIGNAL_SYNCHRONOUS                                                                         \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) |      \
	 SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGSYS))

/* The facts of a signal; siginfo_t is made from it on delivery. */
struct signal_info {
	int code;
	pid_t pid;			/* or the timer's id */
	uid_t uid;			/* or the timer's overrun */
	int status;
	uint64_t value;			/* sigval, or the faulting address */
	uint32_t user_ticks, system_ticks;
};

struct signal_entry {
	struct list_node link;
	uint8_t signal;
	bool preallocated;		/* a timer's: not freed on delivery */
	struct signal_info info;
};

struct signal_pending {
	uint64_t set;
	struct list_node queue;		/* struct signal_entry: real-time signals, oldest first */
	struct signal_info standard[SIGNAL_STANDARD];	/* valid where the bit is set */
};

struct signal_action {
	vaddr_t handler;		/* 0: default, 1: ignore */
	uint64_t mask;
	uint32_t flags;			/* SA_* */
	vaddr_t restorer;
};

/* Shared by fork, copied by whoever changes it. */
struct signal_actions {
	struct refcount refs;
	uint64_t ignored;		/* SIG_IGN, or SIG_DFL where that means ignoring */
	uint64_t caught;
	struct signal_action action[SIGNAL_COUNT];
};

static inline bool signal_valid(int signal)
{
	return signal >= 1 && signal <= SIGNAL_COUNT;
}

void signal_init(void);

static inline void signal_pending_init(struct signal_pending *pending)
{
	pending->set = 0;
	list_init(&pending->queue);
}

/* Forgets all that is pending, frees the entries. => process_lock not held, nobody else sees the set. */
void signal_pending_discard(struct signal_pending *);

/* Actions. */
struct signal_actions *signal_actions_default(void);	/* all default; a new reference */
void signal_actions_put(struct signal_actions *);
/* POSIX sigaction for the calling process; either pointer may be NULL. => 0, -EINVAL, -ENOMEM. */
int signal_action_set(int signal, const struct signal_action *action, struct signal_action *old);
/* exec: caught signals go back to default, ignored ones stay. => 0 or -ENOMEM. */
struct signal_actions *signal_actions_for_exec(struct signal_actions *);

/* The mask of the calling thread. */
void signal_mask_set(uint64_t mask);
/* What is pending for the calling thread, blocked or not. */
uint64_t signal_pending_set(void);
/* True if a signal, an exit or a stop waits for the calling thread. */
bool signal_is_pending(void);

/* Sending. All may be called from interrupts; none allocates. */
void signal_send_locked(struct process *, int signal, const struct signal_info *);
void signal_send(struct process *, int signal, const struct signal_info *);
void signal_send_thread_locked(struct thread *, int signal, const struct signal_info *);
void signal_send_group_locked(struct process_group *, int signal, const struct signal_info *);
void signal_send_kernel(struct process *, int signal);
/* For terminals: by number. */
void signal_send_group_id(pid_t group, int signal);
/* A real-time entry that the caller allocated (kept by the queue, or => false: the caller frees it). */
bool signal_queue_locked(struct process *, struct thread *, struct signal_entry *);
struct signal_entry *signal_entry_allocate(void);
void signal_entry_free(struct signal_entry *);
/* A fault of the calling thread: blocked or ignored, it kills. */
void signal_force(int signal, int code, vaddr_t address);

/* kill, tgkill, sigqueue with the permission checks of POSIX. pid as kill(2)'s. */
int signal_kill(pid_t pid, int signal);
int signal_kill_thread(pid_t pid, pid_t tid, int signal);
int signal_queue_to(pid_t pid, int signal, const struct signal_info *);

/* Waiting. */
int signal_suspend(uint64_t mask);
/* Takes one of `set`, waits until `deadline_ns` (0: for ever, 1: not at all). => the signal, -EAGAIN, -EINTR. */
int signal_timed_wait(uint64_t set, uint64_t deadline_ns, siginfo_t *out);

/* Builds what user mode sees. Fills all 128 bytes. */
void signal_info_to_user(siginfo_t *, int signal, const struct signal_info *);

/* Delivery, from return_work. */
void signal_deliver(struct trap_frame *);
/* The sigreturn call. => what goes into rax. */
long signal_return(struct trap_frame *);

/*
 * Sets the mask for the time of one call (ppoll, pselect). After it: `interrupted` says that a signal ended it; then the
 * handler runs under the new mask and the old one comes back after it, else at once.
 */
void signal_mask_swap(uint64_t mask);
void signal_mask_swap_end(bool interrupted);

/* For the files of this topic. process_lock held. */
void signal_mask_set_locked(struct thread *, uint64_t mask);
void signal_update_work_locked(struct thread *);
void signal_retarget_locked(struct process *, uint64_t set);
/* Takes the next pending signal of `allowed`; *garbage is to be freed after unlock. => 0: none. */
int signal_take_locked(uint64_t allowed, struct signal_info *, struct signal_entry **garbage);

#endif
