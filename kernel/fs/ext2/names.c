/*
 * The operations of ext2's inodes, by type.
 */
#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "vm/object.h"

static ssize_t readlink(struct inode *inode, char *buffer, size_t size)
{
	uint64_t length = inode_size(inode);
	struct frame *frame;
	int error;

	size = min(size, (size_t)length);
	/* Short ones lie in the inode, where else there would be block numbers: then it has no blocks. */
	if (inode->blocks == 0 || length < EXT2_FAST_SYMLINK_MAX) {
		if (length >= EXT2_FAST_SYMLINK_MAX)
			return ext2_corrupt(ext2_of(inode), "link %lu has no text", inode->ino);
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

const struct inode_ops ext2_directory_ops = {
	.lookup = ext2_directory_lookup,
};

const struct inode_ops ext2_regular_ops = { 0 };

const struct inode_ops ext2_symlink_ops = {
	.readlink = readlink,
};

const struct inode_ops ext2_special_ops = { 0 };

const struct file_ops ext2_regular_file_ops = {
	.read = file_read_generic,
	.write = file_write_generic,
	.seek = file_seek_generic,
	.object = file_object_generic,
	.sync = file_sync_generic,
};
