/*
 * Pipes: a ring of whole frames with a reading and a writing side. FIFOs (fifo.c) are pipes with a name.
 */
#ifndef OSIER_FS_PIPE_H
#define OSIER_FS_PIPE_H

#include <osier/types.h>

struct file;
struct inode;

/* ends[0] reads, ends[1] writes. `flags`: O_NONBLOCK. => 0, -ENFILE, -ENOMEM. */
int pipe_create(struct file *ends[2], unsigned flags);

/* Bytes a pipe holds; -EBADF when the file is none. Setting rounds up to frames: => the new capacity, -EPERM, -EBUSY (more is in it), -ENOMEM. */
int64_t pipe_capacity(struct file *);
int64_t pipe_set_capacity(struct file *, uint64_t bytes);

/* inode_ops.open of a FIFO: waits for the other side as POSIX says. => 0, -ENXIO, -EINTR, -ENOMEM. */
int fifo_open(struct inode *, struct file *);

void pipe_init(void);

#endif
