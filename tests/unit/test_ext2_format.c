// links: kernel/fs/ext2/format.c
/*
 * What ext2 believes of a disk: good structures pass, and no mutation of them leads outside.
 */
#include "unit.h"

#include <string.h>

#include "fs/ext2/format.h"

static struct ext2_super_disk good_super(uint32_t log_block_size)
{
	uint32_t block = 1024u << log_block_size;
	struct ext2_super_disk super = {
		.magic = EXT2_MAGIC, .revision = 1, .log_block_size = log_block_size,
		.blocks_per_group = block * 8, .blocks_count = block * 8 * 3 + 500,
		.first_data_block = block == 1024, .inodes_per_group = 1024,
		.inode_size = 256, .first_ino = 11,
		.feature_incompat = EXT2_INCOMPAT_FILETYPE, .feature_ro_compat = 3,
	};

	super.inodes_count = 4 * super.inodes_per_group;
	return super;
}

static uint64_t device_bytes(const struct ext2_super_disk *super)
{
	return (uint64_t)super->blocks_count << (10 + super->log_block_size);
}

static void test_good(void **state)
{
	for (uint32_t log = 0; log <= 2; log++) {
		struct ext2_super_disk super = good_super(log);
		struct ext2_geometry g;

		assert_null(ext2_check_super(&super, device_bytes(&super), &g));
		assert_int_equal(g.group_count, 4);
		assert_int_equal(g.block_size, 1024u << log);
		assert_int_equal(ext2_group_blocks(&g, 0), g.blocks_per_group);
		assert_int_equal(ext2_group_blocks(&g, 3), 500 - g.first_data_block);
		assert_true(g.max_file_size > UINT32_MAX);
	}
}

static void test_refused(void **state)
{
	struct ext2_geometry g;

#define REFUSED(change) do { struct ext2_super_disk s = good_super(2); uint64_t bytes = device_bytes(&s); change; \
	assert_non_null(ext2_check_super(&s, bytes, &g)); } while (0)
	REFUSED(s.magic = 0);
	REFUSED(s.revision = 2);
	REFUSED(s.log_block_size = 3);
	REFUSED(s.log_block_size = UINT32_MAX);
	REFUSED(s.inode_size = 0);
	REFUSED(s.inode_size = 200);
	REFUSED(s.inode_size = 8192);
	REFUSED(s.first_ino = 0);
	REFUSED(s.blocks_per_group = 0);
	REFUSED(s.blocks_per_group = UINT32_MAX);
	REFUSED(s.inodes_per_group = 0);
	REFUSED(s.inodes_count = UINT32_MAX);
	REFUSED(s.blocks_count = 0);
	REFUSED(s.blocks_count = UINT32_MAX);
	REFUSED(s.first_data_block = 7);
	REFUSED(s.feature_incompat |= 0x40);
	REFUSED(bytes -= 1);
}

/* Whatever passes has a geometry within which all the arithmetic stays. */
static void test_super_fuzz(void **state)
{
	unsigned passed = 0;

	unit_seed(3);
	for (int round = 0; round < 200000; round++) {
		struct ext2_super_disk super = good_super((uint32_t)unit_below(3));
		uint64_t bytes = device_bytes(&super);
		struct ext2_geometry g;

		for (unsigned n = 1 + unit_below(3); n; n--)
			((uint8_t *)&super)[unit_below(112)] = (uint8_t)unit_random();
		if (ext2_check_super(&super, bytes, &g))
			continue;
		passed++;
		assert_true((uint64_t)g.blocks_count << g.block_shift <= bytes);
		assert_true(g.block_size >= 1024 && g.block_size <= 4096 && g.inode_size <= g.block_size);
		assert_true(g.group_count >= 1 && g.inodes_per_group >= 1);
		assert_int_equal((uint64_t)g.group_count * g.inodes_per_group, g.inodes_count);
		for (uint32_t group = 0; group < g.group_count && group < 8; group++) {
			uint32_t blocks = ext2_group_blocks(&g, group);

			assert_true(blocks >= 1 && blocks <= g.blocks_per_group);
		}
	}
	assert_true(passed > 1000);
}

