/*
 * Pipes: bytes between processes.
 *
 * Writes of up to PIPE_BUF bytes go in whole, longer ones as room comes. A reader gets what there is. Bytes are copied
 * under the pipe's mutex, which ranks above space.lock, so the copy may fault. Wake-ups happen after the mutex is released
 * and only where somebody waits; whoever leaves something behind for the next in line wakes that one.
 */
#include "fs/pipe.h"

#include <osier/abi/ioctl.h>
#include <osier/abi/limits.h>
#include <osier/abi/poll.h>

#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/pipe_private.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "task/poll.h"
#include "vm/uio.h"
#include "vm/user_copy.h"

static struct slab_cache *pipe_cache, *inode_cache;
static uint64_t next_ino;

/* What the inodes of unnamed pipes belong to; mounted nowhere. */
static const struct mount_ops pipe_mount_ops;
static struct mount pipe_mount = { .ops = &pipe_mount_ops };

void pipe_init(void)
{
	pipe_cache = slab_cache_create("pipe", sizeof(struct pipe), 0, NULL);
	inode_cache = slab_cache_create("pipe_inode", sizeof(struct inode), 16, NULL);
	mount_init_internal(&pipe_mount);
}

struct pipe *pipe_allocate(void)
{
	struct pipe *pipe = slab_alloc(pipe_cache);

	if (!pipe)
		return NULL;
	memset(pipe, 0, sizeof *pipe);
	mutex_init(&pipe->lock, LOCK_RANK_PIPE);
	pipe_ring_init(&pipe->ring, PIPE_CAPACITY);
	pipe->slots = pipe->inline_slots;
	waitq_init(&pipe->read_wait);
	waitq_init(&pipe->write_wait);
	return pipe;
}

static void free_slots(struct frame **slots, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (slots[i])
			frame_free(slots[i]);
	}
}

void pipe_free(struct pipe *pipe)
{
	free_slots(pipe->slots, pipe->ring.capacity / PAGE_SIZE);
	if (pipe->slots != pipe->inline_slots)
		kfree(pipe->slots);
	slab_free(pipe_cache, pipe);
}

void pipe_attach(struct pipe *pipe, bool reads, bool writes)
{
	mutex_lock(&pipe->lock);
	pipe->readers += reads;
	pipe->reader_opens += reads;
	pipe->writers += writes;
	pipe->writer_opens += writes;
	mutex_unlock(&pipe->lock);
	waitq_wake_all(&pipe->read_wait);
	waitq_wake_all(&pipe->write_wait);
}

void pipe_detach(struct pipe *pipe, bool reads, bool writes)
{
	bool no_readers, no_writers;

	mutex_lock(&pipe->lock);
	pipe->readers -= reads;
	pipe->writers -= writes;
	no_readers = pipe->readers == 0;
	no_writers = pipe->writers == 0;
	mutex_unlock(&pipe->lock);
	if (no_writers)
		waitq_wake_all(&pipe->read_wait);
	if (no_readers)
		waitq_wake_all(&pipe->write_wait);
}

static inline void wake(struct waitq *queue)
{
	if (!waitq_idle(queue))
		waitq_wake_one(queue);
}

/* lock held, something is in it. => bytes, or -EFAULT if not one could be copied. */
static ssize_t take(struct pipe *pipe, struct uio *uio)
{
	size_t done = 0;

	while (uio->remaining) {
		struct pipe_run run = pipe_ring_read_run(&pipe->ring, uio->remaining);
		size_t before = uio->remaining, moved;
		int error;

		if (run.bytes == 0)
			break;
		error = uio_copy_to(uio, (char *)frame_to_virt(pipe->slots[run.slot]) + run.offset, run.bytes);
		moved = before - uio->remaining;
		pipe_ring_consume(&pipe->ring, moved);
		done += moved;
		if (unlikely(error))
			return done ? (ssize_t)done : error;
	}
	return (ssize_t)done;
}

ssize_t pipe_read(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct pipe *pipe = file->private;
	ssize_t done = 0;
	bool more;

	if (unlikely(uio->remaining == 0))
		return 0;
	mutex_lock(&pipe->lock);
	while (pipe_ring_used(&pipe->ring) == 0) {
		if (pipe->writers == 0)
			break;
		if (file->flags & O_NONBLOCK)
			done = -EAGAIN;
		else
			done = waitq_sleep_mutex(&pipe->read_wait, &pipe->lock, true, 0);
		if (unlikely(done)) {
			/* A wake-up that came together with the signal must not be lost to the next reader. */
			more = pipe_ring_used(&pipe->ring) != 0;
			goto out;
		}
	}
	done = take(pipe, uio);
	more = pipe_ring_used(&pipe->ring) != 0;
out:
	mutex_unlock(&pipe->lock);
	if (done > 0)
		wake(&pipe->write_wait);
	if (more)
		wake(&pipe->read_wait);
	return done;
}

