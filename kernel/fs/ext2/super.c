/*
 * Mounting ext2: the super block and the group descriptors, read and checked once.
 */
#include "debug/log.h"
#include "dev/device.h"
#include "fs/dentry.h"
#include "fs/ext2/ext2.h"
#include "fs/special_file.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "vm/object.h"

int ext2_corrupt(struct ext2 *fs, const char *format, ...)
{
	char text[160];
	va_list arguments;

	/* A disk that is broken all over must not flood the log. */
	if (fs->errors_found++ < 20) {
		va_start(arguments, format);
		kvsnprintf(text, sizeof text, format, arguments);
		va_end(arguments);
		log_error("ext2: %s: %s", fs->mount->source, text);
	}
	return -EIO;
}

/* Part of the device's cache, within one page. */
static int get_bytes(struct ext2 *fs, uint64_t offset, struct ext2_buffer *buffer)
{
	int error = object_page_get(fs->cache, offset >> PAGE_SHIFT, 0, &buffer->frame);

	if (error)
		return error;
	buffer->data = (char *)frame_to_virt(buffer->frame) + page_offset(offset);
	return 0;
}

int ext2_buffer_get(struct ext2 *fs, uint32_t block, struct ext2_buffer *buffer)
{
	if (unlikely(block >= fs->geometry.blocks_count))
		return ext2_corrupt(fs, "block %u is outside of the file system", block);
	return get_bytes(fs, (uint64_t)block << fs->geometry.block_shift, buffer);
}

void ext2_buffer_put(struct ext2_buffer *buffer)
{
	if (buffer->frame)
		frame_put(buffer->frame);
	buffer->frame = NULL;
}

static int read_super(struct ext2 *fs, bool *was_clean)
{
	struct ext2_buffer buffer;
	const struct ext2_super_disk *super;
	const char *wrong;
	int error;

	if (fs->device->sectors * 512 < EXT2_SUPER_OFFSET + EXT2_SUPER_BYTES)
		return -EINVAL;
	error = get_bytes(fs, EXT2_SUPER_OFFSET, &buffer);
	if (error)
		return error;
	super = buffer.data;
	wrong = ext2_check_super(super, fs->device->sectors * 512, &fs->geometry);
	*was_clean = super->state & EXT2_STATE_VALID;
	ext2_buffer_put(&buffer);
	if (wrong) {
		log_error("ext2: %s: %s", fs->mount->source, wrong);
		return -EINVAL;
	}
	return 0;
}

static int read_groups(struct ext2 *fs)
{
	const struct ext2_geometry *g = &fs->geometry;
	const uint32_t per_block = g->block_size / sizeof(struct ext2_group_disk);

	fs->groups = kcalloc(g->group_count, sizeof *fs->groups);
	if (!fs->groups)
		return -ENOMEM;
	for (uint32_t group = 0; group < g->group_count; group++) {
		struct ext2_buffer buffer;
		int error = ext2_buffer_get(fs, g->descriptor_block + group / per_block, &buffer);

		if (error)
			return error;
		fs->groups[group] = ((struct ext2_group_disk *)buffer.data)[group % per_block];
		ext2_buffer_put(&buffer);
		if (!ext2_check_group(g, &fs->groups[group])) {
			log_error("ext2: %s: group %u lies outside of the file system", fs->mount->source, group);
			return -EINVAL;
		}
	}
	return 0;
}

static void destroy(struct ext2 *fs)
{
	if (!IS_ERR_OR_NULL(fs->cache))
		object_put(fs->cache);
	kfree(fs->groups);
	kfree(fs);
}

static int mount_root_inode(struct ext2 *fs)
{
	struct inode *inode;
	int error = ext2_inode_get(fs, EXT2_ROOT_INO, &inode);

	if (error)
		return error;
	if (!S_ISDIR(inode->mode)) {
		inode_put(inode);
		return ext2_corrupt(fs, "the root is not a directory");
	}
	fs->mount->root = dentry_create_root(fs->mount, inode);
	if (IS_ERR(fs->mount->root)) {
		inode_put(inode);
		return (int)PTR_ERR(fs->mount->root);
	}
	return 0;
}

static int ext2_statvfs(struct mount *mount, struct statvfs *statvfs)
{
	struct ext2 *fs = mount->private;
	const struct ext2_geometry *g = &fs->geometry;
	struct ext2_buffer buffer;
	const struct ext2_super_disk *super;
	int error = get_bytes(fs, EXT2_SUPER_OFFSET, &buffer);

	if (error)
		return error;
	super = buffer.data;
	statvfs->f_bsize = statvfs->f_frsize = g->block_size;
	statvfs->f_blocks = g->blocks_count - g->first_data_block;
	statvfs->f_bfree = super->free_blocks;
	statvfs->f_bavail = super->free_blocks > super->reserved_blocks ? super->free_blocks - super->reserved_blocks : 0;
	statvfs->f_files = g->inodes_count;
	statvfs->f_ffree = statvfs->f_favail = super->free_inodes;
	statvfs->f_namemax = EXT2_NAME_MAX;
	statvfs->f_type = EXT2_MAGIC;
	ext2_buffer_put(&buffer);
	return 0;
}

/* What the disk cannot take is not promised: until files can be written, a mount stays read-only. */
static int ext2_remount(struct mount *mount, unsigned flags)
{
	return flags & MS_RDONLY ? 0 : -EROFS;
}

static void ext2_unmount(struct mount *mount)
{
	destroy(mount->private);
	mount->private = NULL;
}

static const struct mount_ops ext2_mount_ops = {
	.statvfs = ext2_statvfs,
	.remount = ext2_remount,
	.unmount = ext2_unmount,
};

static int ext2_mount(struct mount *mount, struct block_device *device, const char *options)
{
	struct ext2 *fs = kzalloc(sizeof *fs);
	bool was_clean;
	int error;

	if (!fs)
		return -ENOMEM;
	fs->mount = mount;
	fs->device = device;
	fs->cache = block_cache_get(device);
	error = PTR_ERR_OR_ZERO(fs->cache);
	if (!error)
		error = read_super(fs, &was_clean);
	if (!error)
		error = read_groups(fs);
	if (!error) {
		mount->private = fs;
		mount->ops = &ext2_mount_ops;
		mount->max_file_size = fs->geometry.max_file_size;
		mount->flags |= MS_RDONLY;
		error = mount_root_inode(fs);
	}
	if (error) {
		destroy(fs);
		return error;
	}
	if (!was_clean)
		log_warn("ext2: %s was not unmounted cleanly", mount->source);
	return 0;
}

static struct file_system ext2_file_system = { .name = "ext2", .needs_device = true, .mount = ext2_mount };

void ext2_init(void)
{
	VERIFY(ext2_inode_init() == 0);
	file_system_register(&ext2_file_system);
}
