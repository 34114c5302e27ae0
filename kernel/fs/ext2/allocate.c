/*
 * Blocks and inode numbers: the bitmaps in the device's cache, the counts in memory.
 *
 * A freed block is not free at once. Until the pointer to it is gone from the disk it must not get another owner, or a
 * crash leaves two files that claim it, which no repair can undo. So it waits in `freed_blocks`; a flush that begins
 * afterwards writes the pointers away and then releases it.
 *
 * A bitmap that says that the file system's own structures are free is not believed.
 */
#include "fs/cred.h"
#include "fs/ext2/ext2.h"
#include "lib/bitmap.h"
#include "lib/err.h"

uint32_t ext2_group_first_block(const struct ext2_geometry *g, uint32_t group)
{
	return g->first_data_block + group * g->blocks_per_group;
}

static uint32_t group_of_block(const struct ext2_geometry *g, uint32_t block)
{
	return (block - g->first_data_block) / g->blocks_per_group;
}

static bool is_power_of(uint32_t n, uint32_t base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

/* Whether the group begins with a copy of the super block and the descriptors. */
static bool has_super(const struct ext2 *fs, uint32_t group)
{
	return fs->all_groups_have_super || group <= 1 || is_power_of(group, 3) || is_power_of(group, 5) ||
	       is_power_of(group, 7);
}

/* Whether the block holds what the file system itself consists of. */
static bool is_system_block(const struct ext2 *fs, uint32_t block)
{
	const struct ext2_geometry *g = &fs->geometry;
	uint32_t group = group_of_block(g, block);
	const struct ext2_group_disk *descriptor = &fs->groups[group];
	uint32_t descriptors = (uint32_t)(((uint64_t)g->group_count * sizeof *descriptor + g->block_size - 1) >> g->block_shift);

	if (has_super(fs, group) &&
	    block - ext2_group_first_block(g, group) < 1 + descriptors + fs->reserved_gdt_blocks)
		return true;
	if (block == descriptor->block_bitmap || block == descriptor->inode_bitmap)
		return true;
	return block >= descriptor->inode_table && block - descriptor->inode_table < ext2_inode_table_blocks(g);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* A clear bit of the group's bitmap at or after `from`, now set. => the block, or 0. alloc_lock held. */
static int take_from_group(struct ext2 *fs, uint32_t group, uint32_t from, uint32_t *block)
{
	const struct ext2_geometry *g = &fs->geometry;
	uint32_t bits = ext2_group_blocks(g, group);
	struct ext2_buffer buffer;
	size_t bit;
	int error = ext2_buffer_get(fs, fs->groups[group].block_bitmap, &buffer);

	*block = 0;
	if (error)
		return error;
	for (bit = from; (bit = bitmap_find_clear(buffer.data, bits, bit)) != BITMAP_NONE; bit++) {
		uint32_t candidate = ext2_group_first_block(g, group) + (uint32_t)bit;

		bitmap_set(buffer.data, bit);
		if (likely(candidate && !is_system_block(fs, candidate))) {
			*block = candidate;
			break;
		}
		(void)ext2_corrupt(fs, "block %u is not free, whatever the bitmap says", candidate);
	}
	ext2_buffer_put_dirty(fs, &buffer);
	return 0;
}

static int allocate_locked(struct ext2 *fs, uint32_t goal, uint32_t *block)
{
	const struct ext2_geometry *g = &fs->geometry;
	uint32_t goal_group, from;

	if (!ext2_block_valid(g, goal))
		goal = g->first_data_block + 1;
	goal_group = group_of_block(g, goal);
	from = goal - ext2_group_first_block(g, goal_group);

	/* The goal's group comes twice: after the goal first, and all of it in the end. */
	for (uint32_t i = 0; i <= g->group_count; i++) {
		uint32_t group = (goal_group + i) % g->group_count;
		int error;

		if (fs->groups[group].free_blocks == 0)
			continue;
		error = take_from_group(fs, group, i == 0 ? from : 0, block);
		if (error)
			return error;
		if (*block) {
			fs->groups[group].free_blocks--;
			fs->free_blocks--;
			fs->counts_dirty = true;
			return 0;
		}
	}
	return -ENOSPC;
}

int ext2_block_allocate(struct ext2 *fs, uint32_t goal, uint32_t *block)
{
	int error = -ENOSPC;

	mutex_lock(&fs->alloc_lock);
	if (fs->free_blocks && (fs->free_blocks > fs->reserved_blocks || cred_is_superuser(cred_current())))
		error = allocate_locked(fs, goal, block);
	mutex_unlock(&fs->alloc_lock);
	return error;
}

/* => whether the bitmap has the block as used. alloc_lock held. */
static bool is_used(struct ext2 *fs, uint32_t block)
{
	const struct ext2_geometry *g = &fs->geometry;
	uint32_t group = group_of_block(g, block);
	struct ext2_buffer buffer;
	bool used;

	if (ext2_buffer_get(fs, fs->groups[group].block_bitmap, &buffer))
		return false;
	used = bitmap_test(buffer.data, block - ext2_group_first_block(g, group));
	ext2_buffer_put(&buffer);
	return used;
}

bool ext2_block_free(struct ext2 *fs, uint32_t block)
{
	bool good;

	mutex_lock(&fs->alloc_lock);
	good = ext2_block_valid(&fs->geometry, block) && !is_system_block(fs, block) &&
	       !bitmap_test(fs->freed_blocks, block) && !bitmap_test(fs->releasing_blocks, block) &&
	       is_used(fs, block);
	if (good) {
		bitmap_set(fs->freed_blocks, block);
		fs->freed_count++;
	}
	mutex_unlock(&fs->alloc_lock);
	if (!good)
		(void)ext2_corrupt(fs, "block %u is freed, but was not in use", block);
	return good;
}

static int release_in_group(struct ext2 *fs, uint32_t group)
{
	const struct ext2_geometry *g = &fs->geometry;
	uint32_t first = ext2_group_first_block(g, group), end = first + ext2_group_blocks(g, group);
	size_t block = bitmap_find_set(fs->releasing_blocks, end, first);
	struct ext2_buffer buffer;
	int error;

	if (block == BITMAP_NONE)
		return 0;
	error = ext2_buffer_get(fs, fs->groups[group].block_bitmap, &buffer);
	if (error)
		return error;
	for (; block != BITMAP_NONE; block = bitmap_find_set(fs->releasing_blocks, end, block)) {
		bitmap_clear(fs->releasing_blocks, block);
		bitmap_clear(buffer.data, block - first);
		fs->groups[group].free_blocks++;
		fs->free_blocks++;
		fs->releasing_count--;
	}
	fs->counts_dirty = true;
	ext2_buffer_put_dirty(fs, &buffer);
	return 0;
}

int ext2_release_freed(struct ext2 *fs)
{
	int error = 0;

	mutex_lock(&fs->alloc_lock);
	for (uint32_t group = 0; group < fs->geometry.group_count && fs->releasing_count && !error; group++)
		error = release_in_group(fs, group);
	mutex_unlock(&fs->alloc_lock);
	return error;
}

/* ---- inode numbers --------------------------------------------------------------------------- */

/* A file goes to its directory's group; a directory where there is most room, so that its files find some. */
static uint32_t choose_group(const struct ext2 *fs, uint64_t parent, bool is_directory)
{
	uint32_t best = (uint32_t)((parent - 1) / fs->geometry.inodes_per_group);

	if (!is_directory)
		return best;
	for (uint32_t group = 0; group < fs->geometry.group_count; group++) {
		if (fs->groups[group].free_inodes && fs->groups[group].free_blocks > fs->groups[best].free_blocks)
			best = group;
	}
	return best;
}

/* => 0 and *ino (0: none free here), -EIO. alloc_lock held. */
static int take_ino(struct ext2 *fs, uint32_t group, uint64_t *ino)
{
	const struct ext2_geometry *g = &fs->geometry;
	uint64_t first = (uint64_t)group * g->inodes_per_group + 1;
	size_t from = first < g->first_ino ? g->first_ino - first : 0, bit;
	struct ext2_buffer buffer;
	int error = ext2_buffer_get(fs, fs->groups[group].inode_bitmap, &buffer);

	*ino = 0;
	if (error)
		return error;
	bit = bitmap_find_clear(buffer.data, g->inodes_per_group, from);
	if (bit != BITMAP_NONE) {
		bitmap_set(buffer.data, bit);
		*ino = first + bit;
	}
	ext2_buffer_put_dirty(fs, &buffer);
	return 0;
}

int ext2_ino_allocate(struct ext2 *fs, uint64_t parent, bool is_directory, uint64_t *ino)
{
	const uint32_t groups = fs->geometry.group_count;
	uint32_t start;
	int error = 0;

	*ino = 0;
	mutex_lock(&fs->alloc_lock);
	start = choose_group(fs, parent, is_directory);
	for (uint32_t i = 0; i < groups && !error && !*ino; i++) {
		uint32_t group = (start + i) % groups;

		if (fs->groups[group].free_inodes == 0)
			continue;
		error = take_ino(fs, group, ino);
		if (!*ino)
			continue;
		fs->groups[group].free_inodes--;
		fs->free_inodes--;
		if (is_directory)
			fs->groups[group].used_directories++;
		fs->counts_dirty = true;
	}
	mutex_unlock(&fs->alloc_lock);
	if (error)
		return error;
	return *ino ? 0 : -ENOSPC;
}

void ext2_ino_release(struct ext2 *fs, uint64_t ino, bool is_directory)
{
	uint32_t group = (uint32_t)((ino - 1) / fs->geometry.inodes_per_group);
	struct ext2_buffer buffer;

	mutex_lock(&fs->alloc_lock);
	if (ext2_buffer_get(fs, fs->groups[group].inode_bitmap, &buffer) == 0) {
		bitmap_clear(buffer.data, (ino - 1) % fs->geometry.inodes_per_group);
		ext2_buffer_put_dirty(fs, &buffer);
		fs->groups[group].free_inodes++;
		fs->free_inodes++;
		if (is_directory && fs->groups[group].used_directories)
			fs->groups[group].used_directories--;
		fs->counts_dirty = true;
	}
	mutex_unlock(&fs->alloc_lock);
}
