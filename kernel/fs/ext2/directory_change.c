/*
 * Adding, replacing and removing names.
 *
 * A block of a directory may be on its way to the disk while it changes, so every change becomes visible with one store: a new
 * record is complete before the record in front of it makes room, or before its inode number is set; a removed one is swallowed
 * by the record in front, or loses its inode number.
 */
#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "vm/object.h"

static uint64_t block_count(const struct inode *directory)
{
	return inode_size(directory) >> ext2_of(directory)->geometry.block_shift;
}

/* A place in a block: the record, and the one in front of it (NULL: it is the first). */
struct place {
	struct ext2_record *record, *previous;
};

/* What `wanted` says of a record ends the search. => 0 and *place, -ENOENT, -EIO. */
static int search_block(struct inode *directory, void *block, uint64_t index,
			bool (*wanted)(const struct ext2_record *, const struct name *), const struct name *name,
			struct place *place)
{
	struct ext2 *fs = ext2_of(directory);
	struct ext2_record *previous = NULL;

	for (uint32_t offset = 0; offset < fs->geometry.block_size;) {
		struct ext2_record *record = (struct ext2_record *)ext2_record_at(&fs->geometry, block, offset);

		if (!record)
			return ext2_corrupt(fs, "directory %lu: bad record at %lu+%u", directory->ino,
					    (unsigned long)index, offset);
		if (wanted(record, name)) {
			*place = (struct place){ record, previous };
			return 0;
		}
		previous = record;
		offset += record->record_bytes;
	}
	return -ENOENT;
}

static bool has_name(const struct ext2_record *record, const struct name *name)
{
	return record->ino && record->name_length == name->length &&
	       memcmp(record->name, name->text, name->length) == 0;
}

/* Bytes of a record that it does not need. */
static unsigned slack_of(const struct ext2_record *record)
{
	return record->record_bytes - (record->ino ? ext2_record_needs(record->name_length) : 0);
}

static bool has_room(const struct ext2_record *record, const struct name *name)
{
	return slack_of(record) >= ext2_record_needs(name->length);
}

/*
 * Finds, from block `*index` on. => 0 with the block pinned (to be changed) and *index its number; -ENOENT, -EIO.
 */
static int search(struct inode *directory, bool (*wanted)(const struct ext2_record *, const struct name *),
		  const struct name *name, uint64_t *index, struct ext2_buffer *buffer, struct place *place)
{
	for (uint64_t blocks = block_count(directory); *index < blocks; ++*index) {
		int error = ext2_directory_block(directory, *index, false, buffer);

		if (error)
			return error;
		error = search_block(directory, buffer->data, *index, wanted, name, place);
		if (error != -ENOENT) {
			if (error)
				ext2_buffer_put(buffer);
			return error;
		}
		ext2_buffer_put(buffer);
	}
	return -ENOENT;
}

/* The change is made: the page is dirty, and so is the directory. */
static void changed(struct inode *directory, uint64_t index, struct ext2_buffer *buffer)
{
	struct ext2_buffer again;

	if (ext2_directory_block(directory, index, true, &again) == 0)
		ext2_buffer_put(&again);
	ext2_buffer_put(buffer);
	/* Records are where they are, not where a hash says. */
	ext2_inode_of(directory)->flags &= ~(uint32_t)EXT2_FLAG_INDEX;
	inode_touch(directory);
}

static uint8_t type_of(const struct ext2 *fs, mode_t mode)
{
	if (!fs->geometry.has_file_types)
		return EXT2_TYPE_UNKNOWN;
	switch (mode & S_IFMT) {
	case S_IFREG:
		return EXT2_TYPE_REGULAR;
	case S_IFDIR:
		return EXT2_TYPE_DIRECTORY;
	case S_IFCHR:
		return EXT2_TYPE_CHAR;
	case S_IFBLK:
		return EXT2_TYPE_BLOCK;
	case S_IFIFO:
		return EXT2_TYPE_FIFO;
	case S_IFSOCK:
		return EXT2_TYPE_SOCKET;
	case S_IFLNK:
		return EXT2_TYPE_SYMLINK;
	default:
		return EXT2_TYPE_UNKNOWN;
	}
}

/* Everything but the inode number. */
static void fill_record(struct ext2_record *record, const struct name *name, uint8_t type)
{
	record->name_length = (uint8_t)name->length;
	record->type = type;
	memcpy(record->name, name->text, name->length);
}

