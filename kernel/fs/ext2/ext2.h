/*
 * ext2 in memory, for the files of this folder.
 *
 * Metadata (super block, descriptors, bitmaps, inode tables, indirect blocks) lives in the page cache of the device; file and
 * directory contents live in the inodes' own objects.
 *
 * Lock order: inode->lock, flush_lock, names_lock, object.lock, map_lock of an inode, alloc_lock, the device cache's lock.
 */
#ifndef OSIER_FS_EXT2_EXT2_H
#define OSIER_FS_EXT2_EXT2_H

#include "fs/ext2/format.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "sync/spinlock.h"
#include "task/mutex.h"

struct frame;

struct ext2 {
	struct mount *mount;
	struct block_device *device;
	struct vm_object *cache;		/* the device's */
	struct ext2_geometry geometry;
	uint64_t errors_found;
	bool writable;				/* the disk says that it is in use */

	/* What is free. alloc_lock. */
	struct mutex alloc_lock;
	struct ext2_group_disk *groups;		/* the descriptors, checked; the counts are right here, on disk after a flush */
	uint32_t free_blocks, free_inodes;	/* sums over the groups */
	uint32_t reserved_blocks, reserved_gdt_blocks;
	bool all_groups_have_super;
	/*
	 * Freed blocks, a bit each: they still count as used, because the disk may still point at them. Those freed
	 * since the last flush began, and those that the flush under way will release.
	 */
	uint64_t *freed_blocks, *releasing_blocks;
	uint64_t freed_count, releasing_count;
	bool counts_dirty;

	/* What is to be written. dirty_lock. */
	struct mutex flush_lock;
	struct rwlock names_lock;		/* shared: a name goes; exclusive: directories are written */
	struct spinlock dirty_lock;
	struct list_node dirty;			/* ext2_inode.dirty_link, counted */
	struct list_node freed;			/* ext2_inode.dirty_link of inodes without names and users */
	uint64_t unflushed_bytes;
};

struct ext2_inode {
	struct inode inode;			/* first */
	uint32_t flags, generation;
	uint32_t block[EXT2_BLOCK_SLOTS];	/* map_lock to change; a fast symlink's text */
	uint32_t goal;				/* where the next block would lie well; map_lock */
	uint32_t add_hint;			/* no block of the directory before this has room; inode.lock */
	bool fresh;				/* a name of it may not be on disk yet; set after the name was made */
	struct mutex map_lock;			/* the block map: block[] and indirect blocks */
	struct list_node dirty_link;
	bool in_flush;				/* a flush under way has it; dirty_lock */
};

static inline struct ext2 *ext2_of(const struct inode *inode)
{
	return inode->mount->private;
}

static inline struct ext2_inode *ext2_inode_of(const struct inode *inode)
{
	return (struct ext2_inode *)inode;
}

/* Says, in the log, that the disk holds nonsense. Always returns -EIO. */
int ext2_corrupt(struct ext2 *, const char *format, ...) __printf_format(2, 3);

/* A metadata block, pinned in the device's cache. */
struct ext2_buffer {
	struct frame *frame;			/* NULL: nothing held */
	void *data;				/* the block's bytes */
};
/* => 0, -EIO (also for a number outside the file system). */
int ext2_buffer_get(struct ext2 *, uint32_t block, struct ext2_buffer *);
void ext2_buffer_put(struct ext2_buffer *);

/* Lets go of a block that was changed: it will be written. (Marked afterwards, because a write-back may come between.) */
void ext2_buffer_put_dirty(struct ext2 *, struct ext2_buffer *);
/* Writes the super block and the descriptors into the cache; `clean`: as they are to be when nobody uses the disk. */
int ext2_write_super(struct ext2 *, bool clean);

/* inode.c */
int ext2_inode_init(void);
void ext2_inode_free_memory(struct ext2_inode *);
/* A new inode in memory and in the bitmap, for a file in `directory`. ERR_PTR(-ENOSPC, -EIO, -ENOMEM). */
struct inode *ext2_inode_new(struct inode *directory, mode_t mode, dev_t rdev);
/* Puts the inode into its place in the cache; `freed`: as one that is not in use. flush_lock held. => 0, -EIO. */
int ext2_inode_encode(struct ext2_inode *, bool freed);
/* The inode with that number, read if need be. => 0 and *out with a reference, -EIO, -ENOMEM. */
int ext2_inode_get(struct ext2 *, uint64_t ino, struct inode **out);

