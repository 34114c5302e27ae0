/*
 * Inodes from the disk.
 */
#include <osier/abi/sysmacros.h>

#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct slab_cache *inode_cache;

int ext2_inode_init(void)
{
	inode_cache = slab_cache_create("ext2_inode", sizeof(struct ext2_inode), 16, NULL);
	return inode_cache ? 0 : -ENOMEM;
}

static void destroy_inode(struct inode *inode)
{
	slab_free(inode_cache, ext2_inode_of(inode));
}

/* Where the inode lies. `ino` is valid. => its bytes, pinned. */
static int locate(struct ext2 *fs, uint64_t ino, struct ext2_buffer *buffer, struct ext2_inode_disk **disk)
{
	const struct ext2_geometry *g = &fs->geometry;
	uint32_t group = (uint32_t)((ino - 1) / g->inodes_per_group);
	uint64_t offset = (ino - 1) % g->inodes_per_group * g->inode_size;
	int error = ext2_buffer_get(fs, fs->groups[group].inode_table + (uint32_t)(offset >> g->block_shift), buffer);

	if (!error)
		*disk = (struct ext2_inode_disk *)((char *)buffer->data + (offset & (g->block_size - 1)));
	return error;
}

/* Seconds, two more bits of them, and 30 bits of nanoseconds. */
static struct timespec decode_time(uint32_t seconds, uint32_t extra)
{
	struct timespec time = { (int32_t)seconds, extra >> 2 };

	time.tv_sec += (time_t)(extra & 3) << 32;
	if (time.tv_nsec >= 1000000000)
		time.tv_nsec = 0;
	return time;
}

/* Whether the large inode's extra fields reach as far as `end` bytes. */
static bool has_extra(const struct ext2_geometry *g, const struct ext2_inode_disk *disk, size_t end)
{
	return g->inode_size >= end && EXT2_GOOD_OLD_INODE_SIZE + disk->extra_size >= end &&
	       EXT2_GOOD_OLD_INODE_SIZE + disk->extra_size <= g->inode_size;
}

#define HAS_EXTRA(g, disk, field) \
	(has_extra((g), (disk), offsetof(struct ext2_inode_disk, field) + sizeof(disk)->field) ? (disk)->field : 0)

/* Device numbers: the old 16-bit form in block[0], else the new one in block[1]. */
static dev_t decode_device(const uint32_t *block)
{
	if (block[0])
		return OSIER_MKDEV(block[0] >> 8 & 0xff, block[0] & 0xff);
	return OSIER_MKDEV((block[1] & 0xfff00) >> 8, (block[1] & 0xff) | (block[1] >> 12 & 0xfff00));
}

static void decode(struct ext2 *fs, struct ext2_inode *ext2_inode, const struct ext2_inode_disk *disk)
{
	const struct ext2_geometry *g = &fs->geometry;
	struct inode *inode = &ext2_inode->inode;

	inode->uid = disk->uid | (uid_t)disk->uid_high << 16;
	inode->gid = disk->gid | (gid_t)disk->gid_high << 16;
	inode->nlink = disk->nlink;
	inode->blocks = disk->blocks;
	inode->atime = decode_time(disk->atime, HAS_EXTRA(g, disk, atime_extra));
	inode->mtime = decode_time(disk->mtime, HAS_EXTRA(g, disk, mtime_extra));
	inode->ctime = decode_time(disk->ctime, HAS_EXTRA(g, disk, ctime_extra));
	inode->object.size = ext2_inode_size(disk);
	ext2_inode->flags = disk->flags;
	ext2_inode->generation = disk->generation;
	memcpy(ext2_inode->block, disk->block, sizeof ext2_inode->block);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		inode->rdev = decode_device(disk->block);
}

static void set_operations(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		inode->ops = &ext2_regular_ops;
		inode->file_ops = &ext2_regular_file_ops;
		break;
	case S_IFDIR:
		inode->ops = &ext2_directory_ops;
		inode->file_ops = &ext2_directory_file_ops;
		break;
	case S_IFLNK:
		inode->ops = &ext2_symlink_ops;
		inode->file_ops = &directory_file_ops_generic;
		break;
	default:
		inode->ops = &ext2_special_ops;
		inode->file_ops = &directory_file_ops_generic;	/* open puts the device's in its place */
	}
}

static int read_inode(struct ext2 *fs, uint64_t ino, struct inode **out)
{
	struct ext2_inode *ext2_inode;
	struct ext2_inode_disk *disk;
	struct ext2_buffer buffer;
	const char *wrong;
	int error = locate(fs, ino, &buffer, &disk);

	if (error)
		return error;
	wrong = ext2_check_inode(&fs->geometry, disk);
	if (wrong) {
		ext2_buffer_put(&buffer);
		return ext2_corrupt(fs, "inode %lu: %s", ino, wrong);
	}
	ext2_inode = slab_alloc(inode_cache);
	if (!ext2_inode) {
		ext2_buffer_put(&buffer);
		return -ENOMEM;
	}
	inode_init(&ext2_inode->inode, fs->mount, ino, disk->mode, OBJECT_INODE, &ext2_object_ops);
	ext2_inode->inode.destroy = destroy_inode;
	mutex_init(&ext2_inode->map_lock, LOCK_RANK_BLOCK_MAP);
	decode(fs, ext2_inode, disk);
	set_operations(&ext2_inode->inode);
	ext2_buffer_put(&buffer);
	*out = &ext2_inode->inode;
	return 0;
}

int ext2_inode_get(struct ext2 *fs, uint64_t ino, struct inode **out)
{
	struct inode *inode, *first;
	int error;

	if (!ext2_ino_valid(&fs->geometry, ino))
		return ext2_corrupt(fs, "there is no inode %lu", ino);
	inode = inode_table_find(fs->mount, ino);
	if (!inode) {
		error = read_inode(fs, ino, &inode);
		if (error)
			return error;
		first = inode_table_publish(inode);
		if (first != inode)
			inode_put(inode);
		inode = first;
	}
	*out = inode;
	return 0;
}
