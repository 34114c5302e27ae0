/*
 * Advisory locks on files: fcntl record locks, which belong to a process, and flock locks, which belong to an open file.
 *
 * Invariants
 *  1. Of one inode, two locks that overlap belong to one owner or are both shared; fcntl and flock locks do not see each other.
 *  2. Locks of one owner do not overlap, and like neighbours are merged.
 *  3. Everything is guarded by one mutex of the module: locks are rare.
 */
#ifndef OSIER_FS_FILE_LOCK_H
#define OSIER_FS_FILE_LOCK_H

#include <osier/abi/fcntl.h>
#include <osier/types.h>

struct file;
struct inode;

/* F_GETLK, F_SETLK, F_SETLKW for the current process. => 0, -EAGAIN, -EDEADLK, -EINTR, -EINVAL, -EOVERFLOW, -EBADF, -ENOMEM. */
int file_lock_get(struct file *, struct flock *);
int file_lock_set(struct file *, const struct flock *, bool wait);
/* flock(2). => 0, -EWOULDBLOCK, -EINTR, -EINVAL, -ENOMEM. */
int file_lock_flock(struct file *, int operation);

/* Drops the record locks of one owner (a descriptor table) on an inode; all flock locks of a file that is going. */
void file_lock_release_owner(struct inode *, const void *owner);
void file_lock_release_file(struct file *);

/* Tells which process runs, for F_GETLK. Set once by the process layer. */
extern int32_t (*file_lock_current_pid)(void);

void file_lock_init(void);

#endif
