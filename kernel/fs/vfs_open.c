/*
 * open(2): finding or making the file, the checks, the struct file.
 */
#include "fs/vfs.h"

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/fd_table.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/pipe.h"
#include "fs/special_file.h"
#include "lib/err.h"

int vfs_at(int dirfd, const char *path, struct dentry **out)
{
	struct file *file;
	int error = 0;

	*out = NULL;
	if (dirfd == AT_FDCWD || *path == '/')
		return 0;
	file = fd_get_file(dirfd);
	if (!file)
		return -EBADF;
	if (file->dentry)
		*out = dentry_get(file->dentry);
	else
		error = -ENOTDIR;
	file_put(file);
	return error;
}

/* Descriptors that only name a place (O_PATH): nothing can be done through them. */
static const struct file_ops path_file_ops;

/* Type against flags, before anything is changed. => 0 or -errno; *want: what permission it takes. */
static int check_open(const struct inode *inode, unsigned flags, unsigned *want)
{
	static const unsigned char by_access[4] = {
		MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE
	};

	*want = by_access[flags & O_ACCMODE];
	if ((flags & O_TRUNC) && S_ISREG(inode->mode))
		*want |= MAY_WRITE;
	if ((flags & O_DIRECTORY) && !S_ISDIR(inode->mode))
		return -ENOTDIR;
	switch (inode->mode & S_IFMT) {
	case S_IFDIR:
		return (*want & MAY_WRITE) || (flags & O_CREAT) ? -EISDIR : 0;
	case S_IFLNK:
		return -ELOOP;
	case S_IFSOCK:
		return -ENXIO;
	case S_IFCHR:
	case S_IFBLK:
		return inode->mount->flags & MS_NODEV ? -EACCES : 0;
	default:
		return 0;
	}
}

static int open_by_type(struct inode *inode, struct file *file)
{
	switch (inode->mode & S_IFMT) {
	case S_IFCHR:
		return char_file_open(inode, file);
	case S_IFBLK:
		return block_file_open(inode, file);
	case S_IFIFO:
		return fifo_open(inode, file);
	default:
		return inode->ops->open ? inode->ops->open(inode, file) : 0;
	}
}

static int truncate_opened(struct inode *inode)
{
	int error = -EINVAL;

	rwlock_write_lock(&inode->lock);
	if (inode->ops->truncate)
		error = inode->ops->truncate(inode, 0);
	rwlock_write_unlock(&inode->lock);
	return error;
}

/* `created`: made by this very call, so that its permissions do not count. */
static struct file *open_dentry(struct dentry *dentry, unsigned flags, bool created)
{
	struct inode *inode = dentry->inode;
	struct file *file;
	unsigned want;
	int error;

	if (unlikely(flags & O_PATH))
		return file_create(inode, dentry, &path_file_ops, flags & (O_PATH | O_CLOEXEC | O_DIRECTORY));
	error = check_open(inode, flags, &want);
	if (!error && !created)
		error = inode_permission(inode, want);
	if (error)
		return ERR_PTR(error);

	file = file_create(inode, dentry, inode->file_ops, flags);
	if (IS_ERR(file))
		return file;
	if ((want & MAY_WRITE) && S_ISREG(inode->mode)) {
		error = inode_begin_write(inode);
		if (error)
			goto fail;
		file->counted_writer = true;
	}
	error = open_by_type(inode, file);
	if (error) {
		file->ops = &path_file_ops;	/* nothing was opened that would have to be closed */
		goto fail;
	}
	if ((flags & O_TRUNC) && S_ISREG(inode->mode) && !created) {
		error = truncate_opened(inode);
		if (error)
			goto fail;
	}
	return file;
fail:
	file_put(file);
	return ERR_PTR(error);
}

struct file *vfs_open_dentry(struct dentry *dentry, unsigned flags)
{
	return open_dentry(dentry, flags, false);
}

/*
 * The last name is absent: makes a regular file. => its dentry with *created, or what somebody else made meanwhile; ERR_PTR.
 */
static struct dentry *create_last(struct path_last *last, mode_t mode, bool *created)
{
	struct inode *directory = last->directory->inode;
	struct inode *inode;
	struct dentry *dentry;
	int error;

