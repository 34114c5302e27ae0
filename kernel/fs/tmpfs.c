/*
 * tmpfs: the mount, its limits, inodes and the pages of files. Directories: tmpfs_directory.c.
 */
#include "fs/tmpfs.h"

#include <osier/abi/fcntl.h>
#include <osier/abi/limits.h>

#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/vfs.h"
#include "lib/bitmap.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "vm/object.h"

#define TMPFS_MAGIC 0x01021994

static struct slab_cache *inode_cache, *node_cache;

static struct radix_node *node_alloc(void)
{
	return slab_alloc(node_cache);
}

static void node_free(struct radix_node *node)
{
	slab_free(node_cache, node);
}

static const struct radix_node_ops node_ops = { node_alloc, node_free };

static struct tmpfs *tmpfs_of(const struct inode *inode)
{
	return inode->mount->private;
}

/* ---- charging -------------------------------------------------------------------------------- */

static int charge_page(struct tmpfs *fs)
{
	if (__atomic_add_fetch(&fs->pages, 1, __ATOMIC_RELAXED) > fs->page_limit || commit_charge(1)) {
		__atomic_sub_fetch(&fs->pages, 1, __ATOMIC_RELAXED);
		return -ENOSPC;
	}
	return 0;
}

static void uncharge_pages(struct tmpfs *fs, uint64_t pages)
{
	__atomic_sub_fetch(&fs->pages, pages, __ATOMIC_RELAXED);
	commit_uncharge(pages);
}

/* object.lock held. */
static int prepare_write(struct vm_object *object, uint64_t index)
{
	struct inode *inode = inode_of_object(object);
	struct tmpfs_inode *tmpfs_inode = tmpfs_inode_of(inode);
	void **slot = radix_slot(&tmpfs_inode->charged, index / 64);
	uintptr_t bit = (uintptr_t)1 << index % 64;
	int error;

	if (likely(slot && ((uintptr_t)*slot & bit)))
		return 0;
	error = charge_page(tmpfs_of(inode));
	if (error)
		return error;
	if (slot) {
		*slot = (void *)((uintptr_t)*slot | bit);
	} else {
		error = radix_insert(&tmpfs_inode->charged, index / 64, (void *)bit);
		if (error) {
			uncharge_pages(tmpfs_of(inode), 1);
			return error;
		}
	}
	inode->blocks += PAGE_SIZE / 512;
	return 0;
}

/* Gives back what was charged for pages from `first` on. object.lock held, or nobody else knows the object. */
static void uncharge_from(struct tmpfs_inode *inode, uint64_t first)
{
	uint64_t word_index, pages = 0;
	void *value;

	radix_for_each(&inode->charged, value, word_index, first / 64) {
		uintptr_t keep = word_index == first / 64 ? ((uintptr_t)1 << first % 64) - 1 : 0;
		uintptr_t word = (uintptr_t)value;

		uint64_t dropped = word & ~keep;

		pages += bitmap_count(&dropped, 64);
		if (word & keep)
			*radix_slot(&inode->charged, word_index) = (void *)(word & keep);
		else
			(void)radix_remove(&inode->charged, word_index);
	}
	if (pages) {
		uncharge_pages(tmpfs_of(&inode->inode), pages);
		inode->inode.blocks -= pages * (PAGE_SIZE / 512);
	}
}

static int truncate(struct inode *inode, uint64_t size)
{
	object_set_size(&inode->object, size);
	mutex_lock(&inode->object.lock);
	uncharge_from(tmpfs_inode_of(inode), page_count(size));
	mutex_unlock(&inode->object.lock);
	return 0;
}

static const struct object_ops tmpfs_object_ops = {
	.prepare_write = prepare_write,
	.release = inode_object_release,
};

/* ---- inodes ---------------------------------------------------------------------------------- */

static ssize_t readlink(struct inode *inode, char *buffer, size_t size)
{
	size_t length = min(size, (size_t)inode_size(inode));

	memcpy(buffer, tmpfs_inode_of(inode)->target, length);
	return (ssize_t)length;
}

static const struct inode_ops regular_ops = { .truncate = truncate };
static const struct inode_ops symlink_ops = { .readlink = readlink };
static const struct inode_ops special_ops;

