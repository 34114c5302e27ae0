/*
 * ioctl, fcntl, flock: what is not a transfer.
 */
#include "fs/vfs.h"

#include <osier/abi/ioctl.h>

#include "fs/fd_table.h"
#include "fs/file.h"
#include "fs/file_lock.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "lib/err.h"
#include "vm/user_copy.h"

/* Sets and clears status flags in one step. */
static void change_flags(struct file *file, unsigned mask, unsigned value)
{
	unsigned old = __atomic_load_n(&file->flags, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(&file->flags, &old, (old & ~mask) | (value & mask), true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static int ioctl_nonblock(struct file *file, vaddr_t arg)
{
	int on;

	if (copy_value_from_user(&on, arg))
		return -EFAULT;
	change_flags(file, O_NONBLOCK, on ? O_NONBLOCK : 0);
	return 0;
}

static int ioctl_bytes_left(struct file *file, vaddr_t arg)
{
	uint64_t size = inode_size(file->inode), offset = READ_ONCE(file->offset);
	int left = offset < size ? (int)min(size - offset, (uint64_t)INT32_MAX) : 0;

	return copy_value_to_user(arg, &left);
}

int vfs_ioctl(struct file *file, unsigned long request, vaddr_t arg)
{
	if (file->flags & O_PATH)
		return -EBADF;
	if (request == FIONBIO)
		return ioctl_nonblock(file, arg);
	if (file->ops->ioctl)
		return file->ops->ioctl(file, request, arg);
	if (request == FIONREAD && S_ISREG(file->inode->mode))
		return ioctl_bytes_left(file, arg);
	return -ENOTTY;
}

static int64_t duplicate(struct file *file, uint64_t from, bool cloexec)
{
	struct fd_table *table = thread_current()->files;
	int fd = from > INT32_MAX ? -EINVAL : fd_reserve(table, (int)from, cloexec);

	if (fd >= 0)
		fd_install(table, fd, file_get(file));
	return fd;
}

static int record_lock(struct file *file, int command, vaddr_t arg)
{
	struct flock lock;
	int error;

	if (copy_value_from_user(&lock, arg))
		return -EFAULT;
	if (command != F_GETLK)
		return file_lock_set(file, &lock, command == F_SETLKW);
	error = file_lock_get(file, &lock);
	return error ? error : copy_value_to_user(arg, &lock);
}

static int64_t control_file(struct file *file, int command, uint64_t arg)
{
	const unsigned changeable = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;

	switch (command) {
	case F_GETFL:
		return file->flags;
	case F_SETFL:
		change_flags(file, changeable, (unsigned)arg);
		return 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return record_lock(file, command, arg);
	case F_GETPIPE_SZ:
		return pipe_capacity(file);
	case F_SETPIPE_SZ:
		return pipe_set_capacity(file, arg);
	default:
		return -EINVAL;
	}
}

int64_t vfs_fcntl(int fd, int command, uint64_t arg)
{
	struct fd_table *table = thread_current()->files;
	struct file *file;
	int64_t result;

	switch (command) {
	case F_GETFD:
		result = fd_get_cloexec(table, fd);
		return result > 0 ? FD_CLOEXEC : result;
	case F_SETFD:
		return fd_set_cloexec(table, fd, arg & FD_CLOEXEC);
	}
	file = fd_get_file(fd);
	if (!file)
		return -EBADF;
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		result = duplicate(file, arg, command == F_DUPFD_CLOEXEC);
	else if ((file->flags & O_PATH) && command != F_GETFL)
		result = -EBADF;
	else
		result = control_file(file, command, arg);
	file_put(file);
	return result;
}

int vfs_flock(struct file *file, int operation)
{
	return file->flags & O_PATH ? -EBADF : file_lock_flock(file, operation);
}
