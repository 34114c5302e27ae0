/*
 * Working directory, root, mounts, sync: where one is, and whether it is on disk.
 */
#include "fs/vfs.h"

#include <osier/abi/limits.h>

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/uio.h"

/* Puts `place` (its reference moves in) into a slot of the current thread's context. */
static void set_place(struct dentry **slot, struct dentry *place)
{
	struct fs_context *context = thread_current()->fs;
	struct dentry *old;

	spin_lock(&context->lock);
	old = *slot;
	*slot = place;
	spin_unlock(&context->lock);
	dentry_put(old);
}

int vfs_chdir(struct dentry *at, const char *path)
{
	struct dentry *dentry;
	int error = path_resolve(at, path, PATH_DIRECTORY, &dentry);

	if (error)
		return error;
	error = inode_permission(dentry->inode, MAY_EXECUTE);
	if (error)
		dentry_put(dentry);
	else
		set_place(&thread_current()->fs->cwd, dentry);
	return error;
}

int vfs_fchdir(struct file *file)
{
	int error;

	if (!file->dentry || !S_ISDIR(file->inode->mode))
		return -ENOTDIR;
	error = inode_permission(file->inode, MAY_EXECUTE);
	if (!error)
		set_place(&thread_current()->fs->cwd, dentry_get(file->dentry));
	return error;
}

int vfs_chroot(const char *path)
{
	struct dentry *dentry;
	int error;

	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	error = path_resolve(NULL, path, PATH_DIRECTORY, &dentry);
	if (!error)
		set_place(&thread_current()->fs->root, dentry);
	return error;
}

ssize_t vfs_getcwd(struct uio *uio)
{
	struct dentry *cwd = fs_cwd(), *root = fs_root();
	char *buffer = kmalloc(PATH_MAX), *path;
	ssize_t result = -ENOMEM;

	if (buffer) {
		path = dentry_path(cwd, root, buffer, PATH_MAX, true);
		if (IS_ERR(path)) {
			result = PTR_ERR(path);
		} else {
			size_t bytes = strlen(path) + 1;

			if (bytes > uio->remaining)
				result = -ERANGE;
			else
				result = uio_copy_to(uio, path, bytes) ? -EFAULT : (ssize_t)bytes;
		}
	}
	kfree(buffer);
	dentry_put(cwd);
	dentry_put(root);
	return result;
}

static int statvfs_mount(struct mount *mount, struct statvfs *statvfs)
{
	int error;

	*statvfs = (struct statvfs){ .f_bsize = PAGE_SIZE, .f_frsize = PAGE_SIZE, .f_namemax = NAME_MAX };
	error = mount->ops->statvfs ? mount->ops->statvfs(mount, statvfs) : 0;
	statvfs->f_flag = mount->flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS | MS_NOATIME);
	statvfs->f_fsid = mount->dev;
	return error;
}

int vfs_statvfs(struct dentry *at, const char *path, struct statvfs *statvfs)
{
	struct dentry *dentry;
	int error = path_resolve(at, path, 0, &dentry);

	if (error)
		return error;
	error = statvfs_mount(dentry->inode->mount, statvfs);
	dentry_put(dentry);
	return error;
}

int vfs_fstatvfs(struct file *file, struct statvfs *statvfs)
{
	return statvfs_mount(file->inode->mount, statvfs);
}

int vfs_fsync(struct file *file, bool data_only)
{
	return file->ops->sync ? file->ops->sync(file, data_only) : -EINVAL;
}

int vfs_syncfs(struct file *file)
{
	struct mount *mount = file->inode->mount;

	return mount->ops->sync ? mount->ops->sync(mount, true) : 0;
}

int vfs_sync(void)
{
	return mount_sync_all();
}

int vfs_mount(const char *source, const char *target, const char *type, unsigned flags, const char *options)
{
	struct dentry *dentry;
	int error;

	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	error = path_resolve(NULL, target, 0, &dentry);
	if (error)
		return error;
	if (flags & MS_REMOUNT)
		error = mount_remount(dentry, flags & ~(unsigned)MS_REMOUNT);
	else
		error = mount_create(type, source, dentry, flags, options);
	dentry_put(dentry);
	return error;
}

int vfs_umount(const char *target, unsigned flags)
{
	struct dentry *dentry;
	int error;

	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	if (flags & ~(unsigned)(MNT_FORCE | MNT_DETACH))
		return -EINVAL;
	error = path_resolve(NULL, target, 0, &dentry);
	return error ? error : mount_remove(dentry);
}
