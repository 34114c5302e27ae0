/*
 * File systems, and where they are mounted. There are no bind mounts: a mount is one instance of a file system at one place,
 * so a dentry alone says where one is in the tree.
 */
#ifndef OSIER_FS_MOUNT_H
#define OSIER_FS_MOUNT_H

#include <osier/abi/mount.h>
#include <osier/abi/statvfs.h>
#include <osier/types.h>

#include "lib/list.h"
#include "sync/spinlock.h"
#include "task/mutex.h"

struct block_device;
struct dentry;
struct inode;
struct mount;

struct file_system {
	const char *name;		/* "ext2" */
	bool needs_device;
	/*
	 * Fills mount->ops, root, private … from the device (NULL unless needs_device) and the option text ("size=64m", may
	 * be empty). => 0, -EINVAL (not such a file system), -EIO, -ENOMEM. Nothing is left behind on error.
	 */
	int (*mount)(struct mount *, struct block_device *, const char *options);
	struct list_node link;
};

struct mount_ops {
	int (*statvfs)(struct mount *, struct statvfs *);	/* f_flag is filled in by the caller */
	int (*sync)(struct mount *, bool wait);			/* NULL: nothing to write */
	int (*remount)(struct mount *, unsigned flags);		/* read-only and back; NULL: only flags change */
	void (*inode_dirty)(struct inode *);			/* told by inode_mark_dirty */
	/*
	 * After -ENOSPC from a write, with an inode's lock held: space that is only not yet given back is given back.
	 * => true: trying again makes sense. NULL: it never does.
	 */
	bool (*make_room)(struct mount *);
	/* `bytes` were written to files; may write back, so that not all of memory gets dirty. No lock held. */
	void (*wrote)(struct mount *, size_t bytes);
	bool (*is_busy)(struct mount *);			/* unused names are forgotten; NULL: more inodes than the root */
	void (*unmount)(struct mount *);			/* frees `private`; all inodes are gone */
};

struct mount {
	struct list_node link;		/* all mounts, in order of mounting; mount lock */
	const struct file_system *file_system;
	const struct mount_ops *ops;
	struct block_device *device;	/* or NULL */
	dev_t dev;			/* st_dev */
	unsigned flags;			/* MS_* */
	struct dentry *root;
	struct dentry *covered;		/* the dentry it is mounted on (counted); NULL: the root mount */
	uint64_t max_file_size;		/* bytes */
	bool names_uncached;		/* names come and go by themselves: ask every time (/proc) */
	char *source;			/* "/dev/vda3", for /proc/mounts */
	void *private;
	struct mutex rename_lock;	/* one rename of directories at a time */
	struct spinlock inode_lock;
	struct list_node inodes;	/* struct inode.mount_link; inode_lock */
	uint64_t inode_count;		/* inode_lock */
};

/* Boot only. */
void file_system_register(struct file_system *);
/* Walks them, for /proc/filesystems. => first non-zero result. */
int mount_file_systems(int (*show)(const struct file_system *, void *), void *context);

/*
 * Mounts file system `type` on the directory `target` (NULL: as the root of everything). `source` is a device name ("/dev/vda3"
 * or "vda3") where one is needed, else any word. `flags`: MS_*. => 0, -ENODEV (no such type), -ENOTBLK, -ENXIO,
 * -EBUSY, -EINVAL, -EIO, … Sleeps. Permissions: the caller's business.
 */
int mount_create(const char *type, const char *source, struct dentry *target, unsigned flags,
		 const char *options);
/* => 0, -EINVAL (not a mount's root, or the root of everything), -EBUSY. The reference on `root` is dropped in any case. */
int mount_remove(struct dentry *root);
int mount_remount(struct dentry *root, unsigned flags);

/* If something is mounted on `dentry`: the root of the topmost, with a reference; the caller's on `dentry` is dropped. Otherwise `dentry`. */
struct dentry *mount_cross(struct dentry *dentry);

struct dentry *mount_root(void);	/* the root of everything, with a reference; NULL before the root mount */

static inline bool mount_read_only(const struct mount *mount)
{
	return mount->flags & MS_RDONLY;
}

/* Walks all mounts: `show` may sleep. For /proc/mounts. => first non-zero result. */
int mount_for_each(int (*show)(struct mount *, void *), void *context);

/* Writes everything back, and waits. => first error. */
int mount_sync_all(void);
/* poweroff: syncs, then makes every mount read-only and clean. */
void mount_shutdown(void);

void mount_init(void);

/* A static mount that is in no tree, for the inodes of pipes and the like: fills in the rest. */
void mount_init_internal(struct mount *);

#endif
