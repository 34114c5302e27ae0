/*
 * System calls on names.
 */
#include <osier/abi/errno.h>
#include <osier/abi/fcntl.h>
#include <osier/abi/mount.h>

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/fd_table.h"
#include "fs/fs_context.h"
#include "fs/path.h"
#include "fs/vfs.h"
#include "lib/err.h"
#include "proc/restart.h"
#include "sys/sys.h"
#include "vm/uio.h"
#include "vm/user_copy.h"

/* A path of the caller's and the directory it begins at. */
struct at_path {
	struct user_path path;
	struct dentry *at;
};

static int at_path_get(struct at_path *p, int dirfd, vaddr_t address)
{
	int error = user_path_get(&p->path, address);

	if (error)
		return error;
	p->at = NULL;
	if (dirfd == AT_FDCWD || p->path.text[0] == '/')
		return 0;
	error = vfs_at(dirfd, p->path.text, &p->at);
	if (error)
		user_path_put(&p->path);
	return error;
}

static void at_path_put(struct at_path *p)
{
	dentry_put(p->at);
	user_path_put(&p->path);
}

long sys_openat(int dirfd, vaddr_t path, int flags, mode_t mode)
{
	struct fd_table *table = thread_current()->files;
	struct at_path p;
	struct file *file;
	int fd, error = at_path_get(&p, dirfd, path);

	if (error)
		return error;
	fd = fd_reserve(table, 0, flags & O_CLOEXEC);
	if (fd >= 0) {
		file = vfs_open(p.at, p.path.text, (unsigned)flags, mode);
		if (IS_ERR(file)) {
			fd_unreserve(table, fd);
			fd = (int)restartable(PTR_ERR(file));
		} else {
			fd_install(table, fd, file);
		}
	}
	at_path_put(&p);
	return fd;
}

long sys_fstatat(int dirfd, vaddr_t path, vaddr_t stat, int at_flags)
{
	struct at_path p;
	struct stat buffer;
	int error;

	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = at_path_get(&p, dirfd, path);
	if (error)
		return error;
	if (!p.path.text[0] && (at_flags & AT_EMPTY_PATH) && dirfd != AT_FDCWD) {
		at_path_put(&p);
		return sys_fstat(dirfd, stat);
	}
	error = vfs_stat(p.at, p.path.text, (unsigned)at_flags, &buffer);
	at_path_put(&p);
	return error ? error : copy_value_to_user(stat, &buffer);
}

