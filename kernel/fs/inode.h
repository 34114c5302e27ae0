/*
 * An inode: a file, whatever its names. Its page cache is the vm_object it begins with, so read, write and mmap see
 * the same bytes; the inode's reference count is that object's, and a mapping keeps the inode.
 *
 * File systems embed struct inode in a struct of their own and find it with container_of.
 *
 * Invariants
 *  1. mode's type bits, ino, mount, ops and file_ops never change after inode_publish.
 *  2. What a directory holds changes with `lock` exclusive; it is read from the file system with `lock` shared.
 *     Contents and size of a file change by write and truncate with `lock` exclusive; reads take no lock.
 *  3. mode's permission bits, uid, gid, nlink, times change with `lock` exclusive and are read without it.
 *  4. object.size is the file's size.
 *  5. At most one inode of a mount with the same number is in the inode table.
 *  6. An inode with nlink 0 is in no directory; the file system frees it when the last reference goes.
 * Lock order: parent directory before child, then by address; rename takes the mount's rename lock first.
 */
#ifndef OSIER_FS_INODE_H
#define OSIER_FS_INODE_H

#include <osier/abi/stat.h>
#include <osier/types.h>

#include "fs/name.h"
#include "lib/list.h"
#include "task/rwlock.h"
#include "vm/object.h"

struct block_device;
struct char_device;
struct dentry;
struct directory_emitter;
struct file;
struct file_lock_list;
struct file_ops;
struct inode;
struct mount;
struct pipe;

/* What setattr changes. */
enum attribute {
	ATTRIBUTE_MODE = 1,
	ATTRIBUTE_UID = 2,
	ATTRIBUTE_GID = 4,
	ATTRIBUTE_ATIME = 8,
	ATTRIBUTE_MTIME = 16,
	ATTRIBUTE_SIZE = 32,
};

struct attributes {
	unsigned valid;			/* enum attribute */
	mode_t mode;			/* permission bits only */
	uid_t uid;
	gid_t gid;
	struct timespec atime, mtime;
	uint64_t size;
};

/*
 * Operations of an inode. Those on directories get a directory; the caller has checked permissions, that the name is
 * neither "." nor "..", and that the types fit. All may sleep. A NULL operation means -EPERM (for lookup: -ENOTDIR).
 * New inodes come back with a reference, in *out.
 */
struct inode_ops {
	/* => 0, -ENOENT, -EIO, -ENOMEM. directory->lock held shared. */
	int (*lookup)(struct inode *directory, const struct name *, struct inode **out);
	/* A new file of mode's type (regular, FIFO, device, socket; `rdev` for devices). lock exclusive; the name is absent. */
	int (*create)(struct inode *directory, const struct name *, mode_t mode, dev_t rdev, struct inode **out);
	int (*mkdir)(struct inode *directory, const struct name *, mode_t mode, struct inode **out);
	int (*symlink)(struct inode *directory, const struct name *, const char *target, struct inode **out);
	/* directory and inode locked exclusive. */
	int (*link)(struct inode *directory, const struct name *, struct inode *inode);
	int (*unlink)(struct inode *directory, const struct name *, struct inode *inode);
	int (*rmdir)(struct inode *directory, const struct name *, struct inode *inode);
	/*
	 * Moves `inode` from one name to another, over `victim` (NULL: the new name is absent). Both directories and victim
	 * are locked exclusive; types, emptiness rules and loops: the caller checked all but emptiness of victim.
	 */
	int (*rename)(struct inode *from, const struct name *from_name, struct inode *inode,
		      struct inode *to, const struct name *to_name, struct inode *victim);
	/* The target, not terminated, at most `size` bytes. => its length or -errno. */
	ssize_t (*readlink)(struct inode *, char *buffer, size_t size);
	/* A link that leads to a place, not to a name (/proc/PID/cwd). => *out with a reference. */
	int (*follow)(struct inode *, struct dentry **out);
	/* Carries out what `valid` says but sizes; lock exclusive; NULL: inode_set_attributes. */
	int (*setattr)(struct inode *, const struct attributes *);
	/* Sets the size (object_set_size included), lock exclusive. Regular files. */
	int (*truncate)(struct inode *, uint64_t size);
	/* The last step of open: may fill file->private, replace file->ops. NULL: nothing to do. */
	int (*open)(struct inode *, struct file *);
	/* Brings attributes up to date before stat. NULL: they are. */
	int (*getattr)(struct inode *);
	/* Writes inode and data to the device. NULL: nothing to do. */
	int (*sync)(struct inode *, bool data_only);
};

