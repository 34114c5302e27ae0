/*
 * The order in which locks are taken: from small to large. The debug build asserts it at every acquire.
 * Two locks of one rank are held together only where lock_rank_may_repeat says so.
 */
#ifndef OSIER_SYNC_LOCK_RANK_H
#define OSIER_SYNC_LOCK_RANK_H

#include <osier/types.h>

enum lock_rank {
	LOCK_RANK_NONE = 0,		/* not checked */

	/* Sleeping locks. */
	LOCK_RANK_FILE = 2,		/* the offset of an open file */
	LOCK_RANK_PROC_TEXT = 3,	/* the text of an open file of /proc */
	LOCK_RANK_MOUNT = 4,
	LOCK_RANK_FILE_LOCK = 6,	/* the lists of advisory locks */
	LOCK_RANK_RENAME = 8,		/* one rename that moves directories at a time */
	LOCK_RANK_INODE = 10,		/* parent directory before child, else by number */
	LOCK_RANK_INODE_WRITE = 12,
	LOCK_RANK_FLUSH = 14,		/* one write-back of a file system at a time */
	LOCK_RANK_NAMES = 15,		/* of a file system: removing names against writing directories */
	LOCK_RANK_PIPE = 16,
	LOCK_RANK_TTY = 18,
	LOCK_RANK_PROCESS = 20,
	LOCK_RANK_SPACE = 30,		/* vm_space.lock */
	LOCK_RANK_OBJECT = 40,		/* vm_object.lock */
	LOCK_RANK_BLOCK_MAP = 50,
	LOCK_RANK_ALLOCATION = 51,	/* a disk's bitmaps and counts of free blocks and inodes */
	LOCK_RANK_METADATA = 52,	/* vm_object.lock of a block device's cache: indirect blocks, bitmaps */
	LOCK_RANK_DRIVER_SLEEP = 54,

	/* Spinlocks, taken with interrupts on and never in an interrupt handler. */
	LOCK_RANK_TABLE = 60,		/* page-table pages: parent before child, then by frame number */
	LOCK_RANK_LIST = 64,		/* registries: processes, mounts, names, objects */
	LOCK_RANK_FILES = 66,		/* a table of open files */
	LOCK_RANK_CACHE = 70,		/* name and inode caches */
	LOCK_RANK_COMMIT = 74,
	LOCK_RANK_ALLOCATOR = 80,	/* slab before buddy */
	LOCK_RANK_BUDDY = 82,

	/* Spinlocks that interrupt handlers take: interrupts off. */
	LOCK_RANK_FUTEX = 83,		/* a futex bucket; requeue holds two, by address */
	LOCK_RANK_SIGNAL = 84,		/* pending signals of a process */
	LOCK_RANK_DRIVER = 86,		/* a device's queue or ring */
	LOCK_RANK_WAITQ = 90,
	LOCK_RANK_RUNQ = 100,
	LOCK_RANK_TIMER = 104,		/* heaps of timers; their functions run without it */
	LOCK_RANK_CONSOLE = 110,	/* may be taken under anything */
};

/* Taken by interrupt handlers too: only with interrupts off. */
static inline bool lock_rank_is_irq(unsigned rank)
{
	return rank >= LOCK_RANK_SIGNAL;
}

static inline bool lock_rank_may_repeat(unsigned rank)
{
	return rank == LOCK_RANK_TABLE || rank == LOCK_RANK_INODE || rank == LOCK_RANK_INODE_WRITE ||
	       rank == LOCK_RANK_RUNQ || rank == LOCK_RANK_FUTEX;
}

const char *lock_rank_name(unsigned rank);

#endif