/* block_map.c: the disk block of block `index` of a file; 0: a hole. => 0 or -EIO. No lock needed: truncation drops the pages first. */
int ext2_map_block(struct ext2_inode *, uint64_t index, uint32_t *block);
/* The same, with blocks allocated where there are none. map_lock held. => 0, -ENOSPC, -EIO, -ENOMEM. */
int ext2_map_allocate(struct ext2_inode *, uint64_t index);
/* Frees every block from `index` on. The pages are gone. Takes map_lock. Errors on the way leave blocks unused, and are logged. */
void ext2_map_truncate(struct ext2_inode *, uint64_t index);

/* allocate.c. A block near `goal`; `privileged`: may take the reserve. => 0, -ENOSPC, -EIO. */
int ext2_block_allocate(struct ext2 *, uint32_t goal, uint32_t *block);
/* => false: it was not in use, or none that a file can have. It can be had again after the next flush. */
bool ext2_block_free(struct ext2 *, uint32_t block);
int ext2_ino_allocate(struct ext2 *, uint64_t parent, bool is_directory, uint64_t *ino);
void ext2_ino_release(struct ext2 *, uint64_t ino, bool is_directory);
/* What was freed before the flush that is now over can be had again. */
int ext2_release_freed(struct ext2 *);
uint32_t ext2_group_first_block(const struct ext2_geometry *, uint32_t group);

/* flush.c */
void ext2_inode_dirty(struct inode *);
/*
 * An inode without names need not be written if only the caller, with `references` of them, has it besides the list: taken off, it is freed
 * when the caller lets go, not at the next flush.
 */
void ext2_inode_forget(struct inode *, uint32_t references);
/* Writes directories and their inodes now: what was removed from them is off the disk, what was added is on it. */
int ext2_write_names(struct inode *const directories[], unsigned count);
/* Puts one inode on the disk now. Its name must be there. */
int ext2_write_inode(struct inode *);
/* Writes everything, in an order that can be cut anywhere. => first error. */
int ext2_flush(struct ext2 *);
int ext2_sync_inode(struct inode *, bool data_only);
bool ext2_make_room(struct mount *);
void ext2_wrote(struct mount *, size_t bytes);

/* data.c */
extern const struct object_ops ext2_object_ops;

/* directory.c */
extern const struct file_ops ext2_directory_file_ops;
int ext2_directory_lookup(struct inode *directory, const struct name *, struct inode **out);

/* directory_change.c; directory->lock held exclusive (set_parent: the child's). */
int ext2_directory_add(struct inode *directory, const struct name *, uint64_t ino, mode_t mode);
int ext2_directory_remove(struct inode *directory, const struct name *);
/* The name now means another inode, in one store. */
int ext2_directory_replace(struct inode *directory, const struct name *, uint64_t ino, mode_t mode);
/* The first block of a new directory, on disk when this returns. */
int ext2_directory_begin(struct inode *directory, uint64_t parent);
/* => 0, -ENOTEMPTY, -EIO. */
int ext2_directory_is_empty(struct inode *directory);
/* Makes sure that a name of that length can be added without allocating. => 0, -ENOSPC, … */
int ext2_directory_reserve(struct inode *directory, unsigned length);
/* Two names, which may stand in different directories, exchange what they mean. */
int ext2_directory_swap(struct inode *a, const struct name *a_name, struct inode *b, const struct name *b_name);
/* Gives a name another text within its block. => 0, or -ENOSPC: it does not fit there. */
int ext2_directory_rename(struct inode *directory, const struct name *from, const struct name *to);
/* Block `index`, pinned. */
int ext2_directory_block(struct inode *directory, uint64_t index, bool write, struct ext2_buffer *);

/* names.c */
extern const struct inode_ops ext2_directory_ops, ext2_regular_ops, ext2_symlink_ops, ext2_special_ops;
extern const struct file_ops ext2_regular_file_ops;

void ext2_init(void);

#endif