static const struct file_ops regular_file_ops = {
	.read = file_read_generic,
	.write = file_write_generic,
	.seek = file_seek_generic,
	.object = file_object_generic,
	.sync = file_sync_generic,
};

static void destroy_inode(struct inode *inode)
{
	struct tmpfs_inode *tmpfs_inode = tmpfs_inode_of(inode);
	struct tmpfs *fs = tmpfs_of(inode);

	if (S_ISDIR(inode->mode))
		tmpfs_directory_destroy(tmpfs_inode);
	uncharge_from(tmpfs_inode, 0);
	kfree(tmpfs_inode->target);
	slab_free(inode_cache, tmpfs_inode);
	__atomic_sub_fetch(&fs->inodes, 1, __ATOMIC_RELAXED);
}

static void set_operations(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		inode->ops = &regular_ops;
		inode->file_ops = &regular_file_ops;
		break;
	case S_IFDIR:
		inode->ops = &tmpfs_directory_ops;
		inode->file_ops = &tmpfs_directory_file_ops;
		inode->nlink = 2;
		break;
	case S_IFLNK:
		inode->ops = &symlink_ops;
		inode->file_ops = &directory_file_ops_generic;
		break;
	default:
		inode->ops = &special_ops;
		inode->file_ops = &directory_file_ops_generic;	/* open puts the device's in its place */
	}
}

struct inode *tmpfs_inode_create(struct mount *mount, mode_t mode, dev_t rdev)
{
	struct tmpfs *fs = mount->private;
	struct tmpfs_inode *tmpfs_inode;
	struct inode *inode;
	uint64_t ino;

	if (__atomic_add_fetch(&fs->inodes, 1, __ATOMIC_RELAXED) > fs->inode_limit) {
		__atomic_sub_fetch(&fs->inodes, 1, __ATOMIC_RELAXED);
		return ERR_PTR(-ENOSPC);
	}
	tmpfs_inode = slab_alloc(inode_cache);
	if (!tmpfs_inode) {
		__atomic_sub_fetch(&fs->inodes, 1, __ATOMIC_RELAXED);
		return ERR_PTR(-ENOMEM);
	}
	ino = __atomic_add_fetch(&fs->next_ino, 1, __ATOMIC_RELAXED);
	inode = &tmpfs_inode->inode;
	inode_init(inode, mount, ino, mode, OBJECT_SHARED, &tmpfs_object_ops);
	inode->rdev = rdev;
	inode->destroy = destroy_inode;
	tree_init(&tmpfs_inode->by_name, NULL);
	tree_init(&tmpfs_inode->by_cookie, NULL);
	tmpfs_inode->next_cookie = 2;		/* "." and ".." come first */
	tmpfs_inode->target = NULL;
	radix_init(&tmpfs_inode->charged, &node_ops);
	set_operations(inode);
	return inode;
}

/* ---- the mount ------------------------------------------------------------------------------- */

static int tmpfs_statvfs(struct mount *mount, struct statvfs *statvfs)
{
	const struct tmpfs *fs = mount->private;
	uint64_t pages = READ_ONCE(fs->pages), inodes = READ_ONCE(fs->inodes);

	statvfs->f_blocks = fs->page_limit;
	statvfs->f_bfree = statvfs->f_bavail = fs->page_limit - min(pages, fs->page_limit);
	statvfs->f_files = fs->inode_limit;
	statvfs->f_ffree = statvfs->f_favail = fs->inode_limit - min(inodes, fs->inode_limit);
	statvfs->f_type = TMPFS_MAGIC;
	return 0;
}

/* Entries hold their inodes: what is more than those is somebody's. */
static bool tmpfs_is_busy(struct mount *mount)
{
	struct inode *inode;
	bool busy = false;

	spin_lock(&mount->inode_lock);
	list_for_each_entry(inode, &mount->inodes, mount_link) {
		uint32_t own = S_ISDIR(inode->mode) ? 1 : inode->nlink;

		if (refcount_read(&inode->object.refs) != own)
			busy = true;
	}
	spin_unlock(&mount->inode_lock);
	return busy;
}

