/*
 * Who a process acts as. Credentials are immutable snapshots: each call makes a changed copy and puts it in place, for all
 * threads of the process.
 */
#include <osier/abi/errno.h>
#include <osier/abi/limits.h>

#include "fs/cred.h"
#include "lib/string.h"
#include "proc/process.h"
#include "sys/sys.h"
#include "task/sched.h"
#include "vm/user_copy.h"

long sys_getuid(void)
{
	return cred_current()->uid;
}

long sys_geteuid(void)
{
	return cred_current()->euid;
}

long sys_getgid(void)
{
	return cred_current()->gid;
}

long sys_getegid(void)
{
	return cred_current()->egid;
}

static long put_three(vaddr_t r, vaddr_t e, vaddr_t s, const unsigned *values)
{
	const vaddr_t to[3] = { r, e, s };

	for (unsigned i = 0; i < 3; i++)
		if (copy_to_user(to[i], &values[i], sizeof(values[i])))
			return -EFAULT;
	return 0;
}

long sys_getresuid(vaddr_t r, vaddr_t e, vaddr_t s)
{
	const struct cred *cred = cred_current();

	return put_three(r, e, s, (const unsigned[]){ cred->uid, cred->euid, cred->suid });
}

long sys_getresgid(vaddr_t r, vaddr_t e, vaddr_t s)
{
	const struct cred *cred = cred_current();

	return put_three(r, e, s, (const unsigned[]){ cred->gid, cred->egid, cred->sgid });
}

/* Puts `fresh` (a reference moves) in place of the process's credentials. */
static void install(struct cred *fresh)
{
	struct process *process = process_current();
	struct thread *self = thread_current(), *thread;
	struct cred *old;
	uint64_t flags = spin_lock_irqsave(&process_lock);

	old = process->cred;
	process->cred = cred_get(fresh);
	self->user->cred_changes = ++process->cred_changes;
	/* The others take it over before they are in user mode again. */
	list_for_each_entry(thread, &process->threads, process_link)
		if (thread != self)
			thread_work_set(thread, THREAD_WORK_SIGNAL);
	spin_unlock_irqrestore(&process_lock, flags);
	cred_put(old);
	cred_replace(fresh);
	process->dumpable = false;
}

#define KEEP ((unsigned)-1)

/* POSIX: whoever is not privileged may only choose among the three it has. */
static bool may_become(unsigned wanted, unsigned r, unsigned e, unsigned s)
{
	return wanted == KEEP || wanted == r || wanted == e || wanted == s;
}

static long set_users(uid_t r, uid_t e, uid_t s)
{
	const struct cred *old = cred_current();
	struct cred *fresh = cred_copy(old);

	if (!fresh)
		return -ENOMEM;
	if (r != KEEP)
		fresh->uid = r;
	if (e != KEEP)
		fresh->euid = e;
	if (s != KEEP)
		fresh->suid = s;
	install(fresh);
	return 0;
}

static long set_groups_ids(gid_t r, gid_t e, gid_t s)
{
	struct cred *fresh = cred_copy(cred_current());

	if (!fresh)
		return -ENOMEM;
	if (r != KEEP)
		fresh->gid = r;
	if (e != KEEP)
		fresh->egid = e;
	if (s != KEEP)
		fresh->sgid = s;
	install(fresh);
	return 0;
}

long sys_setuid(uid_t uid)
{
	const struct cred *cred = cred_current();

	if (uid == KEEP)
		return -EINVAL;
	if (cred_is_superuser(cred))
		return set_users(uid, uid, uid);
	if (uid != cred->uid && uid != cred->suid)
		return -EPERM;
	return set_users(KEEP, uid, KEEP);
}

long sys_setgid(gid_t gid)
{
	const struct cred *cred = cred_current();

	if (gid == KEEP)
		return -EINVAL;
	if (cred_is_superuser(cred))
		return set_groups_ids(gid, gid, gid);
	if (gid != cred->gid && gid != cred->sgid)
		return -EPERM;
	return set_groups_ids(KEEP, gid, KEEP);
}

long sys_setreuid(uid_t r, uid_t e)
{
	const struct cred *cred = cred_current();
	uid_t s = KEEP;

	if (!cred_is_superuser(cred) && (!may_become(r, cred->uid, cred->euid, cred->uid) ||
					 !may_become(e, cred->uid, cred->euid, cred->suid)))
		return -EPERM;
	/* The saved id follows when the real one is set, or the effective one to something new. */
	if (r != KEEP || (e != KEEP && e != cred->uid))
		s = e != KEEP ? e : cred->euid;
	return set_users(r, e, s);
}

long sys_setregid(gid_t r, gid_t e)
{
	const struct cred *cred = cred_current();
	gid_t s = KEEP;

	if (!cred_is_superuser(cred) && (!may_become(r, cred->gid, cred->egid, cred->gid) ||
					 !may_become(e, cred->gid, cred->egid, cred->sgid)))
		return -EPERM;
	if (r != KEEP || (e != KEEP && e != cred->gid))
		s = e != KEEP ? e : cred->egid;
	return set_groups_ids(r, e, s);
}

long sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	const struct cred *cred = cred_current();

	if (!cred_is_superuser(cred) && (!may_become(r, cred->uid, cred->euid, cred->suid) ||
					 !may_become(e, cred->uid, cred->euid, cred->suid) ||
					 !may_become(s, cred->uid, cred->euid, cred->suid)))
		return -EPERM;
	return set_users(r, e, s);
}

long sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	const struct cred *cred = cred_current();

	if (!cred_is_superuser(cred) && (!may_become(r, cred->gid, cred->egid, cred->sgid) ||
					 !may_become(e, cred->gid, cred->egid, cred->sgid) ||
					 !may_become(s, cred->gid, cred->egid, cred->sgid)))
		return -EPERM;
	return set_groups_ids(r, e, s);
}

long sys_getgroups(int count, vaddr_t list)
{
	const struct cred *cred = cred_current();

	if (count < 0 || (count && (unsigned)count < cred->group_count))
		return -EINVAL;
	if (count && copy_to_user(list, cred->groups, cred->group_count * sizeof(gid_t)))
		return -EFAULT;
	return cred->group_count;
}

long sys_setgroups(int count, vaddr_t list)
{
	struct cred *fresh;

	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	if (count < 0 || count > NGROUPS_MAX)
		return -EINVAL;
	fresh = cred_copy(cred_current());
	if (!fresh)
		return -ENOMEM;
	if (copy_from_user(fresh->groups, list, (size_t)count * sizeof(gid_t))) {
		cred_put(fresh);
		return -EFAULT;
	}
	fresh->group_count = (unsigned)count;
	install(fresh);
	return 0;
}
