/*
 * What stat shows and chmod, chown, utimens, truncate change.
 */
#include "fs/vfs.h"

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "lib/err.h"
#include "mm/frame.h"
#include "task/sched.h"
#include "vm/object.h"

static unsigned path_flags_of(unsigned at_flags)
{
	return ((at_flags & AT_SYMLINK_NOFOLLOW) ? PATH_NOFOLLOW : 0) |
	       ((at_flags & AT_EMPTY_PATH) ? PATH_EMPTY : 0);
}

static int stat_inode(struct inode *inode, struct stat *stat)
{
	int error = inode->ops->getattr ? inode->ops->getattr(inode) : 0;

	if (!error)
		inode_stat(inode, stat);
	return error;
}

int vfs_stat(struct dentry *at, const char *path, unsigned at_flags, struct stat *stat)
{
	struct dentry *dentry;
	int error = path_resolve(at, path, path_flags_of(at_flags), &dentry);

	if (error)
		return error;
	error = stat_inode(dentry->inode, stat);
	dentry_put(dentry);
	return error;
}

int vfs_fstat(struct file *file, struct stat *stat)
{
	return stat_inode(file->inode, stat);
}

static int check_access(struct dentry *at, const char *path, unsigned mode, unsigned at_flags)
{
	struct dentry *dentry;
	unsigned want = ((mode & R_OK) ? MAY_READ : 0) | ((mode & W_OK) ? MAY_WRITE : 0) |
			((mode & X_OK) ? MAY_EXECUTE : 0);
	int error = path_resolve(at, path, path_flags_of(at_flags), &dentry);

	if (error)
		return error;
	if (want)
		error = inode_permission(dentry->inode, want);
	if (!error && (mode & X_OK) && S_ISREG(dentry->inode->mode) && (dentry->mount->flags & MS_NOEXEC))
		error = -EACCES;
	dentry_put(dentry);
	return error;
}

int vfs_access(struct dentry *at, const char *path, unsigned mode, unsigned at_flags)
{
	struct cred *cred = cred_current(), *real;
	struct thread *thread = thread_current();
	struct cred *saved = thread->cred;
	int error;

	if (mode & ~(unsigned)(R_OK | W_OK | X_OK))
		return -EINVAL;
	if ((at_flags & AT_EACCESS) || (cred->uid == cred->euid && cred->gid == cred->egid))
		return check_access(at, path, mode, at_flags);

	/* The walk and the check happen as the real user. */
	real = cred_copy(cred);
	if (!real)
		return -ENOMEM;
	real->euid = real->uid;
	real->egid = real->gid;
	thread->cred = real;
	error = check_access(at, path, mode, at_flags);
	thread->cred = saved;
	cred_put(real);
	return error;
}

/* Writes changed attributes; the caller has checked who may. inode->lock exclusive. */
static int set_attributes_locked(struct inode *inode, const struct attributes *attributes)
{
	if (inode->ops->setattr)
		return inode->ops->setattr(inode, attributes);
	inode_set_attributes(inode, attributes);
	return 0;
}

static int change_mode(struct inode *inode, mode_t mode)
{
	struct attributes attributes = { .valid = ATTRIBUTE_MODE, .mode = mode & 07777 };
	int error;

	if (mount_read_only(inode->mount))
		return -EROFS;
	if (S_ISLNK(inode->mode))
		return -EOPNOTSUPP;
	rwlock_write_lock(&inode->lock);
	if (inode_is_owner(inode)) {
		if (!cred_is_superuser(cred_current()) && !cred_in_group(cred_current(), inode->gid) &&
		    !S_ISDIR(inode->mode))
			attributes.mode &= ~(mode_t)S_ISGID;
		error = set_attributes_locked(inode, &attributes);
	} else {
		error = -EPERM;
	}
	rwlock_write_unlock(&inode->lock);
	return error;
}