static void tmpfs_unmount(struct mount *mount)
{
	kfree(mount->private);
	mount->private = NULL;
}

static const struct mount_ops tmpfs_mount_ops = {
	.statvfs = tmpfs_statvfs,
	.is_busy = tmpfs_is_busy,
	.unmount = tmpfs_unmount,
};

/* A number with k, m, g; or of percent of memory. => bytes, 0 if it is neither. */
static uint64_t parse_size(const char *text)
{
	struct frame_stats stats;
	uint64_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		if (value > UINT64_MAX / 16)
			return 0;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	switch (*text) {
	case 'k': case 'K':
		return value << 10;
	case 'm': case 'M':
		return value << 20;
	case 'g': case 'G':
		return value << 30;
	case '%':
		frame_stats(&stats);
		return stats.usable * PAGE_SIZE / 100 * value;
	default:
		return value;
	}
}

/* The options that tmpfs has: size=, mode=; others are ignored as they are by others. */
static void parse_options(const char *options, struct tmpfs *fs, mode_t *mode)
{
	while (*options) {
		if (string_starts_with(options, "size=")) {
			uint64_t bytes = parse_size(options + 5);

			if (bytes)
				fs->page_limit = page_count(bytes);
		} else if (string_starts_with(options, "mode=")) {
			mode_t value = 0;

			for (const char *digit = options + 5; *digit >= '0' && *digit <= '7'; digit++)
				value = value << 3 | (mode_t)(*digit - '0');
			*mode = value & 07777;
		}
		while (*options && *options++ != ',')
			;
	}
}

int tmpfs_mount(struct mount *mount, struct block_device *device, const char *options)
{
	struct tmpfs *fs = kzalloc(sizeof *fs);
	struct frame_stats stats;
	struct inode *root;
	mode_t mode = 01777;

	if (!fs)
		return -ENOMEM;
	frame_stats(&stats);
	fs->page_limit = stats.usable / 2;
	fs->inode_limit = max(stats.usable / 2, (uint64_t)1024);
	parse_options(options, fs, &mode);
	mount->private = fs;
	mount->ops = &tmpfs_mount_ops;
	root = tmpfs_inode_create(mount, S_IFDIR | mode, 0);
	if (IS_ERR(root)) {
		kfree(fs);
		return (int)PTR_ERR(root);
	}
	mount->root = dentry_create_root(mount, root);
	if (IS_ERR(mount->root)) {
		int error = (int)PTR_ERR(mount->root);

		inode_put(root);
		kfree(fs);
		return error;
	}
	return 0;
}

/* ---- memfd_create ---------------------------------------------------------------------------- */

static struct tmpfs memfd_fs;
static struct mount memfd_mount = { .ops = &tmpfs_mount_ops, .private = &memfd_fs };

struct file *vfs_memfd(const char *name, unsigned memfd_flags)
{
	char text[NAME_MAX + 1];
	struct inode *inode;
	struct dentry *dentry;
	struct file *file;

	if (strnlen(name, NAME_MAX - 6) == NAME_MAX - 6)
		return ERR_PTR(-EINVAL);
	inode = tmpfs_inode_create(&memfd_mount, S_IFREG | 0600, 0);
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	inode->nlink = 0;
	ksnprintf(text, sizeof text, "/memfd:%s", name);
	dentry = dentry_create_anonymous(inode, text);
	inode_put(inode);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	file = file_create(dentry->inode, dentry, &regular_file_ops, O_RDWR);
	dentry_put(dentry);
	return file;
}

static struct file_system tmpfs_file_system = { .name = "tmpfs", .mount = tmpfs_mount };

void tmpfs_init(void)
{
	inode_cache = slab_cache_create("tmpfs_inode", sizeof(struct tmpfs_inode), 16, NULL);
	node_cache = slab_cache_create("tmpfs_charged", sizeof(struct radix_node), 0, NULL);
	VERIFY(inode_cache && node_cache);
	mount_init_internal(&memfd_mount);
	memfd_fs.page_limit = memfd_fs.inode_limit = UINT64_MAX;
	file_system_register(&tmpfs_file_system);
}
