/*
 * Terminals and sessions: controlling terminals, the signals of job control, the hang-up when a session's leader ends.
 */
#include "proc/tty_link.h"

#include <osier/abi/errno.h>

#include "dev/tty.h"
#include "fs/cred.h"
#include "proc/group.h"
#include "proc/process.h"

static void hook_current(pid_t *session, pid_t *group, bool *leader)
{
	struct process *process = process_current();
	uint64_t flags;

	*session = *group = 0;
	*leader = false;
	if (!process)
		return;
	flags = spin_lock_irqsave(&process_lock);
	*session = process->group->session->id;
	*group = process->group->id;
	*leader = process->group->session->leader == process;
	spin_unlock_irqrestore(&process_lock, flags);
}

static int hook_background(struct tty *tty, int signal)
{
	struct thread *thread = thread_current();
	struct process *process = thread->process;
	uint64_t bit = SIGNAL_BIT(signal), flags;
	struct signal_info info = { .code = SI_KERNEL };
	int result;

	if (!process)
		return 0;
	flags = spin_lock_irqsave(&process_lock);
	if ((thread->signal_mask | process->actions->ignored) & bit) {
		result = signal == SIGTTOU ? 0 : -EIO;
	} else if (group_is_orphaned_locked(process->group, NULL)) {
		result = -EIO;
	} else {
		signal_send_group_locked(process->group, signal, &info);
		result = -EINTR;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

static struct tty *hook_controlling(void)
{
	struct process *process = process_current();
	struct tty *tty = NULL;
	uint64_t flags;

	if (!process)
		return NULL;
	flags = spin_lock_irqsave(&process_lock);
	tty = process->group->session->tty;
	spin_unlock_irqrestore(&process_lock, flags);
	return tty;
}

/* Makes `tty` the terminal of the caller's session. => 0, -EPERM. */
static int acquire(struct tty *tty, bool force)
{
	struct process *process = process_current();
	struct session *session;
	uint64_t flags;
	pid_t group;

	if (!process)
		return -EPERM;
	flags = spin_lock_irqsave(&process_lock);
	session = process->group->session;
	group = process->group->id;
	if (session->tty == tty && tty->session == session->id) {
		spin_unlock_irqrestore(&process_lock, flags);
		return 0;
	}
	if (session->leader != process || session->tty ||
	    (tty->session && !(force && cred_is_superuser(cred_current())))) {
		spin_unlock_irqrestore(&process_lock, flags);
		return -EPERM;
	}
	if (tty->session) {
		/* Stolen: its session has none any more. */
		struct process *other;

		list_for_each_entry(other, &process_all, all_link)
			if (other->group && other->group->session->tty == tty)
				other->group->session->tty = NULL;
	}
	session->tty = tty;
	spin_unlock_irqrestore(&process_lock, flags);
	tty_set_session(tty, session->id, group);
	return 0;
}

static void hook_opened(struct tty *tty)
{
	if (!tty->session)
		acquire(tty, false);
}

static int hook_release(struct tty *tty)
{
	struct process *process = process_current();
	uint64_t flags;
	bool mine;

	if (!process)
		return -ENOTTY;
	flags = spin_lock_irqsave(&process_lock);
	mine = process->group->session->tty == tty;
	spin_unlock_irqrestore(&process_lock, flags);
	if (!mine)
		return -ENOTTY;
	session_leader_exit(process);
	return 0;
}

static bool hook_group_in_session(pid_t id, pid_t session)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process_group *group = group_find_locked(id);
	bool yes = group && group->session->id == session;

	spin_unlock_irqrestore(&process_lock, flags);
	return yes;
}

static const struct tty_hooks hooks = {
	.signal_group = signal_send_group_id,
	.current = hook_current,
	.background = hook_background,
	.controlling = hook_controlling,
	.acquire = acquire,
	.opened = hook_opened,
	.release = hook_release,
	.group_in_session = hook_group_in_session,
};

void tty_link_init(void)
{
	tty_set_hooks(&hooks);
}

void tty_link_session_gone(struct session *session)
{
	if (session->tty && session->tty->session == session->id)
		tty_set_session(session->tty, 0, 0);
}

void session_leader_exit(struct process *process)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct session *session = process->group->session;
	struct tty *tty = NULL;
	pid_t foreground;

	if (session->leader == process) {
		tty = session->tty;
		session->tty = NULL;
		if (process->exiting)
			session->leader = NULL;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	if (!tty)
		return;
	foreground = tty->foreground;
	tty_set_session(tty, 0, 0);
	if (foreground) {
		signal_send_group_id(foreground, SIGHUP);
		signal_send_group_id(foreground, SIGCONT);
	}
}
