/*
 * Process groups and sessions: who gets a terminal's signals.
 *
 * Invariants
 *  1. A group has at least one member (zombies count); a session at least one group.
 *  2. A process that leads a session or a group keeps its id in use through them after its death.
 *  3. An orphaned group has no member whose parent is in another group of the same session.
 */
#ifndef OSIER_PROC_GROUP_H
#define OSIER_PROC_GROUP_H

#include <osier/types.h>

#include "proc/process.h"

/* => NULL if there is none. process_lock held. */
struct process_group *group_find_locked(pid_t id);

/* The first session and group, for init. => 0 or -ENOMEM. */
int group_create_first(struct process *);

/* POSIX setpgid, getpgid, setsid, getsid. */
int group_set(pid_t pid, pid_t id);
pid_t group_get(pid_t pid);
pid_t session_create(void);
pid_t session_get(pid_t pid);

/* Takes a process out of its group; frees what becomes empty (through *freed: kfree after unlock). => process_lock held. */
struct group_garbage {
	struct process_group *group;
	struct session *session;
};
void group_leave_locked(struct process *, struct group_garbage *);
void group_garbage_free(struct group_garbage *);

/* `except` is taken for not there. => process_lock held. */
bool group_is_orphaned_locked(struct process_group *, struct process *except);
/*
 * POSIX: a group that a process's end orphans and that has a stopped member gets SIGHUP and SIGCONT. The first is about
 * the ending process's own group; the second about a child's, after it has its new parent. => process_lock held.
 */
void group_orphan_check_own_locked(struct process *process);
void group_orphan_check_child_locked(struct process *child, struct process *old_parent);

/* The calling process's session leader is going: lets go of the terminal, SIGHUP to its foreground group. */
void session_leader_exit(struct process *);

#endif