/* The frame of a slot, made when first used. NULL without memory. */
static struct frame *slot_frame(struct pipe *pipe, uint32_t slot)
{
	if (unlikely(!pipe->slots[slot]))
		pipe->slots[slot] = frame_alloc(FRAME_KERNEL);
	return pipe->slots[slot];
}

/*
 * lock held; there is room for `bytes`. A write that must be atomic and faults half way leaves nothing behind.
 * => bytes, or -EFAULT, -ENOMEM if not one went in.
 */
static ssize_t put(struct pipe *pipe, struct uio *uio, size_t bytes, bool atomic)
{
	uint64_t tail = pipe->ring.tail;
	size_t done = 0;
	int error = 0;

	while (done < bytes) {
		struct pipe_run run = pipe_ring_write_run(&pipe->ring, bytes - done);
		struct frame *frame = slot_frame(pipe, run.slot);
		size_t before = uio->remaining, moved;

		if (unlikely(!frame)) {
			error = -ENOMEM;
			break;
		}
		error = uio_copy_from(uio, (char *)frame_to_virt(frame) + run.offset, run.bytes);
		moved = before - uio->remaining;
		pipe_ring_produce(&pipe->ring, moved);
		done += moved;
		if (unlikely(error))
			break;
	}
	if (unlikely(error) && atomic) {
		pipe->ring.tail = tail;
		return error;
	}
	return done ? (ssize_t)done : error;
}

ssize_t pipe_write(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct pipe *pipe = file->private;
	const bool atomic = uio->remaining <= PIPE_BUF;
	ssize_t done = 0, error = 0;
	bool room;

	if (unlikely(uio->remaining == 0))
		return 0;
	mutex_lock(&pipe->lock);
	for (;;) {
		size_t admitted;

		if (unlikely(pipe->readers == 0)) {
			error = -EPIPE;
			break;
		}
		admitted = pipe_ring_admit(&pipe->ring, uio->remaining, atomic ? PIPE_BUF : 0);
		if (admitted) {
			error = put(pipe, uio, admitted, atomic);
			if (unlikely(error < 0))
				break;
			done += error;
			error = 0;
			if (likely(uio->remaining == 0))
				break;
			continue;
		}
		if (file->flags & O_NONBLOCK) {
			error = -EAGAIN;
			break;
		}
		/* What went in so far is for a reader to take, or this sleep would not end. */
		wake(&pipe->read_wait);
		error = waitq_sleep_mutex(&pipe->write_wait, &pipe->lock, true, 0);
		if (unlikely(error))
			break;
	}
	room = pipe_ring_free(&pipe->ring) >= PIPE_BUF;
	mutex_unlock(&pipe->lock);
	if (done > 0)
		wake(&pipe->read_wait);
	if (room)
		wake(&pipe->write_wait);
	if (done > 0)
		return done;
	return error;
}

unsigned pipe_poll(struct file *file, struct poll_waiter *waiter)
{
	struct pipe *pipe = file->private;
	unsigned ready = 0;

	if (file->readable)
		poll_add(waiter, &pipe->read_wait);
	if (file->writable)
		poll_add(waiter, &pipe->write_wait);
	mutex_lock(&pipe->lock);
	if (file->readable) {
		if (pipe_ring_used(&pipe->ring))
			ready |= POLLIN | POLLRDNORM;
		if (pipe->writers == 0 && pipe->writer_opens)
			ready |= POLLHUP;
	}
	if (file->writable) {
		if (pipe_ring_free(&pipe->ring) >= PIPE_BUF)
			ready |= POLLOUT | POLLWRNORM;
		if (pipe->readers == 0)
			ready |= POLLERR;
	}
	mutex_unlock(&pipe->lock);
	return ready;
}

int pipe_ioctl(struct file *file, unsigned long request, vaddr_t arg)
{
	struct pipe *pipe = file->private;
	int used;

	if (request != FIONREAD)
		return -ENOTTY;
	mutex_lock(&pipe->lock);
	used = (int)pipe_ring_used(&pipe->ring);
	mutex_unlock(&pipe->lock);
	return copy_value_to_user(arg, &used);
}

/* Of an unnamed pipe: the inode is shared by the two files and owns the pipe. */
static void pipe_close(struct file *file)
{
	pipe_detach(file->private, file->readable, file->writable);
}

