/*
 * Credentials: copying, replacing, and the permission check. Not here: who may change them (kernel/proc).
 */
#include "fs/cred.h"

#include <osier/abi/stat.h>
#include <osier/compiler.h>

#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

struct cred cred_root = { .refs = REFCOUNT_INIT(1) };

struct cred *cred_get(struct cred *cred)
{
	refcount_get(&cred->refs);
	return cred;
}

void cred_put(struct cred *cred)
{
	if (cred && refcount_put(&cred->refs))
		kfree(cred);
}

struct cred *cred_copy(const struct cred *cred)
{
	struct cred *copy = kmalloc(sizeof *copy);

	if (!copy)
		return NULL;
	memcpy(copy, cred, sizeof *copy);
	refcount_init(&copy->refs, 1);
	return copy;
}

void cred_replace(struct cred *cred)
{
	struct thread *thread = thread_current();
	struct cred *old = thread->cred;

	thread->cred = cred;
	cred_put(old);
}

bool cred_in_group(const struct cred *cred, gid_t group)
{
	if (cred->egid == group)
		return true;
	for (unsigned i = 0; i < cred->group_count; i++) {
		if (cred->groups[i] == group)
			return true;
	}
	return false;
}

int permission_check(const struct cred *cred, uid_t uid, gid_t gid, mode_t mode, unsigned want)
{
	unsigned granted;

	if (cred_is_superuser(cred)) {
		if ((want & MAY_EXECUTE) && !S_ISDIR(mode) && !(mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
			return -EACCES;
		return 0;
	}
	if (cred->euid == uid)
		granted = mode >> 6;
	else if (cred_in_group(cred, gid))
		granted = mode >> 3;
	else
		granted = mode;
	return (want & ~granted & 7) ? -EACCES : 0;
}
