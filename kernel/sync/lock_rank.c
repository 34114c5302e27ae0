/*
 * Names of lock ranks.
 */
#include "sync/lock_rank.h"

const char *lock_rank_name(unsigned rank)
{
	static const struct { uint8_t rank; const char *name; } names[] = {
		{ LOCK_RANK_NONE, "none" }, { LOCK_RANK_FILE, "file" },
		{ LOCK_RANK_PROC_TEXT, "text of /proc" }, { LOCK_RANK_FILE_LOCK, "file locks" },
		{ LOCK_RANK_METADATA, "metadata" }, { LOCK_RANK_MOUNT, "mount" }, { LOCK_RANK_RENAME, "rename" },
		{ LOCK_RANK_INODE, "inode" }, { LOCK_RANK_INODE_WRITE, "inode write" }, { LOCK_RANK_PIPE, "pipe" },
		{ LOCK_RANK_TTY, "tty" }, { LOCK_RANK_PROCESS, "process" }, { LOCK_RANK_SPACE, "space" },
		{ LOCK_RANK_OBJECT, "object" }, { LOCK_RANK_BLOCK_MAP, "block map" },
		{ LOCK_RANK_DRIVER_SLEEP, "driver (sleeping)" }, { LOCK_RANK_TABLE, "page table" },
		{ LOCK_RANK_LIST, "list" }, { LOCK_RANK_FILES, "files" }, { LOCK_RANK_CACHE, "cache" },
		{ LOCK_RANK_COMMIT, "commit" }, { LOCK_RANK_ALLOCATOR, "allocator" }, { LOCK_RANK_BUDDY, "buddy" },
		{ LOCK_RANK_FUTEX, "futex" }, { LOCK_RANK_SIGNAL, "signal" }, { LOCK_RANK_DRIVER, "driver" }, { LOCK_RANK_TIMER, "timer" },
		{ LOCK_RANK_WAITQ, "wait queue" }, { LOCK_RANK_RUNQ, "run queue" }, { LOCK_RANK_CONSOLE, "console" },
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].rank == rank)
			return names[i].name;
	return "unnamed";
}