/* The way to every index, walked over a model of the tree, is unique and in order. */
static void test_block_path(void **state)
{
	for (uint32_t log = 0; log <= 2; log++) {
		struct ext2_super_disk super = good_super(log);
		struct ext2_geometry g;
		uint64_t slots, limit;

		assert_null(ext2_check_super(&super, device_bytes(&super), &g));
		slots = g.slots_per_block;
		limit = 12 + slots + slots * slots + slots * slots * slots;
		unit_seed(log);
		for (int round = 0; round < 100000; round++) {
			uint64_t index = unit_below(3) ? unit_below(limit) : unit_below(12 + slots + slots * slots + 9);
			uint32_t path[4];
			unsigned levels = ext2_block_path(&g, index, path);
			uint64_t back = 0;

			assert_true(levels >= 1 && levels <= 4);
			for (unsigned i = 1; i < levels; i++) {
				assert_true(path[i] < slots);
				back = back * slots + path[i];
			}
			if (levels == 1) {
				back = path[0];
				assert_true(path[0] < 12);
			} else {
				assert_int_equal(path[0], 10 + levels);
				back += 12 + (levels > 2 ? slots : 0) + (levels > 3 ? slots * slots : 0);
			}
			assert_int_equal(back, index);
		}
		assert_int_equal(ext2_block_path(&g, limit, (uint32_t[4]){ 0 }), 0);
		assert_int_equal(ext2_block_path(&g, UINT64_MAX, (uint32_t[4]){ 0 }), 0);
	}
}

static unsigned put_record(uint8_t *block, unsigned offset, uint32_t ino, const char *name, unsigned bytes)
{
	struct ext2_record *record = (struct ext2_record *)(block + offset);

	record->ino = ino;
	record->record_bytes = (uint16_t)bytes;
	record->name_length = (uint8_t)strlen(name);
	record->type = EXT2_TYPE_REGULAR;
	memcpy(record->name, name, strlen(name));
	return offset + bytes;
}

/* Random damage to a directory block: the walk ends, and every record it shows lies inside the block. */
static void test_record_fuzz(void **state)
{
	struct ext2_super_disk super = good_super(0);
	struct ext2_geometry g;
	unsigned whole = 0;

	assert_null(ext2_check_super(&super, device_bytes(&super), &g));
	unit_seed(5);
	for (int round = 0; round < 100000; round++) {
		/* Exactly a block, so that the sanitizer sees any step outside. */
		uint8_t *block = calloc(1, g.block_size);
		unsigned offset = put_record(block, 0, 2, ".", 12), steps = 0;

		offset = put_record(block, offset, 2, "..", 12);
		while (offset < g.block_size - 280)
			offset = put_record(block, offset, 12, "some-name", ext2_record_needs(9) + 4 * unit_below(8));
		put_record(block, offset, 13, "last", g.block_size - offset);
		for (unsigned n = unit_below(4); n; n--)
			block[unit_below(g.block_size)] = (uint8_t)unit_random();

		for (offset = 0; offset < g.block_size; steps++) {
			const struct ext2_record *record = ext2_record_at(&g, block, offset);

			if (!record)
				break;
			assert_true(record->record_bytes >= EXT2_RECORD_HEADER);
			assert_true(offset + record->record_bytes <= g.block_size);
			if (record->ino)
				assert_true((uint8_t *)record->name + record->name_length <= block + g.block_size);
			offset += record->record_bytes;
		}
		assert_true(steps <= g.block_size / EXT2_RECORD_HEADER);
		whole += offset == g.block_size;
		free(block);
	}
	assert_true(whole > 10000);
}

static void test_inode(void **state)
{
	struct ext2_super_disk super = good_super(2);
	struct ext2_geometry g;
	struct ext2_inode_disk inode = { .mode = EXT2_MODE_REGULAR | 0644, .nlink = 1, .size = 5 };

	assert_null(ext2_check_super(&super, device_bytes(&super), &g));
	assert_null(ext2_check_inode(&g, &inode));
	inode.size_high = 0x7fffffff;
	assert_non_null(ext2_check_inode(&g, &inode));
	inode.size_high = 0;
	inode.nlink = 0;
	assert_non_null(ext2_check_inode(&g, &inode));
	inode = (struct ext2_inode_disk){ .mode = EXT2_MODE_DIRECTORY, .nlink = 2, .size = 4096 };
	assert_null(ext2_check_inode(&g, &inode));
	inode.size = 4097;
	assert_non_null(ext2_check_inode(&g, &inode));
	inode.size = 0;
	assert_non_null(ext2_check_inode(&g, &inode));
	inode = (struct ext2_inode_disk){ .mode = EXT2_MODE_SYMLINK, .nlink = 1, .size = 5000 };
	assert_non_null(ext2_check_inode(&g, &inode));
	inode.mode = 0;
	assert_non_null(ext2_check_inode(&g, &inode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_super_fuzz),
		cmocka_unit_test(test_block_path),
		cmocka_unit_test(test_record_fuzz),
		cmocka_unit_test(test_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