enum inode_flags {
	INODE_DIRTY = 1,		/* differs from the disk's */
	INODE_DEAD = 2,			/* a removed directory: nothing can be made in it; lock */
	INODE_IN_TABLE = 4,
	INODE_BAD = 8,			/* the file system found nonsense in it */
};

struct inode {
	struct vm_object object;	/* first: refs, size and pages */
	struct mount *mount;
	uint64_t ino;
	const struct inode_ops *ops;
	const struct file_ops *file_ops;	/* what open puts into struct file */
	mode_t mode;			/* type and permissions */
	uid_t uid;
	gid_t gid;
	uint32_t nlink;
	dev_t rdev;			/* of a device node */
	uint64_t blocks;		/* of 512 bytes, for stat */
	struct timespec atime, mtime, ctime;
	struct rwlock lock;
	uint32_t flags;			/* enum inode_flags; atomic */
	int32_t writers;		/* opens for writing; < 0: that many executions forbid writing; atomic */
	uint64_t seen_mapped_writes;	/* object.mapped_write_generation when mtime was last set */
	struct pipe *pipe;		/* of a FIFO while somebody has it open; lock */
	struct file_lock_list *file_locks;	/* record locks and flock; NULL: never any */
	void *private;			/* small file systems' own */
	struct list_node table_link;	/* inode table */
	struct list_node mount_link;	/* all inodes of the mount */
	/* Called when the last reference is gone and the pages too; frees the memory. Set by the file system. */
	void (*destroy)(struct inode *);
};

static inline struct inode *inode_of_object(struct vm_object *object)
{
	return container_of(object, struct inode, object);
}

static inline bool inode_is_directory(const struct inode *inode)
{
	return S_ISDIR(inode->mode);
}

static inline uint64_t inode_size(const struct inode *inode)
{
	return READ_ONCE(inode->object.size);
}

static inline struct inode *inode_get(struct inode *inode)
{
	object_get(&inode->object);
	return inode;
}

/* Drops a reference; NULL is fine. Sleeps; no spinlock and no space.lock held. */
static inline void inode_put(struct inode *inode)
{
	if (inode)
		object_put(&inode->object);
}

/*
 * Initialises an embedded inode with one reference, links 1, the caller's ids and the time now.
 * `object_ops` may be NULL; its release is inode_object_release or ends with calling that.
 */
void inode_init(struct inode *, struct mount *, uint64_t ino, mode_t mode, enum object_kind,
		const struct object_ops *);
/* object_ops.release of inodes: takes it out of the table and calls destroy. */
void inode_object_release(struct vm_object *);

/*
 * Finds (mount, ino) in the inode table. => with a reference, or NULL. Waits while a dying inode of
 * that number leaves. Sleeps.
 */
struct inode *inode_table_find(struct mount *, uint64_t ino);
/*
 * Puts a complete inode into the table. => `inode` itself, or the one that was there first, with a reference
 * (the caller then drops its own).
 */
struct inode *inode_table_publish(struct inode *);

/* => 0 or -EACCES (-EROFS for MAY_WRITE on a read-only mount's file or directory). `want`: enum permission. */
int inode_permission(const struct inode *, unsigned want);
/* The current thread's credentials own it or are the superuser's. */
bool inode_is_owner(const struct inode *);

/* Applies mode, ids and times to the fields. lock exclusive. */
void inode_set_attributes(struct inode *, const struct attributes *);

/* A new inode's owner and mode as its directory wants them: the group, and S_ISGID for directories, from a set-group-id one. */
void inode_inherit(struct inode *, const struct inode *directory);

/* The time now, in the granularity that inode times have. */
struct timespec inode_time_now(void);
/* Sets mtime and ctime, or only ctime. lock exclusive. */
void inode_touch(struct inode *);
void inode_touch_ctime(struct inode *);
/* After a read: atime, when it is not after mtime and the mount wants it. No lock. */
void inode_accessed(struct inode *);
/* Says that the fields differ from the disk's; tells the mount. */
void inode_mark_dirty(struct inode *);

void inode_stat(struct inode *, struct stat *);

/* Counts an open for writing. => 0 or -ETXTBSY; pairs with inode_end_write. */
int inode_begin_write(struct inode *);
void inode_end_write(struct inode *);
/* exec: forbids writing while the program runs. => 0 or -ETXTBSY. */
int inode_deny_write(struct inode *);
void inode_allow_write(struct inode *);

void inode_init_once(void);		/* boot: the table */

#endif
