/*
 * rename(2). Under the mount's rename lock the shape of the tree stands still, so "is the new place inside what
 * is moved?" has one answer. Directories are locked ancestor first, else by address; then the children, by address.
 */
#include "fs/vfs.h"

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/vfs_names.h"
#include "lib/err.h"

static void lock_directories(struct dentry *a, struct dentry *b)
{
	struct inode *first = a->inode, *second = b->inode;

	if (first == second) {
		rwlock_write_lock(&first->lock);
		return;
	}
	if (dentry_is_below(a, b) || (!dentry_is_below(b, a) && first > second)) {
		first = b->inode;
		second = a->inode;
	}
	rwlock_write_lock(&first->lock);
	rwlock_write_lock(&second->lock);
}

static void unlock_directories(struct dentry *a, struct dentry *b)
{
	rwlock_write_unlock(&a->inode->lock);
	if (a->inode != b->inode)
		rwlock_write_unlock(&b->inode->lock);
}

/* Either may be NULL. */
static void lock_children(struct inode *a, struct inode *b)
{
	if (a && b && a > b) {
		struct inode *swap = a;

		a = b;
		b = swap;
	}
	if (a)
		rwlock_write_lock(&a->lock);
	if (b && b != a)
		rwlock_write_lock(&b->lock);
}

static void unlock_children(struct inode *a, struct inode *b)
{
	if (a)
		rwlock_write_unlock(&a->lock);
	if (b && b != a)
		rwlock_write_unlock(&b->lock);
}

struct renaming {
	struct path_last from, to;
	struct dentry *source, *target;		/* target: perhaps with inode NULL */
	unsigned flags;
};

static int check_types(const struct renaming *r)
{
	const struct inode *inode = r->source->inode, *victim = r->target->inode;

	if (!S_ISDIR(inode->mode)) {
		if (r->from.trailing_slash || r->to.trailing_slash)
			return -ENOTDIR;
		return victim && S_ISDIR(victim->mode) ? -EISDIR : 0;
	}
	if (victim && !S_ISDIR(victim->mode))
		return -ENOTDIR;
	/* Into itself; or over what it is in, which therefore is not empty. */
	if (dentry_is_below(r->to.directory, r->source))
		return -EINVAL;
	if (victim && dentry_is_below(r->from.directory, r->target))
		return -ENOTEMPTY;
	return 0;
}

static int check_permissions(const struct renaming *r)
{
	const struct inode *from = r->from.directory->inode, *to = r->to.directory->inode;
	int error = inode_permission(from, MAY_WRITE | MAY_EXECUTE);

	if (!error)
		error = inode_permission(to, MAY_WRITE | MAY_EXECUTE);
	if (!error)
		error = vfs_check_sticky(from, r->source->inode);
	if (!error && r->target->inode)
		error = vfs_check_sticky(to, r->target->inode);
	/* A directory that gets another parent is written: its "..". */
	if (!error && from != to && S_ISDIR(r->source->inode->mode))
		error = inode_permission(r->source->inode, MAY_WRITE);
	if (!error && ((r->source->flags | r->target->flags) & DENTRY_MOUNTED))
		error = -EBUSY;
	return error;
}

/* Both directories locked, source present. */
static int rename_found(struct renaming *r)
{
	struct inode *from = r->from.directory->inode, *to = r->to.directory->inode;
	struct inode *inode = r->source->inode, *victim = r->target->inode, *child;
	int error;

	if (victim && (r->flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (victim == inode)
		return 0;
	error = check_types(r);
	if (!error)
		error = check_permissions(r);
	if (error)
		return error;
	if (to->flags & INODE_DEAD)
		return -ENOENT;
	if (!from->ops->rename)
		return -EPERM;

	child = S_ISDIR(inode->mode) ? inode : NULL;
	lock_children(child, victim);
	error = from->ops->rename(from, &r->from.name, inode, to, &r->to.name, victim);
	if (!error && victim && S_ISDIR(victim->mode))
		__atomic_fetch_or(&victim->flags, INODE_DEAD, __ATOMIC_RELEASE);
	unlock_children(child, victim);
	if (!error)
		dentry_move(r->source, r->target);
	return error;
}

static int rename_locked(struct renaming *r)
{
	int error;

	r->source = dentry_lookup_locked(r->from.directory, &r->from.name);
	if (IS_ERR(r->source))
		return (int)PTR_ERR(r->source);
	r->target = NULL;
	if (!r->source->inode) {
		error = -ENOENT;
		goto out;
	}
	r->target = dentry_lookup_locked(r->to.directory, &r->to.name);
	if (IS_ERR(r->target)) {
		error = (int)PTR_ERR(r->target);
		r->target = NULL;
		goto out;
	}
	error = rename_found(r);
out:
	dentry_put(r->source);
	return error;
}

static int rename_resolved(struct renaming *r)
{
	struct mount *mount = r->from.directory->mount;
	int error;

	if (mount != r->to.directory->mount)
		return -EXDEV;
	if (r->from.kind != LAST_NAME || r->to.kind != LAST_NAME)
		return r->from.kind == LAST_ROOT || r->to.kind == LAST_ROOT ? -EBUSY : -EINVAL;

	r->target = NULL;
	mutex_lock(&mount->rename_lock);
	lock_directories(r->from.directory, r->to.directory);
	error = rename_locked(r);
	unlock_directories(r->from.directory, r->to.directory);
	mutex_unlock(&mount->rename_lock);
	/* The last reference on a file that was renamed over frees it: without locks. */
	dentry_put(r->target);
	return error;
}

int vfs_rename(struct dentry *old_at, const char *old_path, struct dentry *new_at, const char *new_path,
	       unsigned flags)
{
	struct renaming r = { .flags = flags };
	int error;

	if (flags & ~(unsigned)RENAME_NOREPLACE)
		return -EINVAL;
	error = path_resolve_parent(old_at, old_path, &r.from);
	if (error)
		return error;
	error = path_resolve_parent(new_at, new_path, &r.to);
	if (!error) {
		error = rename_resolved(&r);
		path_last_put(&r.to);
	}
	path_last_put(&r.from);
	return error;
}
