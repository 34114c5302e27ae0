/*
 * An open file: what a descriptor means. Shared by dup and fork; the last reference closes.
 *
 * Invariants
 *  1. inode, dentry, ops and the access mode never change after open.
 *  2. offset changes under offset_lock, or by a caller who alone can reach the file (refs 1, borrowed descriptor).
 */
#ifndef OSIER_FS_FILE_H
#define OSIER_FS_FILE_H

#include <osier/abi/fcntl.h>
#include <osier/abi/types.h>
#include <osier/types.h>

#include "lib/list.h"
#include "sync/refcount.h"
#include "task/mutex.h"

struct dentry;
struct file;
struct inode;
struct poll_waiter;
struct uio;
struct vm_object;

/*
 * What getdents collects. A file system's iterate calls emit for each entry from *position on, until it says false; `next` is the
 * position after the entry.
 */
struct directory_emitter {
	uint64_t position;		/* where to begin; afterwards: where to go on */
	bool (*emit)(struct directory_emitter *, const char *name, unsigned length, uint64_t ino,
		     unsigned type, uint64_t next);
};

struct file_ops {
	/* => bytes moved, 0 at end of file, or -errno. *offset is advanced; files that cannot seek ignore it. Sleeps. */
	ssize_t (*read)(struct file *, struct uio *, uint64_t *offset);
	ssize_t (*write)(struct file *, struct uio *, uint64_t *offset);
	int (*ioctl)(struct file *, unsigned long request, vaddr_t arg);	/* NULL: -ENOTTY */
	/* POLL* bits that hold now; with a waiter, registers it. NULL: always readable and writable. */
	unsigned (*poll)(struct file *, struct poll_waiter *);
	/* => the new offset or -errno. NULL: -ESPIPE. file_seek_generic does files of a known size. */
	int64_t (*seek)(struct file *, int64_t offset, int whence);
	int (*iterate)(struct file *, struct directory_emitter *);	/* directories; inode lock held shared */
	/*
	 * What mmap maps, with a reference. *max_prot (enum region_prot) comes in as what the open mode allows and may be
	 * narrowed. NULL: -ENODEV.
	 */
	struct vm_object *(*object)(struct file *, uint8_t *max_prot);
	int (*sync)(struct file *, bool data_only);	/* NULL: -EINVAL */
	void (*close)(struct file *);			/* the last reference is gone; may sleep */
};

struct file {
	struct refcount refs;
	unsigned flags;			/* O_* : access mode and status flags; atomic for F_SETFL */
	bool readable, writable;
	bool counted_writer;		/* inode_begin_write was called */
	bool has_locks;			/* flock or record locks may hang on it */
	const struct file_ops *ops;
	struct inode *inode;		/* counted */
	struct dentry *dentry;		/* counted; NULL: a pipe, a socket */
	struct mutex offset_lock;
	uint64_t offset;
	uint64_t readahead_next;	/* where a sequential reader will go on */
	uint32_t readahead_pages;
	void *private;
};

/* A file with one reference; takes its own references on inode and dentry (may be NULL). ERR_PTR(-ENFILE, -ENOMEM). */
struct file *file_create(struct inode *, struct dentry *, const struct file_ops *, unsigned flags);
static inline struct file *file_get(struct file *file)
{
	refcount_get(&file->refs);
	return file;
}
void file_release(struct file *);	/* for file_put only */
/* Drops a reference; NULL is fine. Sleeps when it is the last. */
static inline void file_put(struct file *file)
{
	if (file && refcount_put(&file->refs))
		file_release(file);
}

/* A descriptor of `table` (any address that stands for the process) that meant the file is gone: POSIX drops its record locks. */
void file_closed_by(struct file *, const void *table);

int64_t file_seek_generic(struct file *, int64_t offset, int whence);
/* Reads and writes through the inode's page cache: see file_io.c. */
ssize_t file_read_object(struct vm_object *, struct uio *, uint64_t *offset);
ssize_t file_read_generic(struct file *, struct uio *, uint64_t *offset);
ssize_t file_write_generic(struct file *, struct uio *, uint64_t *offset);
struct vm_object *file_object_generic(struct file *, uint8_t *max_prot);
int file_sync_generic(struct file *, bool data_only);

extern const struct file_ops directory_file_ops_generic;	/* read fails with -EISDIR */
/* "." and ".." at positions 0 and 1, for directories that do not store them. => false: the emitter is full. */
bool directory_emit_dots(struct file *, struct directory_emitter *);

/* What /proc/PID/fd/N and maps show: a path, or "pipe:[12]". => start within buffer, never an error pointer. */
const char *file_describe(struct file *, char *buffer, size_t size);

uint64_t file_count(void);
void file_init(void);

#endif
