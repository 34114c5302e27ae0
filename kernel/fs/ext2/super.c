/*
 * Mounting ext2: the super block and the group descriptors, read and checked once, and written back by flushes.
 */
#include "debug/log.h"
#include "dev/device.h"
#include "fs/dentry.h"
#include "fs/ext2/ext2.h"
#include "fs/special_file.h"
#include "lib/bitmap.h"
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
	if (fs->writable && !(fs->mount->flags & MS_RDONLY)) {
		log_error("ext2: %s: from now on read-only", fs->mount->source);
		fs->mount->flags |= MS_RDONLY;
	}
	return -EIO;
}

/* ---- blocks of the cache --------------------------------------------------------------------- */

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

void ext2_buffer_put_dirty(struct ext2 *fs, struct ext2_buffer *buffer)
{
	struct frame *again;

	/* It is pinned, so it is there; this only marks it. */
	if (object_page_get(fs->cache, frame_object_index(buffer->frame), OBJECT_PAGE_WRITE, &again) == 0)
		frame_put(again);
	ext2_buffer_put(buffer);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void take_super(struct ext2 *fs, const struct ext2_super_disk *super)
{
	fs->reserved_blocks = super->reserved_blocks;
	fs->reserved_gdt_blocks = super->revision ? super->reserved_gdt_blocks : 0;
	fs->all_groups_have_super = !super->revision ||
				    !(super->feature_ro_compat & EXT2_RO_COMPAT_SPARSE_SUPER);
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
	*was_clean = (super->state & EXT2_STATE_VALID) && !(super->state & EXT2_STATE_ERROR);
	take_super(fs, super);
	ext2_buffer_put(&buffer);
	if (wrong) {
		log_error("ext2: %s: %s", fs->mount->source, wrong);
		return -EINVAL;
	}
	return 0;
}

static uint32_t descriptors_per_block(const struct ext2 *fs)
{
	return fs->geometry.block_size / sizeof(struct ext2_group_disk);
}

static int read_groups(struct ext2 *fs)
{
	const struct ext2_geometry *g = &fs->geometry;
	const uint32_t per_block = descriptors_per_block(fs);

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
		fs->free_blocks += fs->groups[group].free_blocks;
		fs->free_inodes += fs->groups[group].free_inodes;
	}
	return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_groups(struct ext2 *fs)
{
	const uint32_t per_block = descriptors_per_block(fs), count = fs->geometry.group_count;

	for (uint32_t first = 0; first < count; first += per_block) {
		uint32_t in_block = min(per_block, count - first);
		struct ext2_buffer buffer;
		int error = ext2_buffer_get(fs, fs->geometry.descriptor_block + first / per_block, &buffer);

		if (error)
			return error;
		memcpy(buffer.data, &fs->groups[first], in_block * sizeof *fs->groups);
		ext2_buffer_put_dirty(fs, &buffer);
	}
	return 0;
}

int ext2_write_super(struct ext2 *fs, bool clean)
{
	struct ext2_buffer buffer;
	struct ext2_super_disk *super;
	int error = get_bytes(fs, EXT2_SUPER_OFFSET, &buffer);

	if (error)
		return error;
	mutex_lock(&fs->alloc_lock);
	super = buffer.data;
	super->free_blocks = fs->free_blocks;
	super->free_inodes = fs->free_inodes;
	super->write_time = (uint32_t)inode_time_now().tv_sec;
	if (fs->errors_found)
		super->state |= EXT2_STATE_ERROR;
	if (clean)
		super->state |= EXT2_STATE_VALID;
	else
		super->state &= (uint16_t)~EXT2_STATE_VALID;
	error = write_groups(fs);
	fs->counts_dirty = false;
	mutex_unlock(&fs->alloc_lock);
	ext2_buffer_put_dirty(fs, &buffer);
	return error;
}

/* From now on the disk is in use: whoever finds it so after a crash has to check it. */
static int begin_writing(struct ext2 *fs)
{
	const struct ext2_geometry *g = &fs->geometry;
	struct ext2_buffer buffer;
	int error;

	if (g->must_be_read_only || g->block_size != PAGE_SIZE || fs->device->read_only)
		return -EROFS;
	if (!fs->freed_blocks)
		fs->freed_blocks = kcalloc(BITMAP_WORDS((size_t)g->blocks_count), sizeof(uint64_t));
	if (!fs->releasing_blocks)
		fs->releasing_blocks = kcalloc(BITMAP_WORDS((size_t)g->blocks_count), sizeof(uint64_t));
	if (!fs->freed_blocks || !fs->releasing_blocks)
		return -ENOMEM;
	error = get_bytes(fs, EXT2_SUPER_OFFSET, &buffer);
	if (error)
		return error;
	((struct ext2_super_disk *)buffer.data)->mount_time = (uint32_t)inode_time_now().tv_sec;
	((struct ext2_super_disk *)buffer.data)->mount_count++;
	ext2_buffer_put_dirty(fs, &buffer);
	error = ext2_write_super(fs, false);
	if (!error)
		error = block_cache_sync(fs->cache);
	fs->writable = !error;
	return error;
}

/* Everything is on disk, and the disk says so. */
static int end_writing(struct ext2 *fs)
{
	int error = ext2_flush(fs);

	/* What the first flush freed, the second one releases. */
	if (!error && fs->freed_count)
		error = ext2_flush(fs);
	if (!error)
		error = ext2_write_super(fs, fs->errors_found == 0);
	if (!error)
		error = block_cache_sync(fs->cache);
	if (!error)
		fs->writable = false;
	return error;
}

/* ---- the mount ------------------------------------------------------------------------------- */

static void destroy(struct ext2 *fs)
{
	if (!IS_ERR_OR_NULL(fs->cache))
		object_put(fs->cache);
	kfree(fs->groups);
	kfree(fs->freed_blocks);
	kfree(fs->releasing_blocks);
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
	uint64_t free_blocks;

	mutex_lock(&fs->alloc_lock);
	free_blocks = fs->free_blocks + fs->freed_count + fs->releasing_count;
	statvfs->f_bsize = statvfs->f_frsize = g->block_size;
	statvfs->f_blocks = g->blocks_count - g->first_data_block;
	statvfs->f_bfree = free_blocks;
	statvfs->f_bavail = free_blocks > fs->reserved_blocks ? free_blocks - fs->reserved_blocks : 0;
	statvfs->f_files = g->inodes_count;
	statvfs->f_ffree = statvfs->f_favail = fs->free_inodes;
	mutex_unlock(&fs->alloc_lock);
	statvfs->f_namemax = EXT2_NAME_MAX;
	statvfs->f_type = EXT2_MAGIC;
	return 0;
}

static int ext2_sync(struct mount *mount, bool wait)
{
	return ext2_flush(mount->private);
}

static int ext2_remount(struct mount *mount, unsigned flags)
{
	struct ext2 *fs = mount->private;

	if (flags & MS_RDONLY)
		return fs->writable ? end_writing(fs) : 0;
	if (fs->errors_found)
		return -EROFS;
	return fs->writable ? 0 : begin_writing(fs);
}

static void ext2_unmount(struct mount *mount)
{
	struct ext2 *fs = mount->private;

	if (fs->writable && end_writing(fs))
		log_error("ext2: %s: not everything could be written", mount->source);
	destroy(fs);
	mount->private = NULL;
}

static const struct mount_ops ext2_mount_ops = {
	.statvfs = ext2_statvfs,
	.sync = ext2_sync,
	.remount = ext2_remount,
	.inode_dirty = ext2_inode_dirty,
	.make_room = ext2_make_room,
	.wrote = ext2_wrote,
	.unmount = ext2_unmount,
};

/* Writing where it is wanted and possible; otherwise the mount is read-only. */
static void try_writing(struct ext2 *fs)
{
	int error;

	if (fs->mount->flags & MS_RDONLY)
		return;
	error = begin_writing(fs);
	if (!error)
		return;
	fs->mount->flags |= MS_RDONLY;
	if (fs->geometry.must_be_read_only)
		log_warn("ext2: %s: read-only, because of features that Osier does not know", fs->mount->source);
	else if (fs->geometry.block_size != PAGE_SIZE)
		log_warn("ext2: %s: read-only, because its blocks are not of 4 KiB", fs->mount->source);
	else
		log_warn("ext2: %s: read-only (error %d)", fs->mount->source, -error);
}

static int ext2_mount(struct mount *mount, struct block_device *device, const char *options)
{
	struct ext2 *fs = kzalloc(sizeof *fs);
	bool was_clean;
	int error;

	if (!fs)
		return -ENOMEM;
	fs->mount = mount;
	fs->device = device;
	mutex_init(&fs->alloc_lock, LOCK_RANK_ALLOCATION);
	mutex_init(&fs->flush_lock, LOCK_RANK_FLUSH);
	rwlock_init(&fs->names_lock, LOCK_RANK_NAMES);
	spin_init(&fs->dirty_lock, "ext2_dirty", LOCK_RANK_LIST);
	list_init(&fs->dirty);
	list_init(&fs->freed);
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
		error = mount_root_inode(fs);
	}
	if (error) {
		destroy(fs);
		return error;
	}
	if (!was_clean)
		log_warn("ext2: %s was not unmounted cleanly, or has errors: it should be checked", mount->source);
	try_writing(fs);
	return 0;
}

static struct file_system ext2_file_system = { .name = "ext2", .needs_device = true, .mount = ext2_mount };

void ext2_init(void)
{
	VERIFY(ext2_inode_init() == 0);
	file_system_register(&ext2_file_system);
}
