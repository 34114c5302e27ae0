/*
 * From a block of a file to a block of the disk: direct, single, double and triple indirect.
 */
#include "fs/ext2/ext2.h"
#include "lib/err.h"

static int check_block(struct ext2_inode *inode, uint32_t block)
{
	struct ext2 *fs = ext2_of(&inode->inode);

	if (likely(block == 0 || ext2_block_valid(&fs->geometry, block)))
		return 0;
	return ext2_corrupt(fs, "inode %lu points at block %u", inode->inode.ino, block);
}

int ext2_map_block(struct ext2_inode *inode, uint64_t index, uint32_t *out)
{
	struct ext2 *fs = ext2_of(&inode->inode);
	uint32_t path[4], block;
	unsigned levels = ext2_block_path(&fs->geometry, index, path);
	int error;

	if (levels == 0)
		return -EIO;
	block = READ_ONCE(inode->block[path[0]]);
	error = check_block(inode, block);
	for (unsigned level = 1; level < levels && block && !error; level++) {
		struct ext2_buffer buffer;

		error = ext2_buffer_get(fs, block, &buffer);
		if (error)
			break;
		block = READ_ONCE(((uint32_t *)buffer.data)[path[level]]);
		ext2_buffer_put(&buffer);
		error = check_block(inode, block);
	}
	*out = block;
	return error;
}