int vfs_chmod(struct dentry *at, const char *path, mode_t mode, unsigned at_flags)
{
	struct dentry *dentry;
	int error = path_resolve(at, path, path_flags_of(at_flags), &dentry);

	if (error)
		return error;
	error = change_mode(dentry->inode, mode);
	dentry_put(dentry);
	return error;
}

int vfs_fchmod(struct file *file, mode_t mode)
{
	return file->flags & O_PATH ? -EBADF : change_mode(file->inode, mode);
}

/* The superuser gives files away; an owner only moves them among his own groups. */
static bool may_change_owner(const struct inode *inode, uid_t uid, gid_t gid)
{
	const struct cred *cred = cred_current();

	if (cred_is_superuser(cred))
		return true;
	if (cred->euid != inode->uid || (uid != (uid_t)-1 && uid != inode->uid))
		return false;
	return gid == (gid_t)-1 || gid == inode->gid || cred_in_group(cred, gid);
}

static int change_owner(struct inode *inode, uid_t uid, gid_t gid)
{
	struct attributes attributes = { .uid = uid, .gid = gid };
	int error = -EPERM;

	if (mount_read_only(inode->mount))
		return -EROFS;
	rwlock_write_lock(&inode->lock);
	if (may_change_owner(inode, uid, gid)) {
		attributes.valid = (uid != (uid_t)-1 ? ATTRIBUTE_UID : 0) | (gid != (gid_t)-1 ? ATTRIBUTE_GID : 0);
		if (!S_ISDIR(inode->mode) && (inode->mode & (S_ISUID | S_ISGID))) {
			attributes.valid |= ATTRIBUTE_MODE;
			attributes.mode = inode->mode & 07777 & ~(mode_t)S_ISUID;
			if (inode->mode & S_IXGRP)
				attributes.mode &= ~(mode_t)S_ISGID;
		}
		error = attributes.valid ? set_attributes_locked(inode, &attributes) : 0;
	}
	rwlock_write_unlock(&inode->lock);
	return error;
}

int vfs_chown(struct dentry *at, const char *path, uid_t uid, gid_t gid, unsigned at_flags)
{
	struct dentry *dentry;
	int error = path_resolve(at, path, path_flags_of(at_flags), &dentry);

	if (error)
		return error;
	error = change_owner(dentry->inode, uid, gid);
	dentry_put(dentry);
	return error;
}

int vfs_fchown(struct file *file, uid_t uid, gid_t gid)
{
	return file->flags & O_PATH ? -EBADF : change_owner(file->inode, uid, gid);
}

static bool time_is_valid(const struct timespec *time)
{
	return time->tv_nsec == UTIME_NOW || time->tv_nsec == UTIME_OMIT ||
	       (time->tv_nsec >= 0 && time->tv_nsec < 1000000000);
}

