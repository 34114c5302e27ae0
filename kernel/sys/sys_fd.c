/*
 * System calls on descriptors.
 */
#include <osier/abi/errno.h>
#include <osier/abi/fcntl.h>
#include <osier/abi/ioctl.h>
#include <osier/abi/limits.h>
#include <osier/abi/mman.h>
#include <osier/abi/uio.h>

#include "fs/fd_table.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "fs/pipe.h"
#include "fs/vfs.h"
#include "lib/err.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "sys/sys.h"
#include "vm/uio.h"
#include "vm/user_copy.h"

/* What a single transfer may move: counts stay positive. */
#define TRANSFER_MAX 0x7ffff000ul

static void send_to_self(int signal)
{
	struct signal_info info = { .code = SI_KERNEL };
	uint64_t flags = spin_lock_irqsave(&process_lock);

	signal_send_thread_locked(thread_current(), signal, &info);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* A write to a pipe or socket without reader, or beyond RLIMIT_FSIZE, raises a signal as well. */
static long write_result(ssize_t result)
{
	if (unlikely(result == -EPIPE))
		send_to_self(SIGPIPE);
	else if (unlikely(result == -EFBIG) && thread_current()->fs->file_size_limit != RLIM_INFINITY)
		send_to_self(SIGXFSZ);
	return restartable(result);
}

long sys_read(int fd, vaddr_t buffer, size_t count)
{
	struct fd_ref ref = fd_borrow(fd);
	struct uio uio;
	long result;

	if (unlikely(!ref.file))
		return -EBADF;
	uio_init_user(&uio, buffer, min(count, TRANSFER_MAX));
	result = restartable(vfs_read(ref.file, &uio));
	fd_return(ref);
	return result;
}

long sys_write(int fd, vaddr_t buffer, size_t count)
{
	struct fd_ref ref = fd_borrow(fd);
	struct uio uio;
	long result;

	if (unlikely(!ref.file))
		return -EBADF;
	uio_init_user(&uio, buffer, min(count, TRANSFER_MAX));
	result = write_result(vfs_write(ref.file, &uio));
	fd_return(ref);
	return result;
}

long sys_pread(int fd, vaddr_t buffer, size_t count, off_t offset)
{
	struct fd_ref ref = fd_borrow(fd);
	struct uio uio;
	long result;

	if (!ref.file)
		return -EBADF;
	uio_init_user(&uio, buffer, min(count, TRANSFER_MAX));
	result = restartable(vfs_pread(ref.file, &uio, offset));
	fd_return(ref);
	return result;
}

long sys_pwrite(int fd, vaddr_t buffer, size_t count, off_t offset)
{
	struct fd_ref ref = fd_borrow(fd);
	struct uio uio;
	long result;

	if (!ref.file)
		return -EBADF;
	uio_init_user(&uio, buffer, min(count, TRANSFER_MAX));
	result = write_result(vfs_pwrite(ref.file, &uio, offset));
	fd_return(ref);
	return result;
}

/* ---- vectors --------------------------------------------------------------------------------- */

static_assert(sizeof(struct iovec) == sizeof(struct uio_piece), "a user vector is read as pieces");

struct user_vector {
	struct uio_piece small[8];
	struct uio_piece *pieces;
};

/* => 0, -EINVAL (count, or a length that is negative in sum), -EFAULT, -ENOMEM. */
static int vector_get(struct user_vector *vector, vaddr_t address, int count, struct uio *uio)
{
	size_t total = 0, bytes;

	if (count < 0 || count > IOV_MAX)
		return -EINVAL;
	bytes = (size_t)count * sizeof(struct uio_piece);
	vector->pieces = vector->small;
	if (count > (int)ARRAY_SIZE(vector->small)) {
		vector->pieces = kmalloc(bytes);
		if (!vector->pieces)
			return -ENOMEM;
	}
	if (copy_from_user(vector->pieces, address, bytes)) {
		if (vector->pieces != vector->small)
			kfree(vector->pieces);
		return -EFAULT;
	}
	for (int i = 0; i < count; i++) {
		struct uio_piece *piece = &vector->pieces[i];

		if (piece->bytes > INT64_MAX - total) {
			if (vector->pieces != vector->small)
				kfree(vector->pieces);
			return -EINVAL;
		}
		piece->bytes = min(piece->bytes, TRANSFER_MAX - min(total, TRANSFER_MAX));
		total += piece->bytes;
	}
	uio_init_pieces(uio, vector->pieces, (unsigned)count, total);
	return 0;
}

static void vector_put(struct user_vector *vector)
{
	if (vector->pieces != vector->small)
		kfree(vector->pieces);
}

enum direction { READ, WRITE };

/* `offset` NULL: the file's own. */
static long transfer_vector(int fd, vaddr_t address, int count, const off_t *offset,
			    enum direction direction)
{
	struct fd_ref ref = fd_borrow(fd);
	struct user_vector vector;
	struct uio uio;
	long result;
	int error;

	if (!ref.file)
		return -EBADF;
	error = vector_get(&vector, address, count, &uio);
	if (error) {
		fd_return(ref);
		return error;
	}
	if (direction == READ)
		result = restartable(offset ? vfs_pread(ref.file, &uio, *offset) :
					      vfs_read(ref.file, &uio));
	else
		result = write_result(offset ? vfs_pwrite(ref.file, &uio, *offset) :
					       vfs_write(ref.file, &uio));
	vector_put(&vector);
	fd_return(ref);
	return result;
}

long sys_readv(int fd, vaddr_t vector, int count)
{
	return transfer_vector(fd, vector, count, NULL, READ);
}

long sys_writev(int fd, vaddr_t vector, int count)
{
	return transfer_vector(fd, vector, count, NULL, WRITE);
}

long sys_preadv(int fd, vaddr_t vector, int count, off_t offset)
{
	return transfer_vector(fd, vector, count, &offset, READ);
}

long sys_pwritev(int fd, vaddr_t vector, int count, off_t offset)
{
	return transfer_vector(fd, vector, count, &offset, WRITE);
}

/* ---- one file -------------------------------------------------------------------------------- */

long sys_close(int fd)
{
	return fd_close(thread_current()->files, fd);
}

long sys_lseek(int fd, off_t offset, int whence)
{
	struct fd_ref ref = fd_borrow(fd);
	long result = ref.file ? vfs_lseek(ref.file, offset, whence) : -EBADF;

	fd_return(ref);
	return result;
}

long sys_fstat(int fd, vaddr_t stat)
{
	struct fd_ref ref = fd_borrow(fd);
	struct stat buffer;
	int error = ref.file ? vfs_fstat(ref.file, &buffer) : -EBADF;

	fd_return(ref);
	return error ? error : copy_value_to_user(stat, &buffer);
}

long sys_fchmod(int fd, mode_t mode)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = ref.file ? vfs_fchmod(ref.file, mode) : -EBADF;

	fd_return(ref);
	return error;
}