const struct file_ops pipe_file_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.close = pipe_close,
};

static struct pipe *pipe_of(const struct file *file)
{
	return file->ops == &pipe_file_ops || file->ops == &fifo_file_ops ? file->private : NULL;
}

int64_t pipe_capacity(struct file *file)
{
	struct pipe *pipe = pipe_of(file);

	return pipe ? pipe->ring.capacity : -EBADF;
}

/* Moves what is in the ring into new frames, from the first one on. lock held. => 0 or -ENOMEM. */
static int copy_ring(struct pipe *pipe, struct frame **slots)
{
	size_t done = 0, used = pipe_ring_used(&pipe->ring);

	while (done < used) {
		struct pipe_run from = pipe_ring_run_at(&pipe->ring, pipe->ring.head + done, used - done);
		size_t offset = done % PAGE_SIZE, bytes = min(from.bytes, PAGE_SIZE - offset);
		struct frame **slot = &slots[done / PAGE_SIZE];

		if (!*slot)
			*slot = frame_alloc(FRAME_KERNEL);
		if (!*slot)
			return -ENOMEM;
		memcpy((char *)frame_to_virt(*slot) + offset,
		       (char *)frame_to_virt(pipe->slots[from.slot]) + from.offset, bytes);
		done += bytes;
	}
	return 0;
}

static int resize_locked(struct pipe *pipe, uint32_t capacity)
{
	size_t used = pipe_ring_used(&pipe->ring);
	unsigned count = capacity / PAGE_SIZE, old_count = pipe->ring.capacity / PAGE_SIZE;
	struct frame **slots, **old = pipe->slots;
	int error;

	if (used > capacity)
		return -EBUSY;
	slots = kcalloc(count, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	error = copy_ring(pipe, slots);
	if (error) {
		free_slots(slots, count);
		kfree(slots);
		return error;
	}
	free_slots(old, old_count);
	if (old != pipe->inline_slots)
		kfree(old);
	pipe->slots = slots;
	pipe_ring_init(&pipe->ring, capacity);
	pipe->ring.tail = used;
	return 0;
}

int64_t pipe_set_capacity(struct file *file, uint64_t bytes)
{
	struct pipe *pipe = pipe_of(file);
	uint32_t capacity = PAGE_SIZE;
	int error = 0;

	if (!pipe)
		return -EBADF;
	if (bytes > PIPE_CAPACITY_MAX)
		return -EPERM;
	while (capacity < bytes)
		capacity *= 2;
	mutex_lock(&pipe->lock);
	if (capacity != pipe->ring.capacity)
		error = resize_locked(pipe, capacity);
	mutex_unlock(&pipe->lock);
	waitq_wake_all(&pipe->write_wait);
	return error ? error : capacity;
}

/* ---- unnamed pipes --------------------------------------------------------------------------- */

static void destroy_inode(struct inode *inode)
{
	if (inode->pipe)
		pipe_free(inode->pipe);
	slab_free(inode_cache, inode);
}

static const struct inode_ops pipe_inode_ops;

static struct inode *create_inode(void)
{
	struct inode *inode = slab_alloc(inode_cache);

	if (!inode)
		return NULL;
	inode_init(inode, &pipe_mount, __atomic_add_fetch(&next_ino, 1, __ATOMIC_RELAXED), S_IFIFO | 0600,
		   OBJECT_INODE, NULL);
	inode->ops = &pipe_inode_ops;
	inode->file_ops = &pipe_file_ops;
	inode->destroy = destroy_inode;
	inode->pipe = pipe_allocate();
	if (inode->pipe)
		return inode;
	inode_put(inode);
	return NULL;
}

int pipe_create(struct file *ends[2], unsigned flags)
{
	struct inode *inode = create_inode();
	struct pipe *pipe;

	if (!inode)
		return -ENOMEM;
	pipe = inode->pipe;
	flags &= O_NONBLOCK;
	ends[0] = file_create(inode, NULL, &pipe_file_ops, O_RDONLY | flags);
	if (IS_ERR(ends[0])) {
		inode_put(inode);
		return (int)PTR_ERR(ends[0]);
	}
	ends[0]->private = pipe;
	pipe->readers = 1;
	pipe->reader_opens = 1;
	ends[1] = file_create(inode, NULL, &pipe_file_ops, O_WRONLY | flags);
	inode_put(inode);
	if (IS_ERR(ends[1])) {
		file_put(ends[0]);
		return (int)PTR_ERR(ends[1]);
	}
	ends[1]->private = pipe;
	pipe->writers = 1;
	pipe->writer_opens = 1;
	return 0;
}