long sys_faccessat(int dirfd, vaddr_t path, int mode, int at_flags)
{
	struct at_path p;
	int error;

	if ((mode & ~(R_OK | W_OK | X_OK)) ||
	    (at_flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	error = at_path_get(&p, dirfd, path);
	if (error)
		return error;
	error = vfs_access(p.at, p.path.text, (unsigned)mode, (unsigned)at_flags);
	at_path_put(&p);
	return error;
}

long sys_chdir(vaddr_t path)
{
	struct user_path p;
	int error = user_path_get(&p, path);

	if (error)
		return error;
	error = vfs_chdir(NULL, p.text);
	user_path_put(&p);
	return error;
}

long sys_fchdir(int fd)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = ref.file ? vfs_fchdir(ref.file) : -EBADF;

	fd_return(ref);
	return error;
}

long sys_chroot(vaddr_t path)
{
	struct user_path p;
	int error = user_path_get(&p, path);

	if (error)
		return error;
	error = vfs_chroot(p.text);
	user_path_put(&p);
	return error;
}

long sys_getcwd(vaddr_t buffer, size_t size)
{
	struct uio uio;

	uio_init_user(&uio, buffer, size);
	return vfs_getcwd(&uio);
}

long sys_mkdirat(int dirfd, vaddr_t path, mode_t mode)
{
	struct at_path p;
	int error = at_path_get(&p, dirfd, path);

	if (error)
		return error;
	error = vfs_mkdir(p.at, p.path.text, mode);
	at_path_put(&p);
	return error;
}

long sys_mknodat(int dirfd, vaddr_t path, mode_t mode, dev_t dev)
{
	struct at_path p;
	int error = at_path_get(&p, dirfd, path);

	if (error)
		return error;
	error = vfs_mknod(p.at, p.path.text, mode, dev);
	at_path_put(&p);
	return error;
}

long sys_unlinkat(int dirfd, vaddr_t path, int at_flags)
{
	struct at_path p;
	int error;

	if (at_flags & ~AT_REMOVEDIR)
		return -EINVAL;
	error = at_path_get(&p, dirfd, path);
	if (error)
		return error;
	error = at_flags & AT_REMOVEDIR ? vfs_rmdir(p.at, p.path.text) :
					  vfs_unlink(p.at, p.path.text);
	at_path_put(&p);
	return error;
}

long sys_renameat(int old_dirfd, vaddr_t old_path, int new_dirfd, vaddr_t new_path, unsigned flags)
{
	struct at_path from, to;
	int error;

	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	error = at_path_get(&from, old_dirfd, old_path);
	if (error)
		return error;
	error = at_path_get(&to, new_dirfd, new_path);
	if (!error) {
		error = vfs_rename(from.at, from.path.text, to.at, to.path.text, flags);
		at_path_put(&to);
	}
	at_path_put(&from);
	return error;
}

long sys_linkat(int old_dirfd, vaddr_t old_path, int new_dirfd, vaddr_t new_path, int at_flags)
{
	struct at_path from, to;
	int error;

	if (at_flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = at_path_get(&from, old_dirfd, old_path);
	if (error)
		return error;
	error = at_path_get(&to, new_dirfd, new_path);
	if (!error) {
		error = vfs_link(from.at, from.path.text, to.at, to.path.text, (unsigned)at_flags);
		at_path_put(&to);
	}
	at_path_put(&from);
	return error;
}

long sys_symlinkat(vaddr_t target, int dirfd, vaddr_t path)
{
	struct user_path text;
	struct at_path p;
	int error = user_path_get(&text, target);

	if (error)
		return error;
	error = at_path_get(&p, dirfd, path);
	if (!error) {
		error = vfs_symlink(text.text, p.at, p.path.text);
		at_path_put(&p);
	}
	user_path_put(&text);
	return error;
}

long sys_readlinkat(int dirfd, vaddr_t path, vaddr_t buffer, size_t size)
{
	struct at_path p;
	struct uio uio;
	ssize_t length;
	int error;

	if (!size)
		return -EINVAL;
	error = at_path_get(&p, dirfd, path);
	if (error)
		return error;
	uio_init_user(&uio, buffer, size);
	length = vfs_readlink(p.at, p.path.text, &uio);
	at_path_put(&p);
	return length;
}

long sys_fchmodat(int dirfd, vaddr_t path, mode_t mode, int at_flags)
{
	struct at_path p;
	int error;

	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = at_path_get(&p, dirfd, path);
	if (error)
		return error;
	error = vfs_chmod(p.at, p.path.text, mode, (unsigned)at_flags);
	at_path_put(&p);
	return error;
}

long sys_fchownat(int dirfd, vaddr_t path, uid_t uid, gid_t gid, int at_flags)
{
	struct at_path p;
	int error;

	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = at_path_get(&p, dirfd, path);
	if (error)
		return error;
	error = vfs_chown(p.at, p.path.text, uid, gid, (unsigned)at_flags);
	at_path_put(&p);
	return error;
}

long sys_umask(mode_t mask)
{
	return __atomic_exchange_n(&thread_current()->fs->umask, mask & 0777, __ATOMIC_RELAXED);
}

long sys_truncate(vaddr_t path, off_t length)
{
	struct user_path p;
	int error = user_path_get(&p, path);

	if (error)
		return error;
	error = vfs_truncate(NULL, p.text, length);
	user_path_put(&p);
	return error;
}

long sys_utimensat(int dirfd, vaddr_t path, vaddr_t times, int at_flags)
{
	struct timespec pair[2];
	struct at_path p;
	int error;

	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times && copy_from_user(pair, times, sizeof(pair)))
		return -EFAULT;
	if (!path) {
		struct fd_ref ref = fd_borrow(dirfd);

		error = ref.file ? vfs_futimens(ref.file, times ? pair : NULL) : -EBADF;
		fd_return(ref);
		return error;
	}
	error = at_path_get(&p, dirfd, path);
	if (error)
		return error;
	error = vfs_utimens(p.at, p.path.text, times ? pair : NULL, (unsigned)at_flags);
	at_path_put(&p);
	return error;
}

long sys_statvfs(vaddr_t path, vaddr_t buffer)
{
	struct statvfs result;
	struct user_path p;
	int error = user_path_get(&p, path);

	if (error)
		return error;
	error = vfs_statvfs(NULL, p.text, &result);
	user_path_put(&p);
	return error ? error : copy_value_to_user(buffer, &result);
}

long sys_mount(vaddr_t source, vaddr_t target, vaddr_t type, unsigned long flags, vaddr_t data)
{
	struct user_path from, to, kind, options;
	int error;

	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	error = user_path_get(&to, target);
	if (error)
		return error;
	error = user_path_get(&from, source);
	if (error)
		goto no_source;
	error = user_path_get(&kind, type);
	if (error)
		goto no_type;
	options.text = "";
	if (data)
		error = user_path_get(&options, data);
	if (!error) {
		error = vfs_mount(from.text, to.text, kind.text, (unsigned)flags, options.text);
		if (data)
			user_path_put(&options);
	}
	user_path_put(&kind);
no_type:
	user_path_put(&from);
no_source:
	user_path_put(&to);
	return error;
}

long sys_umount(vaddr_t target, int flags)
{
	struct user_path p;
	int error;

	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	error = user_path_get(&p, target);
	if (error)
		return error;
	error = vfs_umount(p.text, (unsigned)flags);
	user_path_put(&p);
	return error;
}

long sys_sync(void)
{
	vfs_sync();
	return 0;
}