	rwlock_write_lock(&directory->lock);
	dentry = dentry_lookup_locked(last->directory, &last->name);
	if (IS_ERR(dentry) || dentry->inode)
		goto out;
	error = inode_permission(directory, MAY_WRITE | MAY_EXECUTE);
	if (!error)
		error = directory->ops->create ? directory->ops->create(directory, &last->name,
				S_IFREG | (mode & 07777 & ~fs_umask()), 0, &inode) : -EPERM;
	if (error) {
		dentry_put(dentry);
		dentry = ERR_PTR(error);
		goto out;
	}
	dentry_instantiate(dentry, inode);
	*created = true;
out:
	rwlock_write_unlock(&directory->lock);
	return dentry;
}

/* The file that the last component means, made if it is not there. ERR_PTR. `last` stays the caller's to put. */
static struct dentry *find_or_create(struct path_last *last, unsigned flags, mode_t mode, bool *created)
{
	for (;;) {
		struct dentry *dentry;
		int error;

		if (last->kind == LAST_PLACE)
			return dentry_get(last->directory);
		if (last->kind != LAST_NAME || last->trailing_slash)
			return ERR_PTR(-EISDIR);
		dentry = dentry_lookup(last->directory, &last->name);
		if (dentry == ERR_PTR(-ENOENT))
			dentry = create_last(last, mode, created);
		if (IS_ERR(dentry) || *created)
			return dentry;
		if (flags & O_EXCL) {
			dentry_put(dentry);
			return ERR_PTR(-EEXIST);
		}
		dentry = mount_cross(dentry);
		if (!S_ISLNK(dentry->inode->mode) || (flags & O_NOFOLLOW))
			return dentry;
		error = path_follow_last(last, dentry);
		if (error)
			return ERR_PTR(error);
	}
}

/* A file that others could have put there to catch a careless writer: refuses to open it for creation. */
static int check_sticky_create(const struct path_last *last, const struct inode *inode)
{
	const struct inode *directory = last->directory->inode;

	if (last->kind == LAST_NAME && S_ISDIR(directory->mode) && (directory->mode & S_ISVTX) &&
	    (directory->mode & S_IWOTH) && (S_ISREG(inode->mode) || S_ISFIFO(inode->mode)) &&
	    inode->uid != directory->uid && inode->uid != cred_current()->euid)
		return -EACCES;
	return 0;
}

static struct file *open_create(struct dentry *at, const char *path, unsigned flags, mode_t mode)
{
	struct path_last last;
	struct dentry *dentry;
	struct file *file;
	bool created = false;
	int error;

	if (flags & O_DIRECTORY)
		return ERR_PTR(-EINVAL);
	error = path_resolve_parent(at, path, &last);
	if (error)
		return ERR_PTR(error);
	dentry = find_or_create(&last, flags, mode, &created);
	error = PTR_ERR_OR_ZERO(dentry);
	if (!error && !created)
		error = check_sticky_create(&last, dentry->inode);
	if (!error) {
		file = open_dentry(dentry, flags, created);
		dentry_put(dentry);
	} else {
		if (!IS_ERR(dentry))
			dentry_put(dentry);
		file = ERR_PTR(error);
	}
	path_last_put(&last);
	return file;
}

struct file *vfs_open(struct dentry *at, const char *path, unsigned flags, mode_t mode)
{
	unsigned path_flags = 0;
	struct dentry *dentry;
	struct file *file;
	int error;

	if ((flags & O_TMPFILE) == O_TMPFILE)
		return ERR_PTR(-EOPNOTSUPP);
	if (unlikely((flags & O_CREAT) && !(flags & O_PATH)))
		return open_create(at, path, flags, mode);
	if (flags & O_NOFOLLOW)
		path_flags |= PATH_NOFOLLOW;
	if (flags & O_DIRECTORY)
		path_flags |= PATH_DIRECTORY;
	error = path_resolve(at, path, path_flags, &dentry);
	if (error)
		return ERR_PTR(error);
	file = open_dentry(dentry, flags, false);
	dentry_put(dentry);
	return file;
}

struct file *vfs_open_exec(struct dentry *at, const char *path)
{
	struct dentry *dentry;
	struct file *file;
	int error = path_resolve(at, path, 0, &dentry);

	if (error)
		return ERR_PTR(error);
	if (!S_ISREG(dentry->inode->mode) || (dentry->inode->mount->flags & MS_NOEXEC))
		error = -EACCES;
	else
		error = inode_permission(dentry->inode, MAY_EXECUTE);
	file = error ? ERR_PTR(error) : file_create(dentry->inode, dentry, dentry->inode->file_ops, O_RDONLY);
	dentry_put(dentry);
	return file;
}
