/*
 * Reading, writing, seeking and listing open files, whatever they are.
 */
#include "fs/vfs.h"

#include <osier/abi/dirent.h>
#include <osier/abi/poll.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/err.h"
#include "lib/string.h"
#include "vm/uio.h"

/*
 * The offset needs its lock only where somebody else can reach the file; a borrowed file with one reference is the
 * current thread's alone (fd_table.h, invariant 2). => whether it was locked.
 */
static inline bool lock_offset(struct file *file)
{
	if (!file->ops->seek || refcount_read(&file->refs) == 1)
		return false;
	mutex_lock(&file->offset_lock);
	return true;
}

static inline void unlock_offset(struct file *file, bool locked)
{
	if (unlikely(locked))
		mutex_unlock(&file->offset_lock);
}

ssize_t vfs_read(struct file *file, struct uio *uio)
{
	ssize_t bytes;
	bool locked;

	if (unlikely(!file->readable))
		return -EBADF;
	if (unlikely(!file->ops->read))
		return -EINVAL;
	locked = lock_offset(file);
	bytes = file->ops->read(file, uio, &file->offset);
	unlock_offset(file, locked);
	return bytes;
}

ssize_t vfs_write(struct file *file, struct uio *uio)
{
	ssize_t bytes;
	bool locked;

	if (unlikely(!file->writable))
		return -EBADF;
	if (unlikely(!file->ops->write))
		return -EINVAL;
	locked = lock_offset(file);
	bytes = file->ops->write(file, uio, &file->offset);
	unlock_offset(file, locked);
	return bytes;
}

ssize_t vfs_pread(struct file *file, struct uio *uio, int64_t offset)
{
	uint64_t at = (uint64_t)offset;

	if (!file->readable)
		return -EBADF;
	if (offset < 0)
		return -EINVAL;
	if (!file->ops->seek)
		return -ESPIPE;
	if (!file->ops->read)
		return -EINVAL;
	return file->ops->read(file, uio, &at);
}

ssize_t vfs_pwrite(struct file *file, struct uio *uio, int64_t offset)
{
	uint64_t at = (uint64_t)offset;

	if (!file->writable)
		return -EBADF;
	if (offset < 0)
		return -EINVAL;
	if (!file->ops->seek)
		return -ESPIPE;
	if (!file->ops->write)
		return -EINVAL;
	return file->ops->write(file, uio, &at);
}

ssize_t vfs_read_kernel(struct file *file, void *buffer, size_t bytes, uint64_t offset)
{
	size_t done = 0;

	if (!file->ops->read || !file->ops->seek)
		return -EINVAL;
	while (done < bytes) {
		uint64_t at = offset + done;
		struct uio uio;
		ssize_t got;

		uio_init_kernel(&uio, (char *)buffer + done, bytes - done);
		got = file->ops->read(file, &uio, &at);
		if (got < 0)
			return got;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int64_t vfs_lseek(struct file *file, int64_t offset, int whence)
{
	if (file->flags & O_PATH)
		return -EBADF;
	return file->ops->seek ? file->ops->seek(file, offset, whence) : -ESPIPE;
}

struct dirent_writer {
	struct directory_emitter emitter;
	struct uio *uio;
	int error;
};

static bool emit_dirent(struct directory_emitter *emitter, const char *name, unsigned length, uint64_t ino,
			unsigned type, uint64_t next)
{
	struct dirent_writer *writer = container_of(emitter, struct dirent_writer, emitter);
	const size_t header = offsetof(struct dirent, d_name);
	size_t bytes = (header + length + 1 + 7) & ~7ul;
	struct dirent record;

	if (bytes > writer->uio->remaining) {
		writer->error = -EINVAL;	/* counts only if not even one fits */
		return false;
	}
	record.d_ino = ino;
	record.d_off = (off_t)next;
	record.d_reclen = (unsigned short)bytes;
	record.d_type = (unsigned char)type;
	memcpy(record.d_name, name, length);
	memset(record.d_name + length, 0, bytes - header - length);
	if (uio_copy_to(writer->uio, &record, bytes)) {
		writer->error = -EFAULT;
		return false;
	}
	emitter->position = next;
	return true;
}

ssize_t vfs_getdents(struct file *file, struct uio *uio)
{
	struct inode *inode = file->inode;
	struct dirent_writer writer = { .emitter.emit = emit_dirent, .uio = uio };
	size_t wanted = uio->remaining;
	int error;

	if (!file->readable)
		return -EBADF;
	if (!file->ops->iterate)
		return -ENOTDIR;
	mutex_lock(&file->offset_lock);
	writer.emitter.position = file->offset;
	rwlock_read_lock(&inode->lock);
	error = inode->flags & INODE_DEAD ? -ENOENT : file->ops->iterate(file, &writer.emitter);
	rwlock_read_unlock(&inode->lock);
	file->offset = writer.emitter.position;
	mutex_unlock(&file->offset_lock);
	inode_accessed(inode);

	if (wanted != uio->remaining)
		return (ssize_t)(wanted - uio->remaining);
	return error ? error : writer.error;
}

unsigned vfs_poll(struct file *file, struct poll_waiter *waiter)
{
	if (!file->ops->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return file->ops->poll(file, waiter);
}
