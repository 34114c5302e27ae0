/*
 * The operations of ext2's inodes, by type: making, linking, removing, renaming; and cutting files.
 */
#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "vm/object.h"

/* ---- making ---------------------------------------------------------------------------------- */

/* The name stands, in memory: from now on an fsync of the file has to write it. */
static void named(struct inode *inode)
{
	ext2_inode_of(inode)->fresh = true;
	inode_touch_ctime(inode);
}

/* Takes back a new inode that got no name. */
static void unmake(struct inode *inode)
{
	inode->nlink = 0;
	inode_put(inode);
}

static int create(struct inode *directory, const struct name *name, mode_t mode, dev_t rdev, struct inode **out)
{
	struct inode *inode = ext2_inode_new(directory, mode, rdev);
	int error;

	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	error = ext2_directory_add(directory, name, inode->ino, mode);
	if (error) {
		unmake(inode);
		return error;
	}
	named(inode);
	*out = inode;
	return 0;
}

static int mkdir(struct inode *directory, const struct name *name, mode_t mode, struct inode **out)
{
	struct inode *inode;
	int error;

	if (directory->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	inode = ext2_inode_new(directory, mode, 0);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	error = ext2_directory_begin(inode, directory->ino);
	if (!error)
		error = ext2_directory_add(directory, name, inode->ino, mode);
	if (error) {
		unmake(inode);
		return error;
	}
	directory->nlink++;
	inode_mark_dirty(directory);
	named(inode);
	*out = inode;
	return 0;
}

/* A text that does not fit into the inode has a block. */
static int write_target(struct inode *inode, const char *target, size_t length)
{
	struct frame *frame;
	int error = object_page_get(&inode->object, 0, OBJECT_PAGE_WRITE, &frame);

	if (error)
		return error;
	memcpy(frame_to_virt(frame), target, length);
	frame_put(frame);
	return 0;
}

static int symlink(struct inode *directory, const struct name *name, const char *target, struct inode **out)
{
	size_t length = strlen(target);
	struct inode *inode;
	int error = 0;

	if (length >= ext2_of(directory)->geometry.block_size)
		return -ENAMETOOLONG;
	inode = ext2_inode_new(directory, S_IFLNK | 0777, 0);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	if (length < EXT2_FAST_SYMLINK_MAX)
		memcpy(ext2_inode_of(inode)->block, target, length);
	else
		error = write_target(inode, target, length);
	if (!error) {
		object_set_size(&inode->object, length);
		error = ext2_directory_add(directory, name, inode->ino, inode->mode);
	}
	if (error) {
		object_set_size(&inode->object, EXT2_FAST_SYMLINK_MAX);	/* so that its block, if any, is seen */
		if (length < EXT2_FAST_SYMLINK_MAX)
			object_set_size(&inode->object, 0);
		unmake(inode);
		return error;
	}
	named(inode);
	*out = inode;
	return 0;
}

static int link(struct inode *directory, const struct name *name, struct inode *inode)
{
	int error;

	if (inode->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	error = ext2_directory_add(directory, name, inode->ino, inode->mode);
	if (error)
		return error;
	inode->nlink++;
	named(inode);
	return 0;
}

/* While a name is removed its inode is held by the name and by the caller: see vfs_names.c. */
#define VFS_REFERENCES 2

/* ---- removing -------------------------------------------------------------------------------- */

static int unlink(struct inode *directory, const struct name *name, struct inode *inode)
{
	int error = ext2_directory_remove(directory, name);

	if (error)
		return error;
	if (inode->nlink)
		inode->nlink--;
	inode_touch_ctime(inode);
	ext2_inode_forget(inode, VFS_REFERENCES);
	return 0;
}

/* A directory that has lost its name. */
static void forget_directory(struct inode *parent, struct inode *directory)
{
	directory->nlink = 0;
	inode_touch_ctime(directory);
	ext2_inode_forget(directory, VFS_REFERENCES);
	if (parent->nlink > 2)
		parent->nlink--;
	inode_mark_dirty(parent);
}

static int rmdir(struct inode *directory, const struct name *name, struct inode *inode)
{
	int error = ext2_directory_is_empty(inode);

	if (!error)
		error = ext2_directory_remove(directory, name);
	if (!error)
		forget_directory(directory, inode);
	return error;
}

/* ---- renaming -------------------------------------------------------------------------------- */

/* The new name means `inode`. Room was reserved, so only the disk can fail. */
static int give_name(struct inode *to, const struct name *name, struct inode *inode, struct inode *victim)
{
	if (victim)
		return ext2_directory_replace(to, name, inode->ino, inode->mode);
	return ext2_directory_add(to, name, inode->ino, inode->mode);
}

/* Files have both names on disk for a moment rather than none. */
static int rename_file(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
		       const struct name *to_name, struct inode *victim)
{
	int error = give_name(to, to_name, inode, victim);

	if (error)
		return error;
	/* One block is written in one go. */
	if (from != to || inode_size(to) > ext2_of(to)->geometry.block_size)
		error = ext2_directory_write(to);
	if (!error)
		error = ext2_directory_remove(from, from_name);
	return error;
}

/*
 * Directories have no name for a moment rather than two: a lost one is found again by e2fsck without asking, but one in two places
 * it cannot judge.
 */
static int rename_directory(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
			    const struct name *to_name, struct inode *victim)
{
	const struct name dot_dot = { .text = "..", .length = 2 };
	bool apart = from != to || inode_size(to) > ext2_of(to)->geometry.block_size;
	int error = ext2_directory_remove(from, from_name);

	if (!error && apart)
		error = ext2_directory_write(from);
	if (!error && from != to) {
		error = ext2_directory_replace(inode, &dot_dot, to->ino, S_IFDIR);
		if (!error)
			error = ext2_directory_write(inode);
	}
	if (!error)
		error = give_name(to, to_name, inode, victim);
	if (error)
		return error;
	if (from != to) {
		if (from->nlink > 2)
			from->nlink--;
		to->nlink++;
		inode_mark_dirty(from);
		inode_mark_dirty(to);
	}
	return 0;
}

static int rename(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
		  const struct name *to_name, struct inode *victim)
{
	bool is_directory = S_ISDIR(inode->mode);
	int error = 0;

	if (victim && is_directory)
		error = ext2_directory_is_empty(victim);
	if (!error && is_directory && from != to && !victim && to->nlink >= EXT2_LINK_MAX)
		error = -EMLINK;
	if (!error && !victim)
		error = ext2_directory_reserve(to, to_name->length);
	if (!error)
		error = (is_directory ? rename_directory : rename_file)(from, from_name, inode, to, to_name, victim);
	if (error)
		return error;
	if (victim && is_directory) {
		/* (One reference less than in rmdir: then it waits for the flush.) */
		forget_directory(to, victim);
	} else if (victim) {
		if (victim->nlink)
			victim->nlink--;
		inode_touch_ctime(victim);
		ext2_inode_forget(victim, 1);		/* the name's */
	}
	named(inode);
	return 0;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static ssize_t readlink(struct inode *inode, char *buffer, size_t size)
{
	uint64_t length = inode_size(inode);
	struct frame *frame;
	int error;

	size = min(size, (size_t)length);
	/* Short ones lie in the inode, where else there would be block numbers. */
	if (length < EXT2_FAST_SYMLINK_MAX) {
		memcpy(buffer, ext2_inode_of(inode)->block, size);
		return (ssize_t)size;
	}
	error = object_page_get(&inode->object, 0, 0, &frame);
	if (error)
		return error;
	memcpy(buffer, frame_to_virt(frame), size);
	frame_put(frame);
	return (ssize_t)size;
}

/*
 * A file that is cut within a page: the page is brought in and made dirty, so that what is beyond the cut is zeros on disk too when the file
 * grows again.
 */
static int prepare_cut(struct inode *inode, uint64_t size)
{
	struct frame *frame;
	int error;

	if (size >= inode_size(inode) || page_offset(size) == 0)
		return 0;
	error = object_page_get(&inode->object, size >> PAGE_SHIFT, 0, &frame);
	if (error)
		return error;
	frame_put(frame);
	error = object_page_get(&inode->object, size >> PAGE_SHIFT, OBJECT_PAGE_WRITE, &frame);
	if (!error)
		frame_put(frame);
	return error;
}

static int truncate(struct inode *inode, uint64_t size)
{
	const uint32_t block_size = ext2_of(inode)->geometry.block_size;
	int error;

	if (mount_read_only(inode->mount))
		return -EROFS;
	error = prepare_cut(inode, size);
	if (error)
		return error;
	object_set_size(&inode->object, size);
	ext2_map_truncate(ext2_inode_of(inode), (size + block_size - 1) / block_size);
	inode_mark_dirty(inode);
	return 0;
}

const struct inode_ops ext2_directory_ops = {
	.lookup = ext2_directory_lookup,
	.create = create,
	.mkdir = mkdir,
	.symlink = symlink,
	.link = link,
	.unlink = unlink,
	.rmdir = rmdir,
	.rename = rename,
	.sync = ext2_sync_inode,
};

const struct inode_ops ext2_regular_ops = {
	.truncate = truncate,
	.sync = ext2_sync_inode,
};

const struct inode_ops ext2_symlink_ops = {
	.readlink = readlink,
	.sync = ext2_sync_inode,
};

const struct inode_ops ext2_special_ops = {
	.sync = ext2_sync_inode,
};

const struct file_ops ext2_regular_file_ops = {
	.read = file_read_generic,
	.write = file_write_generic,
	.seek = file_seek_generic,
	.object = file_object_generic,
	.sync = file_sync_generic,
};
