/*
 * Reading and writing files through the pages of their object.
 *
 * Read: pin the frame, drop every lock, copy. Write: with the inode's lock held, fault the source in, pin the frame, copy with
 * faults disabled (the source may be a mapping of the very page that is written), again when that came short.
 */
#include "fs/file.h"

#include "fs/cred.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "task/sched.h"
#include "vm/object.h"
#include "vm/uio.h"

/* One page's worth of a read. => bytes or -errno; on -EFAULT what was copied shows in uio. */
static int read_page(struct vm_object *object, struct uio *uio, uint64_t offset, size_t bytes)
{
	/* A hole in a file that lives in memory stays one. */
	unsigned flags = object->kind == OBJECT_SHARED ? OBJECT_PAGE_NO_CREATE : 0;
	struct frame *frame;
	int error = object_page_get(object, offset >> PAGE_SHIFT, flags, &frame);

	if (unlikely(error))
		return error;
	if (!frame)
		return uio_zero(uio, bytes);
	error = uio_copy_to(uio, (char *)frame_to_virt(frame) + page_offset(offset), bytes);
	frame_put(frame);
	return error;
}

/* Pages that a long read pins at once. */
#define READ_BATCH 16u

/*
 * Part of a read of `bytes`, more than a page, of which all lies before the end: what is there of the next pages. => bytes; 0: the first
 * page is not there; -EFAULT.
 */
static ssize_t read_batch(struct vm_object *object, struct uio *uio, uint64_t offset, size_t bytes)
{
	struct frame *frames[READ_BATCH];
	uint64_t last = (offset + bytes - 1) >> PAGE_SHIFT, first = offset >> PAGE_SHIFT;
	unsigned count = object_pages_get(object, first, (unsigned)min(last - first + 1, (uint64_t)READ_BATCH), frames);
	size_t done = 0;
	int error = 0;

	for (unsigned i = 0; i < count;) {
		const char *from = (char *)frame_to_virt(frames[i]) + page_offset(offset + done);
		size_t run = PAGE_SIZE - page_offset(offset + done);

		/* Frames that lie together are one copy. */
		for (i++; i < count && frames[i] == frames[i - 1] + 1; i++)
			run += PAGE_SIZE;
		run = min(run, bytes - done);
		error = uio_copy_to(uio, from, run);
		if (unlikely(error))
			break;
		done += run;
	}
	for (unsigned i = 0; i < count; i++)
		frame_put(frames[i]);
	return error ? error : (ssize_t)done;
}

ssize_t file_read_object(struct vm_object *object, struct uio *uio, uint64_t *offset)
{
	size_t wanted = uio->remaining;
	int error = 0;

	for (;;) {
		size_t before = uio->remaining;
		uint64_t size = READ_ONCE(object->size);
		size_t bytes;

		if (before == 0 || *offset >= size)
			break;
		bytes = min(before, (size_t)(size - *offset));
		if (bytes > PAGE_SIZE) {
			ssize_t got = read_batch(object, uio, *offset, bytes);

			*offset += before - uio->remaining;
			error = got < 0 ? (int)got : 0;
			if (got) {
				if (unlikely(error))
					break;
				sched_point();
				continue;
			}
		}
		bytes = min(bytes, PAGE_SIZE - page_offset(*offset));
		error = read_page(object, uio, *offset, bytes);
		*offset += before - uio->remaining;
		if (unlikely(error))
			break;
		sched_point();
	}
	if (wanted != uio->remaining)
		return (ssize_t)(wanted - uio->remaining);
	return error;
}

ssize_t file_read_generic(struct file *file, struct uio *uio, uint64_t *offset)
{
	ssize_t done = file_read_object(&file->inode->object, uio, offset);

	inode_accessed(file->inode);
	return done;
}

/*
 * How many of `bytes` may be written at `offset`. => bytes, or -EFBIG. The last byte that fits is written; only a
 * write that begins beyond the limit fails.
 */
static ssize_t limit_write(const struct inode *inode, uint64_t offset, size_t bytes)
{
	const struct fs_context *context = thread_current()->fs;
	uint64_t limit = inode->mount->max_file_size;

	if (context)
		limit = min(limit, context->file_size_limit);
	if (bytes && offset >= limit)
		return -EFBIG;
	return (ssize_t)min((uint64_t)bytes, limit - offset);
}