/* Puts the name into a record that has room for it. */
static void place_name(struct ext2_record *room, const struct name *name, uint64_t ino, uint8_t type)
{
	unsigned used = room->ino ? ext2_record_needs(room->name_length) : 0;

	if (used) {
		struct ext2_record *record = (struct ext2_record *)((char *)room + used);

		fill_record(record, name, type);
		record->record_bytes = (uint16_t)(room->record_bytes - used);
		record->ino = (uint32_t)ino;
		store_release(&room->record_bytes, (uint16_t)used);
	} else {
		fill_record(room, name, type);
		store_release(&room->ino, (uint32_t)ino);
	}
}

/* One more block, on disk with one unused record in it. */
static int extend(struct inode *directory)
{
	struct ext2 *fs = ext2_of(directory);
	uint64_t index = block_count(directory), size = (index + 1) << fs->geometry.block_shift;
	struct ext2_buffer buffer;
	int error;

	if (size > INT32_MAX)
		return -ENOSPC;
	error = ext2_directory_block(directory, index, true, &buffer);
	if (error == -ENOSPC && ext2_make_room(fs->mount))
		error = ext2_directory_block(directory, index, true, &buffer);
	if (error) {
		ext2_map_truncate(ext2_inode_of(directory), index);
		return error;
	}
	memset(buffer.data, 0, fs->geometry.block_size);
	((struct ext2_record *)buffer.data)->record_bytes = (uint16_t)fs->geometry.block_size;
	object_set_size(&directory->object, size);
	changed(directory, index, &buffer);
	return 0;
}

/* A block with room for the name, made if there is none. => as search. */
static int find_room(struct inode *directory, const struct name *name, uint64_t *index, struct ext2_buffer *buffer,
		     struct place *place)
{
	struct ext2_inode *ext2_inode = ext2_inode_of(directory);
	int error;

	*index = ext2_inode->add_hint;
	error = search(directory, has_room, name, index, buffer, place);
	if (error == -ENOENT) {
		error = extend(directory);
		if (!error) {
			*index = block_count(directory) - 1;
			error = search(directory, has_room, name, index, buffer, place);
		}
	}
	return error;
}

int ext2_directory_reserve(struct inode *directory, unsigned length)
{
	const struct name name = { .length = length };
	struct ext2_buffer buffer;
	struct place place;
	uint64_t index;
	int error = find_room(directory, &name, &index, &buffer, &place);

	if (!error)
		ext2_buffer_put(&buffer);
	return error;
}

int ext2_directory_add(struct inode *directory, const struct name *name, uint64_t ino, mode_t mode)
{
	struct ext2_buffer buffer;
	struct place place;
	uint64_t index;
	int error;

	if (directory->flags & INODE_DEAD)
		return -ENOENT;
	error = find_room(directory, name, &index, &buffer, &place);
	if (error)
		return error;
	place_name(place.record, name, ino, type_of(ext2_of(directory), mode));
	/* Long names may have passed over room for short ones: only a full pass for the shortest moves the hint. */
	if (name->length <= 12)
		ext2_inode_of(directory)->add_hint = (uint32_t)index;
	changed(directory, index, &buffer);
	return 0;
}

/* Blocks at the end in which nothing is left go. */
static void shrink(struct inode *directory)
{
	struct ext2 *fs = ext2_of(directory);
	uint64_t blocks = block_count(directory), keep = blocks;

	while (keep > 1) {
		struct ext2_buffer buffer;
		const struct ext2_record *record;
		bool empty;

		if (ext2_directory_block(directory, keep - 1, false, &buffer))
			break;
		record = buffer.data;
		empty = record->ino == 0 && record->record_bytes == fs->geometry.block_size;
		ext2_buffer_put(&buffer);
		if (!empty)
			break;
		keep--;
	}
	if (keep == blocks)
		return;
	object_set_size(&directory->object, keep << fs->geometry.block_shift);
	ext2_map_truncate(ext2_inode_of(directory), keep);
}

static void remove_record(const struct place *place)
{
	if (place->previous)
		store_release(&place->previous->record_bytes,
			      (uint16_t)(place->previous->record_bytes + place->record->record_bytes));
	else
		store_release(&place->record->ino, 0u);
}

