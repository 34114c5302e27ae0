/*
 * ext2 in memory, for the files of this folder.
 *
 * Metadata (super block, descriptors, bitmaps, inode tables, indirect blocks) lives in the page cache of the device; file and
 * directory contents live in the inodes' own objects.
 *
 * Lock order: inode->lock, object.lock, map_lock of an inode, the device cache's lock.
 */
#ifndef OSIER_FS_EXT2_EXT2_H
#define OSIER_FS_EXT2_EXT2_H

#include "fs/ext2/format.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "task/mutex.h"

struct frame;

struct ext2 {
	struct mount *mount;
	struct block_device *device;
	struct vm_object *cache;		/* the device's */
	struct ext2_geometry geometry;
	struct ext2_group_disk *groups;		/* a checked copy of the descriptors */
	uint64_t errors_found;
};

struct ext2_inode {
	struct inode inode;			/* first */
	uint32_t flags, generation;
	uint32_t block[EXT2_BLOCK_SLOTS];	/* map_lock to change; a fast symlink's text */
	struct mutex map_lock;			/* the block map: block[] and indirect blocks */
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

/* inode.c */
int ext2_inode_init(void);
/* The inode with that number, read if need be. => 0 and *out with a reference, -EIO, -ENOMEM. */
int ext2_inode_get(struct ext2 *, uint64_t ino, struct inode **out);

/* block_map.c: the disk block of block `index` of a file; 0: a hole. => 0 or -EIO. No lock needed: truncation drops the pages first. */
int ext2_map_block(struct ext2_inode *, uint64_t index, uint32_t *block);

/* data.c */
extern const struct object_ops ext2_object_ops;

/* directory.c */
extern const struct file_ops ext2_directory_file_ops;
int ext2_directory_lookup(struct inode *directory, const struct name *, struct inode **out);

/* names.c */
extern const struct inode_ops ext2_directory_ops, ext2_regular_ops, ext2_symlink_ops, ext2_special_ops;
extern const struct file_ops ext2_regular_file_ops;

void ext2_init(void);

#endif
