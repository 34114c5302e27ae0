/*
 * The pipe itself, for pipe.c and fifo.c.
 */
#ifndef OSIER_FS_PIPE_PRIVATE_H
#define OSIER_FS_PIPE_PRIVATE_H

#include "fs/file.h"
#include "fs/pipe_ring.h"
#include "task/mutex.h"
#include "task/waitq.h"

struct frame;
struct inode;

#define PIPE_CAPACITY 65536u
#define PIPE_CAPACITY_MAX (1024u * 1024u)

struct pipe {
	struct mutex lock;		/* everything below */
	struct pipe_ring ring;
	struct frame **slots;		/* ring.capacity / PAGE_SIZE; NULL where no byte has been yet */
	unsigned readers, writers;	/* open files of either side */
	uint64_t reader_opens, writer_opens;	/* ever, for a FIFO's open to wait for */
	unsigned users;			/* files that point here: FIFOs; inode->lock */
	struct waitq read_wait, write_wait;	/* for bytes or the end; for room or the end */
	struct frame *inline_slots[PIPE_CAPACITY / PAGE_SIZE];
};

/* NULL without memory. */
struct pipe *pipe_allocate(void);
void pipe_free(struct pipe *);
/* Counts an end in or out; the last of a side wakes the other. */
void pipe_attach(struct pipe *, bool reads, bool writes);
void pipe_detach(struct pipe *, bool reads, bool writes);

extern const struct file_ops pipe_file_ops, fifo_file_ops;

ssize_t pipe_read(struct file *, struct uio *, uint64_t *offset);
ssize_t pipe_write(struct file *, struct uio *, uint64_t *offset);
unsigned pipe_poll(struct file *, struct poll_waiter *);
int pipe_ioctl(struct file *, unsigned long request, vaddr_t arg);

#endif