static int change_times(struct inode *inode, const struct timespec times[2])
{
	struct attributes attributes = { .valid = ATTRIBUTE_ATIME | ATTRIBUTE_MTIME };
	bool now = !times || (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW);
	int error = 0;

	if (times && (!time_is_valid(&times[0]) || !time_is_valid(&times[1])))
		return -EINVAL;
	if (times && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (mount_read_only(inode->mount))
		return -EROFS;

	rwlock_write_lock(&inode->lock);
	if (!inode_is_owner(inode))
		error = now ? inode_permission(inode, MAY_WRITE) : -EPERM;
	if (!error) {
		attributes.atime = attributes.mtime = inode_time_now();
		if (times && times[0].tv_nsec == UTIME_OMIT)
			attributes.valid &= ~(unsigned)ATTRIBUTE_ATIME;
		else if (times && times[0].tv_nsec != UTIME_NOW)
			attributes.atime = times[0];
		if (times && times[1].tv_nsec == UTIME_OMIT)
			attributes.valid &= ~(unsigned)ATTRIBUTE_MTIME;
		else if (times && times[1].tv_nsec != UTIME_NOW)
			attributes.mtime = times[1];
		error = set_attributes_locked(inode, &attributes);
	}
	rwlock_write_unlock(&inode->lock);
	return error;
}

int vfs_utimens(struct dentry *at, const char *path, const struct timespec times[2], unsigned at_flags)
{
	struct dentry *dentry;
	int error = path_resolve(at, path, path_flags_of(at_flags), &dentry);

	if (error)
		return error;
	error = change_times(dentry->inode, times);
	dentry_put(dentry);
	return error;
}

int vfs_futimens(struct file *file, const struct timespec times[2])
{
	return file->flags & O_PATH ? -EBADF : change_times(file->inode, times);
}

static int change_size(struct inode *inode, int64_t size)
{
	const struct fs_context *context = thread_current()->fs;
	int error;

	if (size < 0)
		return -EINVAL;
	if (!S_ISREG(inode->mode) || !inode->ops->truncate)
		return S_ISDIR(inode->mode) ? -EISDIR : -EINVAL;
	if ((uint64_t)size > inode->mount->max_file_size)
		return -EFBIG;
	rwlock_write_lock(&inode->lock);
	if (context && (uint64_t)size > context->file_size_limit && (uint64_t)size > inode_size(inode)) {
		error = -EFBIG;
	} else {
		error = inode->ops->truncate(inode, (uint64_t)size);
		if (!error) {
			if (!cred_is_superuser(cred_current()))
				inode->mode &= ~(mode_t)S_ISUID;
			inode_touch(inode);
		}
	}
	rwlock_write_unlock(&inode->lock);
	return error;
}

int vfs_truncate(struct dentry *at, const char *path, int64_t size)
{
	struct dentry *dentry;
	int error = path_resolve(at, path, 0, &dentry);

	if (error)
		return error;
	error = S_ISDIR(dentry->inode->mode) ? -EISDIR : inode_permission(dentry->inode, MAY_WRITE);
	if (!error)
		error = inode_begin_write(dentry->inode);
	if (!error) {
		error = change_size(dentry->inode, size);
		inode_end_write(dentry->inode);
	}
	dentry_put(dentry);
	return error;
}

int vfs_ftruncate(struct file *file, int64_t size)
{
	if (!file->writable)
		return -EINVAL;
	return change_size(file->inode, size);
}

/* Gives every page of [offset, end) its place. What was never written is zeros, and stays so on disk. */
static int allocate_pages(struct inode *inode, uint64_t offset, uint64_t end)
{
	int error = 0;

	for (uint64_t page = offset >> PAGE_SHIFT; page <= (end - 1) >> PAGE_SHIFT && !error; page++) {
		struct frame *frame;

		error = object_page_get(&inode->object, page, OBJECT_PAGE_WRITE, &frame);
		if (!error)
			frame_put(frame);
		sched_point();
	}
	return error;
}

int vfs_fallocate(struct file *file, int mode, int64_t offset, int64_t bytes)
{
	struct inode *inode = file->inode;
	int64_t end;
	int error;

	if (!file->writable)
		return -EBADF;
	if (offset < 0 || bytes <= 0 || mode != 0)
		return mode ? -EOPNOTSUPP : -EINVAL;
	if (!S_ISREG(inode->mode) || !inode->ops->truncate)
		return -ENODEV;
	if (__builtin_add_overflow(offset, bytes, &end) || (uint64_t)end > inode->mount->max_file_size)
		return -EFBIG;
	if (mount_read_only(inode->mount))
		return -EROFS;
	rwlock_write_lock(&inode->lock);
	error = allocate_pages(inode, (uint64_t)offset, (uint64_t)end);
	if (!error && (uint64_t)end > inode_size(inode))
		object_set_size(&inode->object, (uint64_t)end);
	else if (error)
		(void)inode->ops->truncate(inode, inode_size(inode));
	inode_touch(inode);
	rwlock_write_unlock(&inode->lock);
	return error;
}
