/*
 * Which on-disk numbers are believed: super block, groups, inodes, block paths, directory records.
 */
#include "fs/ext2/format.h"

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static const char *check_sizes(const struct ext2_super_disk *super, struct ext2_geometry *g)
{
	if (super->log_block_size > 2)
		return "the block size is not 1, 2 or 4 KiB";
	g->block_shift = 10 + super->log_block_size;
	g->block_size = 1u << g->block_shift;
	g->slots_per_block = g->block_size / 4;

	g->inode_size = super->revision ? super->inode_size : EXT2_GOOD_OLD_INODE_SIZE;
	g->first_ino = super->revision ? super->first_ino : EXT2_GOOD_OLD_FIRST_INO;
	if (g->inode_size < EXT2_GOOD_OLD_INODE_SIZE || g->inode_size > g->block_size || !is_power_of_two(g->inode_size))
		return "impossible inode size";
	if (g->first_ino <= EXT2_ROOT_INO || g->first_ino > super->inodes_count)
		return "impossible first inode";
	return NULL;
}

static const char *check_groups(const struct ext2_super_disk *super, struct ext2_geometry *g)
{
	const uint32_t bits = g->block_size * 8;
	uint64_t groups;

	if (super->first_data_block != (g->block_size == 1024 ? 1u : 0u))
		return "the first block is not where it should be";
	if (super->blocks_per_group < 8 || super->blocks_per_group > bits)
		return "impossible number of blocks in a group";
	if (super->inodes_per_group < 1 || super->inodes_per_group > bits)
		return "impossible number of inodes in a group";
	if (super->blocks_count <= super->first_data_block + 1)
		return "no blocks";
	g->blocks_count = super->blocks_count;
	g->first_data_block = super->first_data_block;
	g->blocks_per_group = super->blocks_per_group;
	g->inodes_per_group = super->inodes_per_group;
	g->inodes_count = super->inodes_count;
	groups = ((uint64_t)super->blocks_count - super->first_data_block + super->blocks_per_group - 1) /
		 super->blocks_per_group;
	if (groups * super->inodes_per_group != super->inodes_count)
		return "groups and inodes do not fit together";
	g->group_count = (uint32_t)groups;
	g->descriptor_block = super->first_data_block + 1;
	if (g->descriptor_block + (groups * sizeof(struct ext2_group_disk) + g->block_size - 1) / g->block_size >=
	    super->blocks_count)
		return "no room for the group descriptors";
	return NULL;
}

static uint64_t max_file_size(const struct ext2_geometry *g)
{
	const uint64_t slots = g->slots_per_block;
	uint64_t by_map = (EXT2_DIRECT + slots + slots * slots + slots * slots * slots) << g->block_shift;
	/* The inode counts sectors in 32 bits; indirect blocks are among them. */
	uint64_t data = (uint64_t)UINT32_MAX * 512;
	uint64_t by_sectors = data - data / slots * 2 - 3 * g->block_size;
	uint64_t size = by_map < by_sectors ? by_map : by_sectors;

	if (!g->has_large_files && size > INT32_MAX)
		size = INT32_MAX;
	return size;
}

const char *ext2_check_super(const struct ext2_super_disk *super, uint64_t device_bytes, struct ext2_geometry *g)
{
	const char *wrong;

	if (super->magic != EXT2_MAGIC)
		return "not ext2: no magic number";
	if (super->revision > 1)
		return "unknown revision";
	if (super->revision && (super->feature_incompat & ~(uint32_t)EXT2_INCOMPAT_KNOWN))
		return "it has features that Osier does not know";
	wrong = check_sizes(super, g);
	if (!wrong)
		wrong = check_groups(super, g);
	if (wrong)
		return wrong;
	if (((uint64_t)super->blocks_count << g->block_shift) > device_bytes)
		return "it is larger than its device";
	g->has_file_types = super->revision && (super->feature_incompat & EXT2_INCOMPAT_FILETYPE);
	g->has_large_files = super->revision && (super->feature_ro_compat & EXT2_RO_COMPAT_LARGE_FILE);
	g->must_be_read_only = super->revision && (super->feature_ro_compat & ~(uint32_t)EXT2_RO_COMPAT_KNOWN);
	g->max_file_size = max_file_size(g);
	return NULL;
}

