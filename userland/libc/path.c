/* Names in the file system: status, modes and owners, links, directories, special files. */
#include "osier.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <limits.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

int stat(const char *restrict path, struct stat *restrict st)
{
	return (int)call(SYS_fstatat, AT_FDCWD, path, st, 0);
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return (int)call(SYS_fstatat, AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int fstat(int fd, struct stat *st)
{
	return (int)call(SYS_fstat, fd, st);
}

int fstatat(int dirfd, const char *restrict path, struct stat *restrict st, int flags)
{
	return (int)call(SYS_fstatat, dirfd, path, st, flags);
}

int access(const char *path, int mode)
{
	return (int)call(SYS_faccessat, AT_FDCWD, path, mode, 0);
}

int faccessat(int dirfd, const char *path, int mode, int flags)
{
	return (int)call(SYS_faccessat, dirfd, path, mode, flags);
}

int eaccess(const char *path, int mode)
{
	return (int)call(SYS_faccessat, AT_FDCWD, path, mode, AT_EACCESS);
}

int euidaccess(const char *path, int mode)
{
	return eaccess(path, mode);
}

int chmod(const char *path, mode_t mode)
{
	return (int)call(SYS_fchmodat, AT_FDCWD, path, mode, 0);
}

int lchmod(const char *path, mode_t mode)
{
	return (int)call(SYS_fchmodat, AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW);
}

int fchmod(int fd, mode_t mode)
{
	return (int)call(SYS_fchmod, fd, mode);
}

int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	return (int)call(SYS_fchmodat, dirfd, path, mode, flags);
}

int chown(const char *path, uid_t uid, gid_t gid)
{
	return (int)call(SYS_fchownat, AT_FDCWD, path, uid, gid, 0);
}

int lchown(const char *path, uid_t uid, gid_t gid)
{
	return (int)call(SYS_fchownat, AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	return (int)call(SYS_fchown, fd, uid, gid);
}

int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	return (int)call(SYS_fchownat, dirfd, path, uid, gid, flags);
}

mode_t umask(mode_t mask)
{
	return (mode_t)raw(SYS_umask, mask);
}

int link(const char *old, const char *new)
{
	return (int)call(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
}

int linkat(int olddir, const char *old, int newdir, const char *new, int flags)
{
	return (int)call(SYS_linkat, olddir, old, newdir, new, flags);
}

int symlink(const char *target, const char *path)
{
	return (int)call(SYS_symlinkat, target, AT_FDCWD, path);
}

int symlinkat(const char *target, int dirfd, const char *path)
{
	return (int)call(SYS_symlinkat, target, dirfd, path);
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t n)
{
	return call(SYS_readlinkat, AT_FDCWD, path, buf, n);
}

ssize_t readlinkat(int dirfd, const char *restrict path, char *restrict buf, size_t n)
{
	return call(SYS_readlinkat, dirfd, path, buf, n);
}

int unlink(const char *path)
{
	return (int)call(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int dirfd, const char *path, int flags)
{
	return (int)call(SYS_unlinkat, dirfd, path, flags);
}

/* remove() of newlib knows only files: ISO C leaves directories open, POSIX wants them too. */
int remove(const char *path)
{
	long error = raw(SYS_unlinkat, AT_FDCWD, path, 0);

	if (error == -EISDIR || error == -EPERM)
		error = raw(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
	return (int)result(error);
}

int _remove_r(struct _reent *reent, const char *path)
{
	return remove(path);
}

int rename(const char *old, const char *new)
{
	return (int)call(SYS_renameat, AT_FDCWD, old, AT_FDCWD, new, 0);
}

int renameat(int olddir, const char *old, int newdir, const char *new)
{
	return (int)call(SYS_renameat, olddir, old, newdir, new, 0);
}

/* Not of POSIX: weak, as some programs bring their own. */
__attribute__((weak))
int renameat2(int olddir, const char *old, int newdir, const char *new, unsigned int flags)
{
	return (int)call(SYS_renameat, olddir, old, newdir, new, flags);
}

int mkdir(const char *path, mode_t mode)
{
	return (int)call(SYS_mkdirat, AT_FDCWD, path, mode);
}

int mkdirat(int dirfd, const char *path, mode_t mode)
{
	return (int)call(SYS_mkdirat, dirfd, path, mode);
}

int rmdir(const char *path)
{
	return (int)call(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
	return (int)call(SYS_mknodat, AT_FDCWD, path, mode, dev);
}

int mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	return (int)call(SYS_mknodat, dirfd, path, mode, dev);
}

int mkfifo(const char *path, mode_t mode)
{
	return (int)call(SYS_mknodat, AT_FDCWD, path, (mode & ~S_IFMT) | S_IFIFO, 0);
}

int mkfifoat(int dirfd, const char *path, mode_t mode)
{
	return (int)call(SYS_mknodat, dirfd, path, (mode & ~S_IFMT) | S_IFIFO, 0);
}

int chdir(const char *path)
{
	return (int)call(SYS_chdir, path);
}

int fchdir(int fd)
{
	return (int)call(SYS_fchdir, fd);
}

int chroot(const char *path)
{
	return (int)call(SYS_chroot, path);
}

/* A NULL buffer is allocated: of the given size, or as long as the path needs when that is 0. */
char *getcwd(char *buf, size_t size)
{
	char path[PATH_MAX];
	long length;

	if (buf) {
		if (size == 0) {
			errno = EINVAL;
			return NULL;
		}
		return call(SYS_getcwd, buf, size) < 0 ? NULL : buf;
	}
	length = call(SYS_getcwd, path, sizeof path);
	if (length < 0)
		return NULL;
	length = (long)strlen(path) + 1;
	if (size && size < (size_t)length) {
		errno = ERANGE;
		return NULL;
	}
	buf = malloc(size ? size : (size_t)length);
	return buf ? memcpy(buf, path, (size_t)length) : NULL;
}

char *getwd(char *buf)
{
	return getcwd(buf, PATH_MAX);
}

/* $PWD where it is right, because it may keep a symbolic link's name. */
char *get_current_dir_name(void)
{
	const char *pwd = getenv("PWD");
	struct stat a, b;

	if (pwd && *pwd == '/' && stat(pwd, &a) == 0 && stat(".", &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return strdup(pwd);
	return getcwd(NULL, 0);
}

int statvfs(const char *restrict path, struct statvfs *restrict st)
{
	return (int)call(SYS_statvfs, path, st);
}

int fstatvfs(int fd, struct statvfs *st)
{
	return (int)call(SYS_fstatvfs, fd, st);
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	return (int)call(SYS_mount, source, target, type, flags, data);
}

int umount(const char *target)
{
	return (int)call(SYS_umount, target, 0);
}

int umount2(const char *target, int flags)
{
	return (int)call(SYS_umount, target, flags);
}
