/*
 * Descriptors of a process. Shared by its threads, copied by fork.
 *
 * Invariants
 *  1. slot n holds a counted file exactly when bit n of `used` is set and the descriptor is installed; a bit set with an
 *     empty slot is a descriptor that is reserved and not yet installed.
 *  2. everything changes under `lock`. A table with refs 1 is reached only by its one thread, which may then borrow
 *     files without counting.
 */
#ifndef OSIER_FS_FD_TABLE_H
#define OSIER_FS_FD_TABLE_H

#include <osier/types.h>

#include "fs/file.h"
#include "sync/refcount.h"
#include "sync/spinlock.h"
#include "task/thread.h"

#define FD_TABLE_INITIAL 64
#define FD_TABLE_MAX 65536

struct fd_table {
	struct refcount refs;
	struct spinlock lock;
	unsigned size;			/* slots, a multiple of 64 */
	unsigned limit;			/* RLIMIT_NOFILE, at most FD_TABLE_MAX: the process sets it */
	struct file **files;
	uint64_t *used, *cloexec;	/* bitmaps of `size` bits */
	struct file *inline_files[FD_TABLE_INITIAL];
	uint64_t inline_bits[2];
};

/* ERR_PTR(-ENOMEM). */
struct fd_table *fd_table_create(void);
struct fd_table *fd_table_get(struct fd_table *);
/* Drops a reference; the last one closes everything. Sleeps; NULL is fine. */
void fd_table_put(struct fd_table *);
/* fork: the same files under the same numbers. ERR_PTR(-ENOMEM). */
struct fd_table *fd_table_clone(struct fd_table *);
/* exec: closes what has FD_CLOEXEC. Sleeps. */
void fd_table_close_on_exec(struct fd_table *);

/* A file looked up by the current thread for the length of a system call. */
struct fd_ref {
	struct file *file;
	bool counted;
};

struct file *fd_lookup_counted(struct fd_table *, int fd);	/* with a reference, or NULL */

/*
 * The file behind `fd` of the current thread; { NULL } : -EBADF. Not counted where nobody else can close it meanwhile.
 * The current thread must not give its table to another thread while it holds one.
 */
static inline struct fd_ref fd_borrow(int fd)
{
	struct fd_table *table = thread_current()->files;

	if (likely(refcount_read(&table->refs) == 1)) {
		if (unlikely((unsigned)fd >= table->size))
			return (struct fd_ref){ NULL, false };
		return (struct fd_ref){ table->files[fd], false };
	}
	return (struct fd_ref){ fd_lookup_counted(table, fd), true };
}

static inline void fd_return(struct fd_ref ref)
{
	if (unlikely(ref.counted))
		file_put(ref.file);
}

/* A counted file of the current thread's, or NULL. */
static inline struct file *fd_get_file(int fd)
{
	return fd_lookup_counted(thread_current()->files, fd);
}

/* Reserves the lowest free descriptor >= `from`. => it, -EMFILE, -EINVAL (from beyond the limit), -ENOMEM. */
int fd_reserve(struct fd_table *, int from, bool cloexec);
/* Fills a reserved descriptor; the file's reference moves in. */
void fd_install(struct fd_table *, int fd, struct file *);
void fd_unreserve(struct fd_table *, int fd);
/* Both. The file's reference moves in, on error it stays the caller's. => fd or -errno. */
int fd_allocate(struct fd_table *, struct file *, bool cloexec);

/* => 0 or -EBADF. Sleeps. */
int fd_close(struct fd_table *, int fd);
/* dup2, dup3. => `to`, -EBADF, -EBUSY. */
int fd_dup_to(struct fd_table *, int from, int to, bool cloexec);
int fd_get_cloexec(struct fd_table *, int fd);		/* 0, 1 or -EBADF */
int fd_set_cloexec(struct fd_table *, int fd, bool);
/* The first descriptor in use at or after `from`, or -1: for /proc/PID/fd of any process. */
int fd_next(struct fd_table *, int from);

#endif
