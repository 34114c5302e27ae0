/*
 * Making and removing names: mkdir, mknod, symlink, link, unlink, rmdir, readlink. Renaming: vfs_rename.c.
 */
#include "fs/vfs.h"

#include <osier/abi/limits.h>

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/vfs_names.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/uio.h"

/* A name about to be made: its directory is locked exclusive, the name is absent, and the thread may make it. */
struct new_name {
	struct path_last last;
	struct inode *directory;
	struct dentry *dentry;
};

/* `is_directory`: a trailing slash is fine. => 0, and then new_name_end is due; or -errno. */
static int new_name_begin(struct new_name *new, struct dentry *at, const char *path, bool is_directory)
{
	int error = path_resolve_parent(at, path, &new->last);

	if (error)
		return error;
	new->directory = new->last.directory->inode;
	if (new->last.kind != LAST_NAME) {
		path_last_put(&new->last);
		return -EEXIST;
	}
	rwlock_write_lock(&new->directory->lock);
	new->dentry = dentry_lookup_locked(new->last.directory, &new->last.name);
	if (IS_ERR(new->dentry)) {
		error = (int)PTR_ERR(new->dentry);
		new->dentry = NULL;
	} else if (new->dentry->inode) {
		error = -EEXIST;
	} else if (new->last.trailing_slash && !is_directory) {
		error = -ENOENT;
	} else {
		error = inode_permission(new->directory, MAY_WRITE | MAY_EXECUTE);
	}
	if (error) {
		dentry_put(new->dentry);
		rwlock_write_unlock(&new->directory->lock);
		path_last_put(&new->last);
	}
	return error;
}

/* With `inode` (its reference moves in) the name now means that. */
static void new_name_end(struct new_name *new, struct inode *inode)
{
	if (inode)
		dentry_instantiate(new->dentry, inode);
	rwlock_write_unlock(&new->directory->lock);
	dentry_put(new->dentry);
	path_last_put(&new->last);
}

int vfs_mkdir(struct dentry *at, const char *path, mode_t mode)
{
	struct new_name new;
	struct inode *inode = NULL;
	int error = new_name_begin(&new, at, path, true);

	if (error)
		return error;
	error = new.directory->ops->mkdir ? new.directory->ops->mkdir(new.directory, &new.last.name,
			S_IFDIR | (mode & 01777 & ~fs_umask()), &inode) : -EPERM;
	new_name_end(&new, error ? NULL : inode);
	return error;
}

int vfs_mknod(struct dentry *at, const char *path, mode_t mode, dev_t dev)
{
	struct new_name new;
	struct inode *inode = NULL;
	int error;

	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		if (!cred_is_superuser(cred_current()))
			return -EPERM;
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	error = new_name_begin(&new, at, path, false);
	if (error)
		return error;
	error = new.directory->ops->create ? new.directory->ops->create(new.directory, &new.last.name,
			(mode & S_IFMT) | (mode & 07777 & ~fs_umask()), dev, &inode) : -EPERM;
	new_name_end(&new, error ? NULL : inode);
	return error;
}

int vfs_symlink(const char *target, struct dentry *at, const char *path)
{
	struct new_name new;
	struct inode *inode = NULL;
	int error;

	if (*target == '\0')
		return -ENOENT;
	if (strnlen(target, PATH_MAX) == PATH_MAX)
		return -ENAMETOOLONG;
	error = new_name_begin(&new, at, path, false);
	if (error)
		return error;
	error = new.directory->ops->symlink
			? new.directory->ops->symlink(new.directory, &new.last.name, target, &inode)
			: -EPERM;
	new_name_end(&new, error ? NULL : inode);
	return error;
}

static int link_to(struct new_name *new, struct inode *inode)
{
	struct inode *directory = new->directory;
	int error;

	if (inode->mount != directory->mount)
		return -EXDEV;
	if (!directory->ops->link)
		return -EPERM;
	rwlock_write_lock(&inode->lock);
	error = inode->nlink == 0 ? -ENOENT : directory->ops->link(directory, &new->last.name, inode);
	rwlock_write_unlock(&inode->lock);
	return error;
}

int vfs_link(struct dentry *old_at, const char *old_path, struct dentry *new_at, const char *new_path,
	     unsigned at_flags)
{
	unsigned flags = (at_flags & AT_SYMLINK_FOLLOW) ? 0 : PATH_NOFOLLOW;
	struct new_name new;
	struct dentry *old;
	int error;

	if (at_flags & AT_EMPTY_PATH)
		flags |= PATH_EMPTY;
	error = path_resolve(old_at, old_path, flags, &old);
	if (error)
		return error;
	if (S_ISDIR(old->inode->mode)) {
		dentry_put(old);
		return -EPERM;
	}
	error = new_name_begin(&new, new_at, new_path, false);
	if (!error) {
		error = link_to(&new, old->inode);
		new_name_end(&new, error ? NULL : inode_get(old->inode));
	}
	dentry_put(old);
	return error;
}

