/*
 * Process groups and sessions.
 */
#include "proc/group.h"

#include <osier/abi/errno.h>

#include "lib/err.h"
#include "mm/slab.h"
#include "proc/tty_link.h"

#define GROUP_BUCKETS 128u

static struct list_node group_hash[GROUP_BUCKETS];
static bool group_hash_ready;

static struct list_node *bucket(pid_t id)
{
	if (!group_hash_ready) {
		for (unsigned i = 0; i < GROUP_BUCKETS; i++)
			list_init(&group_hash[i]);
		group_hash_ready = true;
	}
	return &group_hash[(unsigned)id % GROUP_BUCKETS];
}

/* => process_lock held. */
struct process_group *group_find_locked(pid_t id)
{
	struct process_group *group;

	if (id <= 0)
		return NULL;
	list_for_each_entry(group, bucket(id), hash_link)
		if (group->id == id)
			return group;
	return NULL;
}

/* Links a group of `id` in `session`. => process_lock held. */
static void group_link_locked(struct process_group *group, pid_t id, struct session *session)
{
	group->id = id;
	group->session = session;
	session->groups++;
	list_init(&group->members);
	list_add_head(bucket(id), &group->hash_link);
	process_id_hold_locked(id);
}

static void session_link_locked(struct session *session, struct process *leader)
{
	session->id = leader->pid;
	session->groups = 0;
	session->leader = leader;
	session->tty = NULL;
	process_id_hold_locked(leader->pid);
}

void group_leave_locked(struct process *process, struct group_garbage *garbage)
{
	struct process_group *group = process->group;

	garbage->group = NULL;
	garbage->session = NULL;
	list_remove(&process->group_link);
	process->group = NULL;
	if (!list_empty(&group->members))
		return;
	list_remove(&group->hash_link);
	process_id_release_locked(group->id);
	garbage->group = group;
	if (--group->session->groups)
		return;
	process_id_release_locked(group->session->id);
	garbage->session = group->session;
}

void group_garbage_free(struct group_garbage *garbage)
{
	kfree(garbage->group);
	if (garbage->session) {
		tty_link_session_gone(garbage->session);
		kfree(garbage->session);
	}
}

int group_create_first(struct process *process)
{
	struct process_group *group = kmalloc(sizeof(*group));
	struct session *session = kmalloc(sizeof(*session));
	uint64_t flags;

	if (!group || !session) {
		kfree(group);
		kfree(session);
		return -ENOMEM;
	}
	flags = spin_lock_irqsave(&process_lock);
	session_link_locked(session, process);
	/* Init leads no session, so that a terminal it opens is not taken from those it starts. */
	session->leader = NULL;
	group_link_locked(group, process->pid, session);
	process->group = group;
	list_add_tail(&group->members, &process->group_link);
	spin_unlock_irqrestore(&process_lock, flags);
	return 0;
}

/* What setpgid(2) checks. => process_lock held; *process is the one to move. */
static int group_set_check_locked(pid_t pid, pid_t id, struct process **out)
{
	struct process *self = process_current();
	struct process *process = pid ? process_find_locked(pid) : self;
	struct process_group *group;

	if (!process || (process != self && process->parent != self) ||
	    process->state != PROCESS_ALIVE)
		return -ESRCH;
	if (process != self && process->group->session != self->group->session)
		return -EPERM;
	if (process != self && process->has_executed)
		return -EACCES;
	if (process->group->session->leader == process)
		return -EPERM;
	if (id != process->pid) {
		group = group_find_locked(id);
		if (!group || group->session != self->group->session)
			return -EPERM;
	}
	*out = process;
	return 0;
}

int group_set(pid_t pid, pid_t id)
{
	struct process_group *spare = kmalloc(sizeof(*spare)), *group;
	struct group_garbage garbage = { NULL, NULL };
	struct session *session;
	struct process *process;
	uint64_t flags;
	int error;

	if (id < 0 || pid < 0) {
		kfree(spare);
		return id < 0 ? -EINVAL : -ESRCH;
	}
	if (!spare)
		return -ENOMEM;
	if (!id)
		id = pid ? pid : process_current()->pid;
	flags = spin_lock_irqsave(&process_lock);
	error = group_set_check_locked(pid, id, &process);
	if (!error) {
		session = process->group->session;
		group = group_find_locked(id);
		if (group && group->session != session) {
			error = -EPERM;
		} else if (group != process->group) {
			if (!group) {
				group = spare;
				spare = NULL;
				group_link_locked(group, id, session);
			}
			group_leave_locked(process, &garbage);
			process->group = group;
			list_add_tail(&group->members, &process->group_link);
		}
	}
	spin_unlock_irqrestore(&process_lock, flags);
	kfree(spare);
	group_garbage_free(&garbage);
	return error;
}

pid_t group_get(pid_t pid)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process *process = pid ? process_find_locked(pid) : process_current();
	pid_t id = process && process->group ? process->group->id : -ESRCH;

	spin_unlock_irqrestore(&process_lock, flags);
	return id;
}

pid_t session_get(pid_t pid)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process *process = pid ? process_find_locked(pid) : process_current();
	pid_t id = process && process->group ? process->group->session->id : -ESRCH;

	spin_unlock_irqrestore(&process_lock, flags);
	return id;
}

pid_t session_create(void)
{
	struct process_group *group = kmalloc(sizeof(*group));
	struct session *session = kmalloc(sizeof(*session));
	struct group_garbage garbage = { NULL, NULL };
	struct process *self = process_current();
	uint64_t flags;
	pid_t result;

	if (!group || !session) {
		kfree(group);
		kfree(session);
		return -ENOMEM;
	}
	flags = spin_lock_irqsave(&process_lock);
	if (group_find_locked(self->pid)) {
		result = -EPERM;
	} else {
		group_leave_locked(self, &garbage);
		session_link_locked(session, self);
		group_link_locked(group, self->pid, session);
		self->group = group;
		list_add_tail(&group->members, &self->group_link);
		group = NULL;
		session = NULL;
		result = self->pid;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	kfree(group);
	kfree(session);
	group_garbage_free(&garbage);
	return result;
}

bool group_is_orphaned_locked(struct process_group *group, struct process *except)
{
	struct process *process;

	list_for_each_entry(process, &group->members, group_link) {
		if (process == except || process->state != PROCESS_ALIVE || !process->parent)
			continue;
		if (process->parent->group && process->parent->group != group &&
		    process->parent->group->session == group->session)
			return false;
	}
	return true;
}

static bool has_stopped_member_locked(struct process_group *group)
{
	struct process *process;

	list_for_each_entry(process, &group->members, group_link)
		if (process->state == PROCESS_ALIVE && process->stop_signal)
			return true;
	return false;
}

static void orphan_notify_locked(struct process_group *group)
{
	struct signal_info info = { .code = SI_KERNEL };

	if (!has_stopped_member_locked(group))
		return;
	signal_send_group_locked(group, SIGHUP, &info);
	signal_send_group_locked(group, SIGCONT, &info);
}

void group_orphan_check_own_locked(struct process *process)
{
	struct process_group *group = process->group;
	struct process *parent = process->parent;

	if (parent && parent->group && parent->group != group &&
	    parent->group->session == group->session && group_is_orphaned_locked(group, process))
		orphan_notify_locked(group);
}

void group_orphan_check_child_locked(struct process *child, struct process *old_parent)
{
	struct process_group *group = child->group;

	if (group != old_parent->group && group->session == old_parent->group->session &&
	    group_is_orphaned_locked(group, NULL))
		orphan_notify_locked(group);
}
