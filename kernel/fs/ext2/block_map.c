/*
 * From a block of a file to a block of the disk: direct, single, double and triple indirect. Looking up, allocating, freeing.
 *
 * Looking up takes no lock: a page past the end is not filled, and truncation drops pages before it frees blocks.
 *
 * On disk nothing ever points at a block that has not been written: a new indirect block, and a new block of a directory, is
 * written with its first contents before the pointer to it is set, even in memory.
 */
#include "fs/ext2/ext2.h"
#include "fs/special_file.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "task/sched.h"

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

/* ---- allocating ------------------------------------------------------------------------------ */

/* Writes a new block's first contents to the disk: zeros, or for a directory one record that is not in use. */
static int write_first_contents(struct ext2 *fs, uint32_t block, void *memory, bool is_directory)
{
	const struct block_piece piece = {
		.offset = (uint64_t)block << fs->geometry.block_shift,
		.bytes = fs->geometry.block_size,
		.memory = memory,
	};

	memset(memory, 0, fs->geometry.block_size);
	if (is_directory)
		((struct ext2_record *)memory)->record_bytes = (uint16_t)fs->geometry.block_size;
	return block_transfer_pieces(fs->device, &piece, 1, true);
}

static int begin_indirect(struct ext2 *fs, uint32_t block)
{
	struct ext2_buffer buffer;
	int error = ext2_buffer_get(fs, block, &buffer);

	if (error)
		return error;
	error = write_first_contents(fs, block, buffer.data, false);
	ext2_buffer_put(&buffer);
	return error;
}

static int begin_directory_block(struct ext2 *fs, uint32_t block)
{
	struct frame *frame = frame_alloc(FRAME_KERNEL);
	int error;

	if (!frame)
		return -ENOMEM;
	error = write_first_contents(fs, block, frame_to_virt(frame), true);
	frame_free(frame);
	return error;
}

/* A block for the inode, ready to be pointed at. map_lock held. */
static int new_block(struct ext2_inode *inode, bool indirect, uint32_t *out)
{
	struct ext2 *fs = ext2_of(&inode->inode);
	uint32_t block;
	int error = ext2_block_allocate(fs, inode->goal, &block);

	if (error)
		return error;
	if (indirect)
		error = begin_indirect(fs, block);
	else if (S_ISDIR(inode->inode.mode))
		error = begin_directory_block(fs, block);
	if (error) {
		(void)ext2_block_free(fs, block);
		return error;
	}
	inode->goal = block + 1;
	inode->inode.blocks += fs->geometry.block_size / 512;
	*out = block;
	return 0;
}

/* The block that `slot` points at, made if there is none. => 0; *made says that the slot was changed. */
static int fill_slot(struct ext2_inode *inode, uint32_t *slot, bool indirect, uint32_t *block, bool *made)
{
	int error;

	*made = false;
	*block = *slot;
	error = check_block(inode, *block);
	if (error || *block)
		return error;
	error = new_block(inode, indirect, block);
	if (error)
		return error;
	store_release(slot, *block);
	*made = true;
	inode_mark_dirty(&inode->inode);
	return 0;
}

int ext2_map_allocate(struct ext2_inode *inode, uint64_t index)
{
	struct ext2 *fs = ext2_of(&inode->inode);
	uint32_t path[4], block;
	unsigned levels = ext2_block_path(&fs->geometry, index, path);
	bool made;
	int error;

	if (levels == 0)
		return -EFBIG;
	error = fill_slot(inode, &inode->block[path[0]], levels > 1, &block, &made);
	for (unsigned level = 1; level < levels && !error; level++) {
		struct ext2_buffer buffer;

		error = ext2_buffer_get(fs, block, &buffer);
		if (error)
			break;
		error = fill_slot(inode, &((uint32_t *)buffer.data)[path[level]], level + 1 < levels, &block, &made);
		if (made)
			ext2_buffer_put_dirty(fs, &buffer);
		else
			ext2_buffer_put(&buffer);
	}
	return error;
}

/* ---- freeing --------------------------------------------------------------------------------- */

/*
 * Frees a block that nothing in memory points at any more and, `depth` indirect levels deep, all it points at. A block that was not in
 * use is not followed: so no ring of blocks is followed for ever.
 */
static void free_tree(struct ext2_inode *inode, uint32_t block, unsigned depth)
{
	struct ext2 *fs = ext2_of(&inode->inode);
	const uint32_t sectors = fs->geometry.block_size / 512;
	struct ext2_buffer buffer;

	if (!ext2_block_free(fs, block))
		return;
	inode->inode.blocks -= min((uint64_t)sectors, inode->inode.blocks);
	if (depth == 0)
		return;
	if (ext2_buffer_get(fs, block, &buffer))
		return;
	for (uint32_t i = 0; i < fs->geometry.slots_per_block; i++) {
		uint32_t child = ((uint32_t *)buffer.data)[i];

		if (child)
			free_tree(inode, child, depth - 1);
	}
	ext2_buffer_put(&buffer);
	sched_point();
}

/* Clears the pointer first: what is freed must not be reachable. */
static void free_slot(struct ext2_inode *inode, uint32_t *slot, unsigned depth)
{
	uint32_t block = *slot;

	if (block == 0)
		return;
	WRITE_ONCE(*slot, 0);
	free_tree(inode, block, depth);
}

/* Of an indirect block with `depth` levels below it, 1 or more: frees what covers blocks from `from` (> 0) on. */
static void trim_tree(struct ext2_inode *inode, uint32_t block, unsigned depth, uint64_t from)
{
	struct ext2 *fs = ext2_of(&inode->inode);
	uint64_t span = 1;
	struct ext2_buffer buffer;
	uint32_t *slots, i;

	for (unsigned level = 1; level < depth; level++)
		span *= fs->geometry.slots_per_block;
	if (check_block(inode, block) || ext2_buffer_get(fs, block, &buffer))
		return;
	slots = buffer.data;
	i = (uint32_t)(from / span);
	if (from % span) {
		if (slots[i])
			trim_tree(inode, slots[i], depth - 1, from % span);
		i++;
	}
	for (; i < fs->geometry.slots_per_block; i++)
		free_slot(inode, &slots[i], depth - 1);
	ext2_buffer_put_dirty(fs, &buffer);
}

void ext2_map_truncate(struct ext2_inode *inode, uint64_t index)
{
	const uint64_t slots = ext2_of(&inode->inode)->geometry.slots_per_block;
	uint64_t base = EXT2_DIRECT, span = slots;

	mutex_lock(&inode->map_lock);
	/* Before anything is freed, so that the flush which may release it also writes this inode. */
	if (inode->inode.nlink)
		inode_mark_dirty(&inode->inode);
	for (uint64_t i = index; i < EXT2_DIRECT; i++)
		free_slot(inode, &inode->block[i], 0);
	for (unsigned depth = 1; depth <= 3; depth++, base += span, span *= slots) {
		uint32_t *slot = &inode->block[EXT2_INDIRECT + depth - 1];

		if (index <= base)
			free_slot(inode, slot, depth);
		else if (index < base + span && *slot)
			trim_tree(inode, *slot, depth, index - base);
	}
	mutex_unlock(&inode->map_lock);
}