int vfs_check_sticky(const struct inode *directory, const struct inode *inode)
{
	uid_t uid = cred_current()->euid;

	if (!(directory->mode & S_ISVTX) || uid == 0 || uid == inode->uid || uid == directory->uid)
		return 0;
	return -EPERM;
}

/* May the name be removed? Directory locked. */
static int check_remove(const struct inode *directory, const struct dentry *dentry)
{
	int error;

	if (dentry->flags & DENTRY_MOUNTED)
		return -EBUSY;
	error = inode_permission(directory, MAY_WRITE | MAY_EXECUTE);
	return error ? error : vfs_check_sticky(directory, dentry->inode);
}

static int unlink_locked(struct inode *directory, const struct path_last *last, struct dentry *dentry)
{
	struct inode *inode = dentry->inode;
	int error;

	if (!inode)
		return -ENOENT;
	if (last->trailing_slash)
		return S_ISDIR(inode->mode) ? -EISDIR : -ENOTDIR;
	error = check_remove(directory, dentry);
	if (error)
		return error;
	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!directory->ops->unlink)
		return -EPERM;
	rwlock_write_lock(&inode->lock);
	error = directory->ops->unlink(directory, &last->name, inode);
	rwlock_write_unlock(&inode->lock);
	return error;
}

static int rmdir_locked(struct inode *directory, const struct path_last *last, struct dentry *dentry)
{
	struct inode *inode = dentry->inode;
	int error;

	if (!inode)
		return -ENOENT;
	error = check_remove(directory, dentry);
	if (error)
		return error;
	if (!S_ISDIR(inode->mode))
		return -ENOTDIR;
	if (!directory->ops->rmdir)
		return -EPERM;
	rwlock_write_lock(&inode->lock);
	error = directory->ops->rmdir(directory, &last->name, inode);
	if (!error)
		__atomic_fetch_or(&inode->flags, INODE_DEAD, __ATOMIC_RELEASE);
	rwlock_write_unlock(&inode->lock);
	return error;
}

/* What remains the same for both: find, remove, forget. */
static int remove_name(struct path_last *last,
		       int (*remove)(struct inode *, const struct path_last *, struct dentry *))
{
	struct inode *directory = last->directory->inode;
	struct dentry *dentry;
	int error;

	rwlock_write_lock(&directory->lock);
	dentry = dentry_lookup_locked(last->directory, &last->name);
	if (IS_ERR(dentry)) {
		rwlock_write_unlock(&directory->lock);
		return (int)PTR_ERR(dentry);
	}
	/* Its memory and blocks go after the locks are dropped. */
	if (dentry->inode) {
		struct inode *inode = inode_get(dentry->inode);

		error = remove(directory, last, dentry);
		if (!error)
			dentry_delete(dentry);
		rwlock_write_unlock(&directory->lock);
		dentry_put(dentry);
		inode_put(inode);
		return error;
	}
	rwlock_write_unlock(&directory->lock);
	dentry_put(dentry);
	return -ENOENT;
}

int vfs_unlink(struct dentry *at, const char *path)
{
	struct path_last last;
	int error = path_resolve_parent(at, path, &last);

	if (error)
		return error;
	error = last.kind == LAST_NAME ? remove_name(&last, unlink_locked) : -EISDIR;
	path_last_put(&last);
	return error;
}

int vfs_rmdir(struct dentry *at, const char *path)
{
	struct path_last last;
	int error = path_resolve_parent(at, path, &last);

	if (error)
		return error;
	switch (last.kind) {
	case LAST_NAME:
		error = remove_name(&last, rmdir_locked);
		break;
	case LAST_DOT:
		error = -EINVAL;
		break;
	case LAST_DOT_DOT:
		error = -ENOTEMPTY;
		break;
	default:
		error = -EBUSY;
	}
	path_last_put(&last);
	return error;
}

ssize_t vfs_readlink(struct dentry *at, const char *path, struct uio *uio)
{
	struct dentry *dentry;
	struct inode *inode;
	ssize_t length;
	char *text;
	int error = path_resolve(at, path, PATH_NOFOLLOW | PATH_EMPTY, &dentry);

	if (error)
		return error;
	inode = dentry->inode;
	if (!S_ISLNK(inode->mode) || !inode->ops->readlink) {
		dentry_put(dentry);
		return -EINVAL;
	}
	text = kmalloc(PATH_MAX);
	length = text ? inode->ops->readlink(inode, text, PATH_MAX) : -ENOMEM;
	if (length > 0) {
		length = (ssize_t)min((size_t)length, uio->remaining);
		if (uio_copy_to(uio, text, (size_t)length))
			length = -EFAULT;
		inode_accessed(inode);
	}
	kfree(text);
	dentry_put(dentry);
	return length;
}
