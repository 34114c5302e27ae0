/*
 * Waiting for children: what they have to report, and taking away what is left of the dead.
 */
#include "proc/wait.h"

#include <osier/abi/errno.h>
#include <osier/abi/time.h>

#include "fs/cred.h"
#include "lib/string.h"
#include "proc/group.h"
#include "task/sched.h"
#include "vm/space.h"

#define TICK_NS (1000000000u / OSIER_CLK_TCK)

void wait_notify_parent_locked(struct process *process, int code, int value)
{
	struct process *parent = process->parent;
	struct signal_info info = {
		.code = code,
		.pid = process->pid,
		.uid = process->cred ? process->cred->uid : 0,
		.status = value,
		.user_ticks = (uint32_t)(process->user_ns / TICK_NS),
		.system_ticks = (uint32_t)(process->system_ns / TICK_NS),
	};

	if (!parent)
		return;
	if ((code != CLD_STOPPED && code != CLD_CONTINUED) ||
	    !(parent->actions->action[SIGCHLD - 1].flags & SA_NOCLDSTOP))
		signal_send_locked(parent, SIGCHLD, &info);
	if (!waitq_idle(&parent->child_wait))
		waitq_wake_all(&parent->child_wait);
}

void wait_notify_end_locked(struct process *process)
{
	int status = process->exit_status;

	if (WIFEXITED(status))
		wait_notify_parent_locked(process, CLD_EXITED, WEXITSTATUS(status));
	else
		wait_notify_parent_locked(process, WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED,
					  WTERMSIG(status));
}

static void usage_fill(struct rusage *usage, uint64_t user_ns, uint64_t system_ns,
		       uint64_t minor_faults, uint64_t major_faults)
{
	memset(usage, 0, sizeof(*usage));
	usage->ru_utime.tv_sec = (time_t)(user_ns / 1000000000);
	usage->ru_utime.tv_usec = (suseconds_t)(user_ns % 1000000000 / 1000);
	usage->ru_stime.tv_sec = (time_t)(system_ns / 1000000000);
	usage->ru_stime.tv_usec = (suseconds_t)(system_ns % 1000000000 / 1000);
	usage->ru_minflt = (long)minor_faults;
	usage->ru_majflt = (long)major_faults;
}

void usage_of_process_locked(struct process *process, struct rusage *usage)
{
	uint64_t user_ns, system_ns;
	uint64_t minor = process->minor_faults, major = process->major_faults;

	process_times_locked(process, &user_ns, &system_ns);
	if (process->space) {
		minor += process->space->minor_faults;
		major += process->space->major_faults;
	}
	usage_fill(usage, user_ns, system_ns, minor, major);
}

void usage_of_children_locked(struct process *process, struct rusage *usage)
{
	usage_fill(usage, process->children_user_ns, process->children_system_ns,
		   process->children_minor_faults, process->children_major_faults);
}

/* What a dead child's parent adds to its children's use. => process_lock held. */
static void inherit_usage_locked(struct process *parent, struct process *child)
{
	parent->children_user_ns += child->user_ns + child->children_user_ns;
	parent->children_system_ns += child->system_ns + child->children_system_ns;
	parent->children_minor_faults += child->minor_faults + child->children_minor_faults;
	parent->children_major_faults += child->major_faults + child->children_major_faults;
}

static bool has_event(const struct process *child, int options)
{
	if (child->state == PROCESS_ZOMBIE)
		return options & WEXITED;
	return (child->stop_unreported && (options & WSTOPPED)) ||
	       (child->continue_unreported && (options & WCONTINUED));
}

/* A child that fits and has something to say; *any: one that fits exists. => process_lock held. */
static struct process *find_event_locked(struct process *self, idtype_t kind, pid_t id, int options,
					 bool *any)
{
	struct process *child;

	*any = false;
	if (kind == P_PID) {
		child = process_find_locked(id);
		if (!child || child->parent != self)
			return NULL;
		*any = true;
		return has_event(child, options) ? child : NULL;
	}
	list_for_each_entry(child, &self->children, sibling_link) {
		if (kind == P_PGID && child->group->id != id)
			continue;
		*any = true;
		if (has_event(child, options))
			return child;
		/* Zombies come first: where only they count, there are none. */
		if (child->state != PROCESS_ZOMBIE && kind == P_ALL &&
		    !(options & (WSTOPPED | WCONTINUED)))
			return NULL;
	}
	return NULL;
}

static void describe_locked(struct process *child, int options, struct wait_result *result)
{
	int status;

	result->pid = child->pid;
	result->uid = child->cred ? child->cred->uid : 0;
	if (child->state == PROCESS_ZOMBIE) {
		status = child->exit_status;
		result->status = status;
		if (WIFEXITED(status)) {
			result->code = CLD_EXITED;
			result->value = WEXITSTATUS(status);
		} else {
			result->code = WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
			result->value = WTERMSIG(status);
		}
	} else if (child->stop_unreported && (options & WSTOPPED)) {
		result->status = W_STOPCODE(child->stop_signal);
		result->code = CLD_STOPPED;
		result->value = child->stop_signal;
		if (!(options & WNOWAIT))
			child->stop_unreported = false;
	} else {
		result->status = 0xffff;
		result->code = CLD_CONTINUED;
		result->value = SIGCONT;
		if (!(options & WNOWAIT))
			child->continue_unreported = false;
	}
}

int wait_for_child(idtype_t kind, pid_t id, int options, bool want_usage, struct wait_result *result)
{
	struct process *self = process_current(), *child;
	struct group_garbage garbage = { NULL, NULL };
	bool reap = false, any;
	uint64_t flags;

	if (kind == P_PGID && !id)
		id = self->group->id;
	flags = spin_lock_irqsave(&process_lock);
	while (!(child = find_event_locked(self, kind, id, options, &any))) {
		int error;

		if (!any || (options & WNOHANG)) {
			spin_unlock_irqrestore(&process_lock, flags);
			result->pid = 0;
			return any ? 0 : -ECHILD;
		}
		error = waitq_sleep(&self->child_wait, &process_lock, true, 0);
		if (error)
			return error;
		flags = spin_lock_irqsave(&process_lock);
	}
	describe_locked(child, options, result);
	if (want_usage)
		usage_of_process_locked(child, &result->usage);
	if (child->state == PROCESS_ZOMBIE && !(options & WNOWAIT)) {
		reap = true;
		inherit_usage_locked(self, child);
		group_leave_locked(child, &garbage);
		process_unlink_locked(child);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	if (reap) {
		group_garbage_free(&garbage);
		process_put(child);
	}
	return 0;
}
