/* Open files: opening, reading and writing, positions, descriptors, locks. */
#include "osier.h"
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* The mode argument is there only when something may be created. */
#define OPEN_MODE(flags, mode) do {						\
	if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {			\
		va_list ap;							\
		va_start(ap, flags);						\
		mode = va_arg(ap, unsigned int);				\
		va_end(ap);							\
	}									\
} while (0)

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	OPEN_MODE(flags, mode);
	return (int)cancel_call(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;

	OPEN_MODE(flags, mode);
	return (int)cancel_call(SYS_openat, dirfd, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
	return (int)cancel_call(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
	return (int)cancel_call(SYS_close, fd);
}

ssize_t read(int fd, void *buf, size_t n)
{
	return cancel_call(SYS_read, fd, buf, n);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	return cancel_call(SYS_write, fd, buf, n);
}

ssize_t pread(int fd, void *buf, size_t n, off_t offset)
{
	return cancel_call(SYS_pread, fd, buf, n, offset);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
	return cancel_call(SYS_pwrite, fd, buf, n, offset);
}

ssize_t readv(int fd, const struct iovec *iov, int count)
{
	return cancel_call(SYS_readv, fd, iov, count);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	return cancel_call(SYS_writev, fd, iov, count);
}

ssize_t preadv(int fd, const struct iovec *iov, int count, off_t offset)
{
	return call(SYS_preadv, fd, iov, count, offset);
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
	return call(SYS_pwritev, fd, iov, count, offset);
}

off_t lseek(int fd, off_t offset, int whence)
{
	return call(SYS_lseek, fd, offset, whence);
}

int dup(int fd)
{
	return (int)call(SYS_dup, fd);
}

int dup2(int fd, int newfd)
{
	return (int)call(SYS_dup2, fd, newfd);
}

int dup3(int fd, int newfd, int flags)
{
	return (int)call(SYS_dup3, fd, newfd, flags);
}

int pipe(int fds[2])
{
	return (int)call(SYS_pipe2, fds, 0);
}

int pipe2(int fds[2], int flags)
{
	return (int)call(SYS_pipe2, fds, flags);
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	long arg;

	va_start(ap, command);
	arg = va_arg(ap, long);		/* an int comes sign-extended or not: the kernel narrows it */
	va_end(ap);
	return (int)cancel_call(SYS_fcntl, fd, command, arg);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)call(SYS_ioctl, fd, request, arg);
}

int fsync(int fd)
{
	return (int)cancel_call(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return (int)cancel_call(SYS_fdatasync, fd);
}

void sync(void)
{
	raw(SYS_sync);
}

int syncfs(int fd)
{
	return (int)call(SYS_syncfs, fd);
}

int truncate(const char *path, off_t length)
{
	return (int)call(SYS_truncate, path, length);
}

int ftruncate(int fd, off_t length)
{
	return (int)call(SYS_ftruncate, fd, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
	return (int)call(SYS_fallocate, fd, mode, offset, length);
}

/* These two return the error number instead of setting errno. */
int posix_fallocate(int fd, off_t offset, off_t length)
{
	return (int)-raw(SYS_fallocate, fd, 0, offset, length);
}

int posix_fadvise(int fd, off_t offset, off_t length, int advice)
{
	return (int)-raw(SYS_fadvise, fd, offset, length, advice);
}

int flock(int fd, int operation)
{
	return (int)call(SYS_flock, fd, operation);
}

int lockf(int fd, int command, off_t length)
{
	struct flock lock;

	memset(&lock, 0, sizeof lock);
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_CUR;
	lock.l_len = length;

	switch (command) {
	case F_ULOCK:
		lock.l_type = F_UNLCK;
		return fcntl(fd, F_SETLK, &lock);
	case F_LOCK:
		return fcntl(fd, F_SETLKW, &lock);
	case F_TLOCK:
		return fcntl(fd, F_SETLK, &lock);
	case F_TEST:
		if (fcntl(fd, F_GETLK, &lock) < 0)
			return -1;
		if (lock.l_type == F_UNLCK || lock.l_pid == getpid())
			return 0;
		errno = EACCES;
		return -1;
	}
	errno = EINVAL;
	return -1;
}