uint32_t ext2_group_blocks(const struct ext2_geometry *g, uint32_t group)
{
	uint64_t first = (uint64_t)g->first_data_block + (uint64_t)group * g->blocks_per_group;
	uint64_t left = g->blocks_count - first;

	return left < g->blocks_per_group ? (uint32_t)left : g->blocks_per_group;
}

uint32_t ext2_inode_table_blocks(const struct ext2_geometry *g)
{
	return (uint32_t)(((uint64_t)g->inodes_per_group * g->inode_size + g->block_size - 1) >> g->block_shift);
}

bool ext2_check_group(const struct ext2_geometry *g, const struct ext2_group_disk *group)
{
	return ext2_block_valid(g, group->block_bitmap) && ext2_block_valid(g, group->inode_bitmap) &&
	       ext2_block_valid(g, group->inode_table) &&
	       (uint64_t)group->inode_table + ext2_inode_table_blocks(g) <= g->blocks_count &&
	       group->free_blocks <= g->blocks_per_group && group->free_inodes <= g->inodes_per_group;
}

uint64_t ext2_inode_size(const struct ext2_inode_disk *disk)
{
	uint64_t size = disk->size;

	if ((disk->mode & EXT2_MODE_TYPE) == EXT2_MODE_REGULAR)
		size |= (uint64_t)disk->size_high << 32;
	return size;
}

const char *ext2_check_inode(const struct ext2_geometry *g, const struct ext2_inode_disk *disk)
{
	uint64_t size = ext2_inode_size(disk);

	if (disk->nlink == 0)
		return "it is not in use";
	switch (disk->mode & EXT2_MODE_TYPE) {
	case EXT2_MODE_REGULAR:
		return size > g->max_file_size ? "impossible size" : NULL;
	case EXT2_MODE_DIRECTORY:
		/* At least the block with "." and "..", and never a part of one. */
		if (size == 0 || (size & (g->block_size - 1)) || size > INT32_MAX)
			return "impossible directory size";
		return NULL;
	case EXT2_MODE_SYMLINK:
		return size == 0 || size >= g->block_size ? "impossible link length" : NULL;
	case EXT2_MODE_CHAR:
	case EXT2_MODE_BLOCK:
	case EXT2_MODE_FIFO:
	case EXT2_MODE_SOCKET:
		return NULL;
	default:
		return "unknown type";
	}
}

unsigned ext2_block_path(const struct ext2_geometry *g, uint64_t index, uint32_t path[4])
{
	const uint64_t slots = g->slots_per_block;
	const unsigned shift = g->block_shift - 2;
	const uint64_t mask = slots - 1;

	if (index < EXT2_DIRECT) {
		path[0] = (uint32_t)index;
		return 1;
	}
	index -= EXT2_DIRECT;
	if (index < slots) {
		path[0] = EXT2_INDIRECT;
		path[1] = (uint32_t)index;
		return 2;
	}
	index -= slots;
	if (index < slots * slots) {
		path[0] = EXT2_INDIRECT + 1;
		path[1] = (uint32_t)(index >> shift);
		path[2] = (uint32_t)(index & mask);
		return 3;
	}
	index -= slots * slots;
	if (index < slots * slots * slots) {
		path[0] = EXT2_INDIRECT + 2;
		path[1] = (uint32_t)(index >> 2 * shift);
		path[2] = (uint32_t)(index >> shift & mask);
		path[3] = (uint32_t)(index & mask);
		return 4;
	}
	return 0;
}

const struct ext2_record *ext2_record_at(const struct ext2_geometry *g, const void *block, uint32_t offset)
{
	const struct ext2_record *record;

	if (offset > g->block_size - EXT2_RECORD_HEADER || (offset & 3))
		return NULL;
	record = (const struct ext2_record *)((const char *)block + offset);
	if ((record->record_bytes & 3) || record->record_bytes < EXT2_RECORD_HEADER ||
	    record->record_bytes > g->block_size - offset)
		return NULL;
	if (record->ino == 0)
		return record;
	if (record->name_length == 0 || ext2_record_needs(record->name_length) > record->record_bytes ||
	    record->ino > g->inodes_count)
		return NULL;
	/* A record that another cannot follow must reach the end of the block. */
	if (offset + record->record_bytes != g->block_size &&
	    offset + record->record_bytes > g->block_size - EXT2_RECORD_HEADER)
		return NULL;
	return record;
}
