/*
 * What system calls do to files, with kernel strings and struct uio. All act as the current thread: its credentials, root, working
 * directory, umask. `at` is the directory of a relative path (NULL: the working directory). All sleep, all return
 * -errno as POSIX says for the call of that name, and change nothing when they fail (transfers may be partial).
 */
#ifndef OSIER_FS_VFS_H
#define OSIER_FS_VFS_H

#include <osier/abi/fcntl.h>
#include <osier/abi/stat.h>
#include <osier/abi/statvfs.h>
#include <osier/types.h>

struct dentry;
struct file;
struct poll_waiter;
struct uio;

/* The directory that an *at call's descriptor means for `path`: NULL for AT_FDCWD or an absolute path; else counted. => 0, -EBADF, -ENOTDIR. */
int vfs_at(int dirfd, const char *path, struct dentry **out);

/* ERR_PTR. `flags`: O_*; `mode` before the umask. */
struct file *vfs_open(struct dentry *at, const char *path, unsigned flags, mode_t mode);
/* Opens what has been found already; checks permissions. ERR_PTR. */
struct file *vfs_open_dentry(struct dentry *, unsigned flags);
/* exec: opens for execution: MAY_EXECUTE, a regular file, not on a noexec mount. ERR_PTR(-EACCES …). */
struct file *vfs_open_exec(struct dentry *at, const char *path);

/*
 * => bytes, or -errno. -EPIPE: the caller raises SIGPIPE. -EINTR only when nothing was moved. Read and write use and advance
 * the file's offset, atomically against others who share it.
 */
ssize_t vfs_read(struct file *, struct uio *);
ssize_t vfs_write(struct file *, struct uio *);
ssize_t vfs_pread(struct file *, struct uio *, int64_t offset);
ssize_t vfs_pwrite(struct file *, struct uio *, int64_t offset);
/* Kernel memory at an offset; exec reads headers so. => bytes (short only at the end of the file) or -errno. */
ssize_t vfs_read_kernel(struct file *, void *buffer, size_t bytes, uint64_t offset);
int64_t vfs_lseek(struct file *, int64_t offset, int whence);
/* Fills the buffer with struct dirent. => bytes, 0 at the end, -EINVAL when not one fits. */
ssize_t vfs_getdents(struct file *, struct uio *);
int vfs_ioctl(struct file *, unsigned long request, vaddr_t arg);
unsigned vfs_poll(struct file *, struct poll_waiter *);
/* F_DUPFD … F_SETFL, F_GETLK … on the current thread's table. */
int64_t vfs_fcntl(int fd, int command, uint64_t arg);
int vfs_flock(struct file *, int operation);

/* `at_flags`: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. */
int vfs_stat(struct dentry *at, const char *path, unsigned at_flags, struct stat *);
int vfs_fstat(struct file *, struct stat *);
/* `mode`: R_OK …; real ids unless AT_EACCESS. */
int vfs_access(struct dentry *at, const char *path, unsigned mode, unsigned at_flags);
/* => length, not terminated. */
ssize_t vfs_readlink(struct dentry *at, const char *path, struct uio *);

int vfs_mkdir(struct dentry *at, const char *path, mode_t mode);
int vfs_mknod(struct dentry *at, const char *path, mode_t mode, dev_t dev);
int vfs_unlink(struct dentry *at, const char *path);
int vfs_rmdir(struct dentry *at, const char *path);
int vfs_rename(struct dentry *old_at, const char *old_path, struct dentry *new_at,
	       const char *new_path, unsigned flags);
int vfs_link(struct dentry *old_at, const char *old_path, struct dentry *new_at, const char *new_path,
	     unsigned at_flags);
int vfs_symlink(const char *target, struct dentry *at, const char *path);

int vfs_truncate(struct dentry *at, const char *path, int64_t size);
int vfs_ftruncate(struct file *, int64_t size);
int vfs_fallocate(struct file *, int mode, int64_t offset, int64_t bytes);
int vfs_chmod(struct dentry *at, const char *path, mode_t mode, unsigned at_flags);
int vfs_fchmod(struct file *, mode_t mode);
/* -1 leaves one as it is. */
int vfs_chown(struct dentry *at, const char *path, uid_t uid, gid_t gid, unsigned at_flags);
int vfs_fchown(struct file *, uid_t uid, gid_t gid);
/* times[0] atime, [1] mtime; NULL: now. tv_nsec may be UTIME_NOW, UTIME_OMIT. */
int vfs_utimens(struct dentry *at, const char *path, const struct timespec times[2], unsigned at_flags);
int vfs_futimens(struct file *, const struct timespec times[2]);

int vfs_chdir(struct dentry *at, const char *path);
int vfs_fchdir(struct file *);
int vfs_chroot(const char *path);
/* Writes the path with its NUL. => bytes with the NUL, -ERANGE, -ENOENT. */
ssize_t vfs_getcwd(struct uio *);

int vfs_statvfs(struct dentry *at, const char *path, struct statvfs *);
int vfs_fstatvfs(struct file *, struct statvfs *);
int vfs_fsync(struct file *, bool data_only);
int vfs_syncfs(struct file *);
int vfs_sync(void);
int vfs_mount(const char *source, const char *target, const char *type, unsigned flags, const char *options);
int vfs_umount(const char *target, unsigned flags);

/* An open, unnamed file in memory. ERR_PTR. `flags`: O_CLOEXEC is the caller's business. */
struct file *vfs_memfd(const char *name, unsigned memfd_flags);

/* Boot: caches and file systems; then the root ("vda3" or "tmpfs"), /dev, /proc, /tmp, /dev/shm. => 0 or -errno. */
void vfs_init(void);
int vfs_mount_root(const char *root);

#endif