long sys_fchown(int fd, uid_t uid, gid_t gid)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = ref.file ? vfs_fchown(ref.file, uid, gid) : -EBADF;

	fd_return(ref);
	return error;
}

long sys_ftruncate(int fd, off_t length)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = ref.file ? vfs_ftruncate(ref.file, length) : -EBADF;

	fd_return(ref);
	return write_result(error);
}

long sys_fallocate(int fd, int mode, off_t offset, off_t length)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = ref.file ? vfs_fallocate(ref.file, mode, offset, length) : -EBADF;

	fd_return(ref);
	return error;
}

/* Advice about a file: taken, and nothing need follow from it. */
long sys_fadvise(int fd, off_t offset, off_t length, int advice)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = 0;

	if (!ref.file)
		error = -EBADF;
	else if (S_ISFIFO(ref.file->inode->mode))
		error = -ESPIPE;
	else if (length < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		error = -EINVAL;
	fd_return(ref);
	return error;
}

long sys_getdents(int fd, vaddr_t buffer, size_t size)
{
	struct fd_ref ref = fd_borrow(fd);
	struct uio uio;
	long result;

	if (!ref.file)
		return -EBADF;
	uio_init_user(&uio, buffer, min(size, TRANSFER_MAX));
	result = vfs_getdents(ref.file, &uio);
	fd_return(ref);
	return result;
}