int ext2_directory_remove(struct inode *directory, const struct name *name)
{
	struct ext2 *fs = ext2_of(directory);
	struct ext2_inode *ext2_inode = ext2_inode_of(directory);
	struct ext2_buffer buffer;
	struct place place;
	uint64_t index = 0;
	bool last;
	int error = search(directory, has_name, name, &index, &buffer, &place);

	if (error)
		return error;
	remove_record(&place);
	/* An unused first record takes in what follows it unused, so that an empty block is one record. */
	if (place.previous && place.previous->ino == 0 && (void *)place.previous == buffer.data)
		last = place.previous->record_bytes == fs->geometry.block_size;
	else
		last = !place.previous && place.record->record_bytes == fs->geometry.block_size;
	ext2_inode->add_hint = (uint32_t)min((uint64_t)ext2_inode->add_hint, index);
	changed(directory, index, &buffer);
	if (last && index + 1 == block_count(directory))
		shrink(directory);
	return 0;
}

int ext2_directory_replace(struct inode *directory, const struct name *name, uint64_t ino, mode_t mode)
{
	struct ext2_buffer buffer;
	struct place place;
	uint64_t index = 0;
	int error = search(directory, has_name, name, &index, &buffer, &place);

	if (error)
		return error;
	/* The type is a hint; one store changes what counts. */
	place.record->type = type_of(ext2_of(directory), mode);
	store_release(&place.record->ino, (uint32_t)ino);
	changed(directory, index, &buffer);
	return 0;
}

int ext2_directory_swap(struct inode *a, const struct name *a_name, struct inode *b, const struct name *b_name)
{
	struct ext2_buffer a_buffer, b_buffer;
	struct place a_place, b_place;
	uint64_t a_index = 0, b_index = 0;
	uint32_t ino;
	uint8_t type;
	int error = search(a, has_name, a_name, &a_index, &a_buffer, &a_place);

	if (error)
		return error;
	error = search(b, has_name, b_name, &b_index, &b_buffer, &b_place);
	if (error) {
		ext2_buffer_put(&a_buffer);
		return error;
	}
	ino = a_place.record->ino;
	type = a_place.record->type;
	a_place.record->type = b_place.record->type;
	b_place.record->type = type;
	WRITE_ONCE(a_place.record->ino, b_place.record->ino);
	WRITE_ONCE(b_place.record->ino, ino);
	changed(a, a_index, &a_buffer);
	changed(b, b_index, &b_buffer);
	return 0;
}

int ext2_directory_rename(struct inode *directory, const struct name *from, const struct name *to)
{
	struct ext2_buffer buffer;
	struct place old, room = { 0 };
	uint64_t index = 0;
	int error = search(directory, has_name, from, &index, &buffer, &old);

	if (error)
		return error;
	if (search_block(directory, buffer.data, index, has_room, to, &room) == 0) {
		/* Beside it: the new record first; the old one is found again, for it may have given room itself. */
		place_name(room.record, to, old.record->ino, old.record->type);
		error = search_block(directory, buffer.data, index, has_name, from, &old);
		if (!error)
			remove_record(&old);
	} else if (old.record->record_bytes >= ext2_record_needs(to->length)) {
		/* In its own place. */
		fill_record(old.record, to, old.record->type);
	} else {
		error = -ENOSPC;
	}
	if (error)
		ext2_buffer_put(&buffer);
	else
		changed(directory, index, &buffer);
	return error;
}

int ext2_directory_begin(struct inode *directory, uint64_t parent)
{
	const struct name dot = { .text = ".", .length = 1 }, dot_dot = { .text = "..", .length = 2 };
	int error = ext2_directory_add(directory, &dot, directory->ino, S_IFDIR);

	if (!error)
		error = ext2_directory_add(directory, &dot_dot, parent, S_IFDIR);
	if (!error)
		error = object_write_back(&directory->object, 0, UINT64_MAX);
	return error;
}

/* Anything but "." and ".."? */
static bool is_entry(const struct ext2_record *record, const struct name *name)
{
	if (!record->ino || record->name[0] != '.' || record->name_length > 2)
		return record->ino != 0;
	return record->name_length == 2 && record->name[1] != '.';
}

int ext2_directory_is_empty(struct inode *directory)
{
	struct ext2_buffer buffer;
	struct place place;
	uint64_t index = 0;
	int error = search(directory, is_entry, NULL, &index, &buffer, &place);

	if (error)
		return error == -ENOENT ? 0 : error;
	ext2_buffer_put(&buffer);
	return -ENOTEMPTY;
}
