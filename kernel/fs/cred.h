/*
 * Who a thread acts as: an immutable, counted snapshot. To change it, make a copy, alter the copy, and
 * put it in the thread's place (cred_replace); whoever holds the old one goes on seeing the old one.
 *
 * Kernel threads have no credentials of their own: cred_current() gives them the superuser's.
 */
#ifndef OSIER_FS_CRED_H
#define OSIER_FS_CRED_H

#include <osier/abi/limits.h>
#include <osier/abi/types.h>
#include <osier/types.h>

#include "sync/refcount.h"
#include "task/thread.h"

struct inode;

struct cred {
	struct refcount refs;
	uid_t uid, euid, suid;		/* real, effective, saved */
	gid_t gid, egid, sgid;
	unsigned group_count;
	gid_t groups[NGROUPS_MAX];
};

extern struct cred cred_root;		/* uid 0, gid 0, no groups; never freed */

struct cred *cred_get(struct cred *);
/* Drops a reference; NULL is fine. */
void cred_put(struct cred *);
/* A copy to alter, with one reference, not yet seen by anybody. NULL without memory. */
struct cred *cred_copy(const struct cred *);
/* The current thread acts as `cred` from now on; the caller's reference moves, the old one's is dropped. */
void cred_replace(struct cred *cred);

/* The current thread's; no reference is taken: it stays as long as the thread does not replace it. */
static inline struct cred *cred_current(void)
{
	struct cred *cred = thread_current()->cred;

	return cred ? cred : &cred_root;
}

static inline bool cred_is_superuser(const struct cred *cred)
{
	return cred->euid == 0;
}

/* Whether `group` is the effective group or one of the supplementary ones. */
bool cred_in_group(const struct cred *cred, gid_t group);

enum permission {
	MAY_EXECUTE = 1,		/* of a directory: search */
	MAY_WRITE = 2,
	MAY_READ = 4,
};

/*
 * POSIX file access check of `want` (enum permission) on an owner, a group and mode bits: the first class that
 * applies decides. The superuser may all, but execute a non-directory only if somebody may.
 * => 0 or -EACCES. Pure.
 */
int permission_check(const struct cred *cred, uid_t uid, gid_t gid, mode_t mode, unsigned want);

#endif
