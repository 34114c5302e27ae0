/*
 * Waiting for children.
 */
#ifndef OSIER_PROC_WAIT_H
#define OSIER_PROC_WAIT_H

#include <osier/abi/resource.h>
#include <osier/abi/wait.h>
#include <osier/types.h>

#include "proc/process.h"

struct wait_result {
	pid_t pid;			/* 0: none yet (WNOHANG) */
	uid_t uid;
	int status;			/* as wait4 reports it */
	int code;			/* CLD_* */
	int value;			/* siginfo's si_status */
	struct rusage usage;
};

/*
 * Waits for a change of a child: kind P_ALL, P_PID, P_PGID with id; options WEXITED, WSTOPPED, WCONTINUED, WNOHANG,
 * WNOWAIT. => 0, -ECHILD, -EINTR. `want_usage`: fill result->usage. Sleeps.
 */
int wait_for_child(idtype_t kind, pid_t id, int options, bool want_usage, struct wait_result *);

/* Tells the parent: SIGCHLD unless it does not want it, and whoever waits. => process_lock held. */
void wait_notify_parent_locked(struct process *, int code, int value);
/* The same for a zombie. */
void wait_notify_end_locked(struct process *);

/* rusage of the process itself, and of the children it has waited for. => process_lock held. */
void usage_of_process_locked(struct process *, struct rusage *);
void usage_of_children_locked(struct process *, struct rusage *);

#endif