long sys_fcntl(int fd, int command, uint64_t arg)
{
	return restartable(vfs_fcntl(fd, command, arg));
}

long sys_ioctl(int fd, unsigned long request, vaddr_t arg)
{
	struct fd_table *table = thread_current()->files;
	struct fd_ref ref;
	long result;

	if (request == FIOCLEX || request == FIONCLEX)
		return fd_set_cloexec(table, fd, request == FIOCLEX);
	ref = fd_borrow(fd);
	if (!ref.file)
		return -EBADF;
	result = restartable(vfs_ioctl(ref.file, request, arg));
	fd_return(ref);
	return result;
}

static long sync_file(int fd, bool data_only)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = ref.file ? vfs_fsync(ref.file, data_only) : -EBADF;

	fd_return(ref);
	return error;
}

long sys_fsync(int fd)
{
	return sync_file(fd, false);
}

long sys_fdatasync(int fd)
{
	return sync_file(fd, true);
}

long sys_syncfs(int fd)
{
	struct fd_ref ref = fd_borrow(fd);
	int error = ref.file ? vfs_syncfs(ref.file) : -EBADF;

	fd_return(ref);
	return error;
}

long sys_flock(int fd, int operation)
{
	struct fd_ref ref = fd_borrow(fd);
	long result = ref.file ? restartable(vfs_flock(ref.file, operation)) : -EBADF;

	fd_return(ref);
	return result;
}

long sys_fstatvfs(int fd, vaddr_t buffer)
{
	struct fd_ref ref = fd_borrow(fd);
	struct statvfs result;
	int error = ref.file ? vfs_fstatvfs(ref.file, &result) : -EBADF;

	fd_return(ref);
	return error ? error : copy_value_to_user(buffer, &result);
}

/* ---- new descriptors ------------------------------------------------------------------------- */

long sys_dup(int fd)
{
	struct fd_table *table = thread_current()->files;
	struct file *file = fd_get_file(fd);
	int result;

	if (!file)
		return -EBADF;
	result = fd_allocate(table, file, false);
	if (result < 0)
		file_put(file);
	return result;
}

long sys_dup2(int from, int to)
{
	struct fd_table *table = thread_current()->files;

	if (from == to) {
		int flag = fd_get_cloexec(table, from);

		return flag < 0 ? flag : to;
	}
	return fd_dup_to(table, from, to, false);
}

long sys_dup3(int from, int to, int flags)
{
	if ((flags & ~O_CLOEXEC) || from == to)
		return -EINVAL;
	return fd_dup_to(thread_current()->files, from, to, flags & O_CLOEXEC);
}

long sys_pipe2(vaddr_t fds, int flags)
{
	struct fd_table *table = thread_current()->files;
	struct file *ends[2];
	int fd[2], error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	error = pipe_create(ends, (unsigned)(flags & O_NONBLOCK));
	if (error)
		return error;
	error = fd[0] = fd_reserve(table, 0, flags & O_CLOEXEC);
	if (error < 0)
		goto no_first;
	error = fd[1] = fd_reserve(table, 0, flags & O_CLOEXEC);
	if (error < 0)
		goto no_second;
	error = copy_to_user(fds, fd, sizeof(fd));
	if (error)
		goto no_copy;
	fd_install(table, fd[0], ends[0]);
	fd_install(table, fd[1], ends[1]);
	return 0;
no_copy:
	fd_unreserve(table, fd[1]);
no_second:
	fd_unreserve(table, fd[0]);
no_first:
	file_put(ends[0]);
	file_put(ends[1]);
	return error;
}

long sys_memfd_create(vaddr_t name, unsigned flags)
{
	struct fd_table *table = thread_current()->files;
	struct user_path text;
	struct file *file;
	int fd, error;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	error = user_path_get(&text, name);
	if (error)
		return error == -ENAMETOOLONG ? -EINVAL : error;
	file = vfs_memfd(text.text, flags);
	user_path_put(&text);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = fd_allocate(table, file, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}
