/*
 * FIFOs: pipes that are found by name. The pipe exists while somebody has the FIFO open; opening one side waits for
 * the other.
 */
#include "fs/inode.h"
#include "fs/pipe.h"
#include "fs/pipe_private.h"
#include "lib/err.h"

/* The inode's pipe, counted. NULL without memory. */
static struct pipe *acquire(struct inode *inode)
{
	struct pipe *pipe;

	rwlock_write_lock(&inode->lock);
	if (!inode->pipe)
		inode->pipe = pipe_allocate();
	pipe = inode->pipe;
	if (pipe)
		pipe->users++;
	rwlock_write_unlock(&inode->lock);
	return pipe;
}

static void release(struct inode *inode, struct pipe *pipe)
{
	bool last;

	rwlock_write_lock(&inode->lock);
	last = --pipe->users == 0;
	if (last)
		inode->pipe = NULL;
	rwlock_write_unlock(&inode->lock);
	if (last)
		pipe_free(pipe);
}

static void fifo_close(struct file *file)
{
	pipe_detach(file->private, file->readable, file->writable);
	release(file->inode, file->private);
}

const struct file_ops fifo_file_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.close = fifo_close,
};

/*
 * Waits until the other side is there, or was there since `seen` opens of it: a writer that came, wrote and went lets the
 * reader's open return.
 */
static int wait_for_other(struct pipe *pipe, bool reads, uint64_t seen)
{
	uint64_t *opens = reads ? &pipe->writer_opens : &pipe->reader_opens;
	unsigned *present = reads ? &pipe->writers : &pipe->readers;
	struct waitq *queue = reads ? &pipe->read_wait : &pipe->write_wait;
	int error;

	mutex_lock(&pipe->lock);
	error = waitq_wait_mutex(queue, &pipe->lock, *present || *opens != seen, true, 0);
	mutex_unlock(&pipe->lock);
	return error;
}

int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe *pipe;
	uint64_t seen;
	int error = 0;

	if (inode->file_ops == &pipe_file_ops) {
		/* An unnamed pipe, opened again through /proc: the same pipe, another end. */
		file->private = inode->pipe;
		pipe_attach(inode->pipe, file->readable, file->writable);
		return 0;
	}
	pipe = acquire(inode);
	if (!pipe)
		return -ENOMEM;
	if (file->writable && !file->readable && (file->flags & O_NONBLOCK) && READ_ONCE(pipe->readers) == 0) {
		release(inode, pipe);
		return -ENXIO;
	}
	seen = READ_ONCE(*(file->readable ? &pipe->writer_opens : &pipe->reader_opens));
	pipe_attach(pipe, file->readable, file->writable);
	if (!(file->flags & O_NONBLOCK) && file->readable != file->writable)
		error = wait_for_other(pipe, file->readable, seen);
	if (error) {
		pipe_detach(pipe, file->readable, file->writable);
		release(inode, pipe);
		return error;
	}
	file->ops = &fifo_file_ops;
	file->private = pipe;
	return 0;
}