/* Writing takes away the right to run as somebody else. inode->lock exclusive. */
static void drop_set_id(struct inode *inode)
{
	mode_t drop = S_ISUID | ((inode->mode & S_IXGRP) ? S_ISGID : 0);

	if (likely(!(inode->mode & drop)) || cred_is_superuser(cred_current()))
		return;
	inode->mode &= ~drop;
	inode_mark_dirty(inode);
}

/* inode->lock exclusive, the bytes are in place: only the number changes. */
static void set_end(struct vm_object *object, uint64_t size)
{
	mutex_lock(&object->lock);
	object->size = size;
	mutex_unlock(&object->lock);
}

/* At most one page. inode->lock exclusive. => bytes written (0: try again) or -errno. */
static ssize_t write_page(struct vm_object *object, struct uio *uio, uint64_t offset, size_t bytes)
{
	unsigned flags = OBJECT_PAGE_WRITE;
	bool fresh = page_round_down(offset) >= object->size;
	struct frame *frame;
	size_t copied;
	char *to;
	int error;

	error = uio->kernel ? 0 : uio_fault_in_source(uio, bytes);
	if (unlikely(error))
		return error;
	/* Old contents need not be read when all is replaced. User memory may vanish half way: then they do. */
	if (bytes == PAGE_SIZE && (fresh || uio->kernel))
		flags |= OBJECT_PAGE_OVERWRITE;
	error = object_page_get(object, offset >> PAGE_SHIFT, flags, &frame);
	if (unlikely(error))
		return error;
	to = (char *)frame_to_virt(frame) + page_offset(offset);
	copied = uio_copy_from_nofault(uio, to, bytes);
	if (unlikely(copied < bytes) && (flags & OBJECT_PAGE_OVERWRITE))
		memset(to + copied, 0, bytes - copied);
	frame_put(frame);
	if (offset + copied > object->size)
		set_end(object, offset + copied);
	return (ssize_t)copied;
}

static ssize_t write_locked(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct inode *inode = file->inode;
	struct vm_object *object = &inode->object;
	uint64_t old_size = object->size;
	ssize_t limit, done = 0, error = 0;
	unsigned tries = 0;

	if (file->flags & O_APPEND)
		*offset = old_size;
	limit = limit_write(inode, *offset, uio->remaining);
	if (limit <= 0)
		return limit;
	drop_set_id(inode);
	/* The gap that a write beyond the end leaves: zeros, also where a mapping scribbled past the end. */
	if (*offset > old_size)
		object_set_size(object, *offset);

	while (done < limit) {
		size_t bytes = min((size_t)(limit - done), PAGE_SIZE - page_offset(*offset));

		error = write_page(object, uio, *offset, bytes);
		if (unlikely(error == -ENOSPC) && inode->mount->ops->make_room && tries++ < 2 &&
		    inode->mount->ops->make_room(inode->mount))
			continue;
		if (unlikely(error < 0))
			break;
		done += error;
		*offset += (uint64_t)error;
		sched_point();
	}
	if (done)
		inode_touch(inode);
	if (unlikely(error < 0)) {
		/* What was prepared beyond the last byte written goes again. */
		uint64_t end = done ? max(*offset, old_size) : old_size;

		(void)inode->ops->truncate(inode, end);
		if (!done)
			return error;
	}
	return done;
}

ssize_t file_write_generic(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct inode *inode = file->inode;
	ssize_t done;

	if (unlikely(mount_read_only(inode->mount)))
		return -EROFS;
	rwlock_write_lock(&inode->lock);
	done = write_locked(file, uio, offset);
	rwlock_write_unlock(&inode->lock);

	if (done > 0 && inode->mount->ops->wrote)
		inode->mount->ops->wrote(inode->mount, (size_t)done);
	if (unlikely((file->flags & O_DSYNC) || (inode->mount->flags & MS_SYNCHRONOUS)) && done > 0 &&
	    file->ops->sync) {
		int error = file->ops->sync(file, (file->flags & O_SYNC) != O_SYNC);

		if (error)
			return error;
	}
	return done;
}
