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
	struct block_piece pieces[BATCH];
	unsigned count;
};

static int flush_batch(struct batch *batch)
{
	int error = batch->count ? block_transfer_pieces(batch->fs->device, batch->pieces, batch->count, false) : 0;

	batch->count = 0;
	return error;
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
	batch->pieces[batch->count++] = (struct block_piece){
		.offset = (uint64_t)block << g->block_shift,
		.bytes = g->block_size,
		.memory = memory,
	};
	return batch->count == BATCH ? flush_batch(batch) : 0;
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

/* The seam for writing: no block is promised while the mount is read-only. */
static int prepare_write(struct vm_object *object, uint64_t index)
{
	return -EROFS;
}

const struct object_ops ext2_object_ops = {
	.fill = fill,
	.prepare_write = prepare_write,
	.release = inode_object_release,
};
