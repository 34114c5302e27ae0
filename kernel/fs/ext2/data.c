/*
 * The pages of files and directories: brought in by as few requests as the blocks' places allow.
 */
#include "fs/ext2/ext2.h"
#include "fs/special_file.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "vm/object.h"

#define BATCH 32u

struct batch {
	struct ext2 *fs;
	bool write;
	struct block_piece pieces[BATCH];
	unsigned count;
};

static int flush_batch(struct batch *batch)
{
	int error = batch->count ? block_transfer_pieces(batch->fs->device, batch->pieces, batch->count, batch->write) : 0;

	batch->count = 0;
	return error;
}

static int add_piece(struct batch *batch, uint32_t block, char *memory)
{
	batch->pieces[batch->count++] = (struct block_piece){
		.offset = (uint64_t)block << batch->fs->geometry.block_shift,
		.bytes = batch->fs->geometry.block_size,
		.memory = memory,
	};
	return batch->count == BATCH ? flush_batch(batch) : 0;
}

/* One block of a file: to be read, or zeros. */
static int add_block(struct batch *batch, struct ext2_inode *inode, uint64_t index, char *memory)
{
	const struct ext2_geometry *g = &batch->fs->geometry;
	uint32_t block;
	int error;

	if (index << g->block_shift >= inode_size(&inode->inode)) {
		memset(memory, 0, g->block_size);
		return 0;
	}
	error = ext2_map_block(inode, index, &block);
	if (error)
		return error;
	if (block == 0) {
		memset(memory, 0, g->block_size);
		return 0;
	}
	return add_piece(batch, block, memory);
}

/* Bytes past the end of the file are whatever was on the disk: nobody may see them. */
static void zero_past_end(struct inode *inode, uint64_t index, struct frame **frames, unsigned count)
{
	uint64_t size = inode_size(inode), last = size >> PAGE_SHIFT;

	if (last >= index && last < index + count && page_offset(size))
		memset((char *)frame_to_virt(frames[last - index]) + page_offset(size), 0,
		       PAGE_SIZE - page_offset(size));
}

static int fill(struct vm_object *object, uint64_t index, struct frame **frames, unsigned count)
{
	struct inode *inode = inode_of_object(object);
	struct batch batch = { .fs = ext2_of(inode) };
	const struct ext2_geometry *g = &batch.fs->geometry;
	const unsigned per_page = PAGE_SIZE >> g->block_shift;
	int error = 0;

	for (unsigned i = 0; i < count * per_page && !error; i++) {
		char *page = frame_to_virt(frames[i / per_page]);

		error = add_block(&batch, ext2_inode_of(inode), index * per_page + i,
				  page + (i % per_page << g->block_shift));
	}
	if (!error)
		error = flush_batch(&batch);
	if (!error)
		zero_past_end(inode, index, frames, count);
	return error;
}

/* object.lock held. A block for the page, and the inode on the list of those that a flush looks at. */
static int prepare_write(struct vm_object *object, uint64_t index)
{
	struct inode *inode = inode_of_object(object);
	struct ext2_inode *ext2_inode = ext2_inode_of(inode);
	uint32_t block;
	int error;

	if (mount_read_only(inode->mount))
		return -EROFS;
	error = ext2_map_block(ext2_inode, index, &block);
	if (!error && block == 0) {
		mutex_lock(&ext2_inode->map_lock);
		error = ext2_map_allocate(ext2_inode, index);
		mutex_unlock(&ext2_inode->map_lock);
	}
	if (!error)
		inode_mark_dirty(inode);
	return error;
}

/* Pages were given a block before they were made dirty; one that has none was cut off meanwhile. Blocks are pages here. */
static int write_back(struct vm_object *object, uint64_t index, struct frame **frames, unsigned count)
{
	struct inode *inode = inode_of_object(object);
	struct batch batch = { .fs = ext2_of(inode), .write = true };
	int error = 0;

	for (unsigned i = 0; i < count && !error; i++) {
		uint32_t block;

		error = ext2_map_block(ext2_inode_of(inode), index + i, &block);
		if (!error && block)
			error = add_piece(&batch, block, frame_to_virt(frames[i]));
	}
	return error ? error : flush_batch(&batch);
}

const struct object_ops ext2_object_ops = {
	.fill = fill,
	.prepare_write = prepare_write,
	.write_back = write_back,
	.release = inode_object_release,
};
