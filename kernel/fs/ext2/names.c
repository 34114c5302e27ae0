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

/*
 * A new directory is on disk when mkdir returns: its block, its name, then its inode. So whatever is made in it later has a directory that
 * is there, and e2fsck never meets one without a name.
 */
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
	/* It stands in memory: what cannot be written now, the next flush reports. */
	if (ext2_write_names(&directory, 1) == 0)
		(void)ext2_write_inode(inode);
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
	struct ext2 *fs = ext2_of(directory);
	int error;

	rwlock_read_lock(&fs->names_lock);
	error = ext2_directory_remove(directory, name);
	if (!error) {
		if (inode->nlink)
			inode->nlink--;
		inode_touch_ctime(inode);
		ext2_inode_forget(inode, VFS_REFERENCES);
	}
	rwlock_read_unlock(&fs->names_lock);
	return error;
}

/* A directory that has lost its name. `references`: see ext2_inode_forget. names_lock held shared. */
static void forget_directory(struct inode *parent, struct inode *directory, uint32_t references)
{
	directory->nlink = 0;
	inode_touch_ctime(directory);
	ext2_inode_forget(directory, references);
	if (parent->nlink > 2)
		parent->nlink--;
	inode_mark_dirty(parent);
}

static int rmdir(struct inode *directory, const struct name *name, struct inode *inode)
{
	struct ext2 *fs = ext2_of(directory);
	int error = ext2_directory_is_empty(inode);

	if (error)
		return error;
	rwlock_read_lock(&fs->names_lock);
	error = ext2_directory_remove(directory, name);
	if (!error)
		forget_directory(directory, inode, VFS_REFERENCES);
	rwlock_read_unlock(&fs->names_lock);
	return error;
}

/* ---- renaming -------------------------------------------------------------------------------- */

/* The directory says which one it is in. */
static int set_parent(struct inode *inode, const struct inode *parent)
{
	const struct name dot_dot = { .text = "..", .length = 2 };

	return ext2_directory_replace(inode, &dot_dot, parent->ino, S_IFDIR);
}

/* Writes what a rename has changed: one or two directories, and the one that moved between them. */
static int write_renamed(struct inode *from, struct inode *to, struct inode *inode)
{
	struct inode *directories[3] = { from };
	unsigned count = 1;

	if (from != to && S_ISDIR(inode->mode))
		directories[count++] = inode;
	if (from != to)
		directories[count++] = to;
	return ext2_write_names(directories, count);
}

static int remove_old(struct inode *from, const struct name *from_name)
{
	struct ext2 *fs = ext2_of(from);
	int error;

	rwlock_read_lock(&fs->names_lock);
	error = ext2_directory_remove(from, from_name);
	rwlock_read_unlock(&fs->names_lock);
	return error;
}

static int remove_victim(struct inode *from, const struct name *from_name, struct inode *to, struct inode *victim)
{
	struct ext2 *fs = ext2_of(from);
	int error;

	rwlock_read_lock(&fs->names_lock);
	error = ext2_directory_remove(from, from_name);
	if (!error && S_ISDIR(victim->mode)) {
		forget_directory(to, victim, 1);
	} else if (!error) {
		if (victim->nlink)
			victim->nlink--;
		inode_touch_ctime(victim);
		ext2_inode_forget(victim, 1);		/* the name's */
	}
	rwlock_read_unlock(&fs->names_lock);
	return error;
}

/*
 * Over another: the two names exchange what they mean, on disk too. At no moment is the new name without a file, or a file
 * without a name. Then the old name, which now is the victim's, is removed.
 */
static int rename_over(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
		       const struct name *to_name, struct inode *victim)
{
	struct ext2 *fs = ext2_of(from);
	int error = 0;

	/* What replaces something that is on disk has to be there too. */
	if (ext2_inode_of(inode)->fresh && !S_ISDIR(inode->mode)) {
		error = object_write_back(&inode->object, 0, UINT64_MAX);
		if (!error)
			error = ext2_write_names(&from, 1);
		if (!error)
			error = ext2_write_inode(inode);
	}
	if (error)
		return error;
	rwlock_read_lock(&fs->names_lock);
	error = ext2_directory_swap(from, from_name, to, to_name);
	if (!error && from != to && S_ISDIR(inode->mode))
		error = set_parent(inode, to);
	rwlock_read_unlock(&fs->names_lock);
	if (!error)
		error = write_renamed(from, to, inode);
	return error ? error : remove_victim(from, from_name, to, victim);
}

/* Files have both names on disk for a moment rather than none. */
static int rename_file(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
		       const struct name *to_name)
{
	int error = ext2_directory_add(to, to_name, inode->ino, inode->mode);

	if (!error)
		error = ext2_write_names(&to, 1);
	return error ? error : remove_old(from, from_name);
}

/*
 * A directory that moves to another block changes two, and its own "..". They are written one right after the other; if that is cut in
 * the middle, e2fsck asks before it puts things right: this is the one change of which that is so.
 */
static int rename_directory(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
			    const struct name *to_name)
{
	struct ext2 *fs = ext2_of(from);
	int error;

	/* In memory all at once: no flush comes between. */
	rwlock_read_lock(&fs->names_lock);
	error = ext2_directory_add(to, to_name, inode->ino, inode->mode);
	if (!error)
		error = ext2_directory_remove(from, from_name);
	if (!error && from != to)
		error = set_parent(inode, to);
	rwlock_read_unlock(&fs->names_lock);
	return error ? error : write_renamed(from, to, inode);
}

static int move(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
		const struct name *to_name, struct inode *victim)
{
	int error;

	if (victim)
		return rename_over(from, from_name, inode, to, to_name, victim);
	if (from == to) {
		error = ext2_directory_rename(from, from_name, to_name);
		if (error != -ENOSPC)
			return error;
	}
	/* So that after the first step only the disk can fail. */
	error = ext2_directory_reserve(to, to_name->length);
	if (error)
		return error;
	return (S_ISDIR(inode->mode) ? rename_directory : rename_file)(from, from_name, inode, to, to_name);
}

static int rename(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
		  const struct name *to_name, struct inode *victim)
{
	int error = 0;

	if (victim && S_ISDIR(inode->mode))
		error = ext2_directory_is_empty(victim);
	if (!error && S_ISDIR(inode->mode) && from != to && !victim && to->nlink >= EXT2_LINK_MAX)
		error = -EMLINK;
	if (!error)
		error = move(from, from_name, inode, to, to_name, victim);
	if (error)
		return error;
	if (S_ISDIR(inode->mode) && from != to) {
		if (from->nlink > 2)
			from->nlink--;
		to->nlink++;
		inode_mark_dirty(from);
		inode_mark_dirty(to);
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
