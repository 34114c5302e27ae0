/*
 * Inodes from the disk.
 */
#include <osier/abi/sysmacros.h>

#include "dev/random.h"
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

void ext2_inode_free_memory(struct ext2_inode *inode)
{
	slab_free(inode_cache, inode);
}

static bool has_blocks(const struct inode *inode)
{
	return S_ISREG(inode->mode) || S_ISDIR(inode->mode) ||
	       (S_ISLNK(inode->mode) && inode_size(inode) >= EXT2_FAST_SYMLINK_MAX);
}

/* Nobody has it any more. Without a name it also goes from the disk: its blocks now, its number with the next flush. */
static void destroy_inode(struct inode *inode)
{
	struct ext2_inode *ext2_inode = ext2_inode_of(inode);
	struct ext2 *fs = ext2_of(inode);

	if (inode->nlink || !fs->writable) {
		ext2_inode_free_memory(ext2_inode);
		return;
	}
	if (has_blocks(inode))
		ext2_map_truncate(ext2_inode, 0);
	spin_lock(&fs->dirty_lock);
	list_add_tail(&fs->freed, &ext2_inode->dirty_link);
	spin_unlock(&fs->dirty_lock);
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

/* Memory for an inode, its locks and lists; no reference to the disk yet. NULL without memory. */
static struct ext2_inode *allocate(struct ext2 *fs, uint64_t ino, mode_t mode)
{
	const struct ext2_geometry *g = &fs->geometry;
	struct ext2_inode *inode = slab_alloc(inode_cache);

	if (!inode)
		return NULL;
	inode_init(&inode->inode, fs->mount, ino, mode, OBJECT_INODE, &ext2_object_ops);
	inode->inode.destroy = destroy_inode;
	inode->goal = ext2_group_first_block(g, (uint32_t)((ino - 1) / g->inodes_per_group));
	inode->add_hint = 0;
	inode->fresh = inode->in_flush = false;
	mutex_init(&inode->map_lock, LOCK_RANK_BLOCK_MAP);
	list_init(&inode->dirty_link);
	set_operations(&inode->inode);
	return inode;
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
	ext2_inode = allocate(fs, ino, disk->mode);
	if (!ext2_inode) {
		ext2_buffer_put(&buffer);
		return -ENOMEM;
	}
	decode(fs, ext2_inode, disk);
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

/* ---- to the disk ----------------------------------------------------------------------------- */

static void encode_time(const struct timespec *time, uint32_t *seconds, uint32_t *extra)
{
	*seconds = (uint32_t)time->tv_sec;
	if (extra)
		*extra = (uint32_t)time->tv_nsec << 2 | ((uint32_t)((time->tv_sec - (int32_t)time->tv_sec) >> 32) & 3);
}

static void encode_times(const struct ext2_geometry *g, const struct inode *inode, struct ext2_inode_disk *disk)
{
	bool extra = g->inode_size >= sizeof *disk;

	if (extra && disk->extra_size < sizeof *disk - EXT2_GOOD_OLD_INODE_SIZE)
		disk->extra_size = sizeof *disk - EXT2_GOOD_OLD_INODE_SIZE;
	encode_time(&inode->atime, &disk->atime, extra ? &disk->atime_extra : NULL);
	encode_time(&inode->mtime, &disk->mtime, extra ? &disk->mtime_extra : NULL);
	encode_time(&inode->ctime, &disk->ctime, extra ? &disk->ctime_extra : NULL);
}

static void encode(struct ext2 *fs, struct ext2_inode *ext2_inode, struct ext2_inode_disk *disk)
{
	struct inode *inode = &ext2_inode->inode;
	uint64_t size = inode_size(inode);

	disk->mode = (uint16_t)inode->mode;
	disk->uid = (uint16_t)inode->uid;
	disk->uid_high = (uint16_t)(inode->uid >> 16);
	disk->gid = (uint16_t)inode->gid;
	disk->gid_high = (uint16_t)(inode->gid >> 16);
	disk->nlink = (uint16_t)inode->nlink;
	disk->dtime = inode->nlink ? 0 : (uint32_t)inode->ctime.tv_sec;
	disk->size = (uint32_t)size;
	if (S_ISREG(inode->mode))
		disk->size_high = (uint32_t)(size >> 32);
	disk->flags = ext2_inode->flags;
	disk->generation = ext2_inode->generation;
	encode_times(&fs->geometry, inode, disk);

	/* The map as it is between two changes. */
	mutex_lock(&ext2_inode->map_lock);
	disk->blocks = (uint32_t)inode->blocks;
	memcpy(disk->block, ext2_inode->block, sizeof disk->block);
	mutex_unlock(&ext2_inode->map_lock);
}

int ext2_inode_encode(struct ext2_inode *inode, bool freed)
{
	struct ext2 *fs = ext2_of(&inode->inode);
	struct ext2_inode_disk *disk;
	struct ext2_buffer buffer;
	int error = locate(fs, inode->inode.ino, &buffer, &disk);

	if (error)
		return error;
	/* A slot that had no file, or has none now, begins with zeros. */
	if (freed || disk->nlink == 0)
		memset(disk, 0, fs->geometry.inode_size);
	if (freed)
		disk->dtime = (uint32_t)inode_time_now().tv_sec;
	else
		encode(fs, inode, disk);
	ext2_buffer_put_dirty(fs, &buffer);
	return 0;
}

/* ---- new ones -------------------------------------------------------------------------------- */

static void encode_device(dev_t device, uint32_t *block)
{
	uint32_t major = OSIER_MAJOR(device), minor = OSIER_MINOR(device);

	if (major < 256 && minor < 256)
		block[0] = major << 8 | minor;
	else
		block[1] = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

struct inode *ext2_inode_new(struct inode *directory, mode_t mode, dev_t rdev)
{
	struct ext2 *fs = ext2_of(directory);
	struct ext2_inode *inode;
	uint64_t ino;
	int error = ext2_ino_allocate(fs, directory->ino, S_ISDIR(mode), &ino);

	if (error == -ENOSPC && ext2_make_room(fs->mount))
		error = ext2_ino_allocate(fs, directory->ino, S_ISDIR(mode), &ino);
	if (error)
		return ERR_PTR(error);
	inode = allocate(fs, ino, mode);
	if (!inode) {
		ext2_ino_release(fs, ino, S_ISDIR(mode));
		return ERR_PTR(-ENOMEM);
	}
	inode->flags = 0;
	inode->generation = (uint32_t)random_u64();
	memset(inode->block, 0, sizeof inode->block);
	inode->inode.rdev = rdev;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		encode_device(rdev, inode->block);
	if (S_ISDIR(mode))
		inode->inode.nlink = 2;
	inode_inherit(&inode->inode, directory);
	/* The bitmap says that the number was free, so nobody has it, unless the disk is corrupt. */
	if (inode_table_publish(&inode->inode) != &inode->inode) {
		struct inode *owner = inode_table_find(fs->mount, ino);

		inode_put(owner);
		inode_put(owner);
		inode->inode.nlink = 1;		/* only the memory is ours to free */
		inode_put(&inode->inode);
		return ERR_PTR(ext2_corrupt(fs, "inode %lu is in use, whatever the bitmap says", ino));
	}
	inode_mark_dirty(&inode->inode);
	return &inode->inode;
}
