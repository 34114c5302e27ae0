/*
 * Directories: blocks of records, read through the directory's pages.
 */
#include <osier/abi/dirent.h>

#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "vm/object.h"

int ext2_directory_block(struct inode *directory, uint64_t index, bool write, struct ext2_buffer *buffer)
{
	const struct ext2_geometry *g = &ext2_of(directory)->geometry;
	uint64_t offset = index << g->block_shift;
	int error = object_page_get(&directory->object, offset >> PAGE_SHIFT, write ? OBJECT_PAGE_WRITE : 0,
				    &buffer->frame);

	if (!error)
		buffer->data = (char *)frame_to_virt(buffer->frame) + page_offset(offset);
	return error;
}

static int bad_record(struct inode *directory, uint64_t block, uint32_t offset)
{
	return ext2_corrupt(ext2_of(directory), "directory %lu: bad record at %lu+%u", directory->ino,
			    (unsigned long)block, offset);
}

/* => 0, -ENOENT, -EIO. lock held. */
static int find(struct inode *directory, const char *text, unsigned length, uint64_t *ino)
{
	const struct ext2_geometry *g = &ext2_of(directory)->geometry;
	uint64_t blocks = inode_size(directory) >> g->block_shift;

	for (uint64_t index = 0; index < blocks; index++) {
		struct ext2_buffer buffer;
		int error = ext2_directory_block(directory, index, false, &buffer);

		if (error)
			return error;
		for (uint32_t offset = 0; offset < g->block_size;) {
			const struct ext2_record *record = ext2_record_at(g, buffer.data, offset);

			if (!record) {
				ext2_buffer_put(&buffer);
				return bad_record(directory, index, offset);
			}
			if (record->ino && record->name_length == length && memcmp(record->name, text, length) == 0) {
				*ino = record->ino;
				ext2_buffer_put(&buffer);
				return 0;
			}
			offset += record->record_bytes;
		}
		ext2_buffer_put(&buffer);
	}
	return -ENOENT;
}

/*
 * A directory is in the one directory that its ".." names. Checked when its name is first met, so that no walk over a corrupt disk goes
 * round in circles, and parent before child is an order.
 */
static int check_parent(struct inode *directory, struct inode *child)
{
	uint64_t parent;
	int error;

	if (child == directory)
		error = -ENOENT;
	else
		error = find(child, "..", 2, &parent);
	if (error == 0 && parent == directory->ino)
		return 0;
	if (error && error != -ENOENT)
		return error;
	return ext2_corrupt(ext2_of(directory), "directory %lu is in directory %lu, but does not say so", child->ino,
			    directory->ino);
}

int ext2_directory_lookup(struct inode *directory, const struct name *name, struct inode **out)
{
	uint64_t ino;
	int error = find(directory, name->text, name->length, &ino);

	if (error)
		return error;
	error = ext2_inode_get(ext2_of(directory), ino, out);
	if (error)
		return error;
	if (S_ISDIR((*out)->mode)) {
		error = check_parent(directory, *out);
		if (error) {
			inode_put(*out);
			*out = NULL;
		}
	}
	return error;
}

static unsigned dirent_type(unsigned type)
{
	static const unsigned char types[] = {
		[EXT2_TYPE_UNKNOWN] = DT_UNKNOWN, [EXT2_TYPE_REGULAR] = DT_REG, [EXT2_TYPE_DIRECTORY] = DT_DIR,
		[EXT2_TYPE_CHAR] = DT_CHR, [EXT2_TYPE_BLOCK] = DT_BLK, [EXT2_TYPE_FIFO] = DT_FIFO,
		[EXT2_TYPE_SOCKET] = DT_SOCK, [EXT2_TYPE_SYMLINK] = DT_LNK,
	};

	return type < ARRAY_SIZE(types) ? types[type] : DT_UNKNOWN;
}

/*
 * One block: emits its records from `from` on. A position from elsewhere (lseek) may point into the middle of a record, so records
 * are followed from the block's start. => 0: goes on in the next block; 1: the emitter is full; -EIO.
 */
static int iterate_block(struct inode *directory, uint64_t index, uint32_t from, struct directory_emitter *emitter)
{
	const struct ext2_geometry *g = &ext2_of(directory)->geometry;
	struct ext2_buffer buffer;
	int result = ext2_directory_block(directory, index, false, &buffer);

	if (result)
		return result;
	for (uint32_t offset = 0; offset < g->block_size;) {
		const struct ext2_record *record = ext2_record_at(g, buffer.data, offset);
		uint32_t end;

		if (!record) {
			result = bad_record(directory, index, offset);
			break;
		}
		end = offset + record->record_bytes;
		if (record->ino && offset >= from &&
		    !emitter->emit(emitter, record->name, record->name_length, record->ino,
				   g->has_file_types ? dirent_type(record->type) : DT_UNKNOWN,
				   (index << g->block_shift) + end)) {
			result = 1;
			break;
		}
		offset = end;
	}
	ext2_buffer_put(&buffer);
	return result;
}

static int iterate(struct file *file, struct directory_emitter *emitter)
{
	struct inode *directory = file->inode;
	const struct ext2_geometry *g = &ext2_of(directory)->geometry;
	uint64_t size = inode_size(directory);

	while (emitter->position < size) {
		uint64_t index = emitter->position >> g->block_shift;
		int result = iterate_block(directory, index, (uint32_t)emitter->position & (g->block_size - 1), emitter);

		if (result)
			return result < 0 ? result : 0;
		emitter->position = (index + 1) << g->block_shift;
	}
	return 0;
}

static ssize_t read_directory(struct file *file, struct uio *uio, uint64_t *offset)
{
	return -EISDIR;
}

const struct file_ops ext2_directory_file_ops = {
	.read = read_directory,
	.seek = file_seek_generic,
	.iterate = iterate,
	.sync = file_sync_generic,
};
