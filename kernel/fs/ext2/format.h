/*
 * What ext2 looks like on disk, and what of it may be believed. Pure: compiles on the host, where corrupt images are thrown at it.
 *
 * Every number that comes from the disk goes through one of the checks here before it is used as an index, an offset or a
 * length. All numbers are little-endian, as is the machine.
 */
#ifndef OSIER_FS_EXT2_FORMAT_H
#define OSIER_FS_EXT2_FORMAT_H

#include <osier/compiler.h>
#include <osier/types.h>

enum {
	EXT2_MAGIC = 0xef53,
	EXT2_SUPER_OFFSET = 1024,	/* bytes from the start of the partition */
	EXT2_SUPER_BYTES = 1024,
	EXT2_ROOT_INO = 2,
	EXT2_GOOD_OLD_INODE_SIZE = 128,
	EXT2_GOOD_OLD_FIRST_INO = 11,
	EXT2_NAME_MAX = 255,
	EXT2_LINK_MAX = 65000,
	EXT2_DIRECT = 12,
	EXT2_INDIRECT = 12,		/* index in block[]: single, then double, then triple */
	EXT2_BLOCK_SLOTS = 15,
	EXT2_FAST_SYMLINK_MAX = 60,	/* bytes of block[] */

	EXT2_STATE_VALID = 1,
	EXT2_STATE_ERROR = 2,

	EXT2_COMPAT_DIR_INDEX = 0x20,
	EXT2_INCOMPAT_FILETYPE = 0x2,
	EXT2_RO_COMPAT_SPARSE_SUPER = 0x1,
	EXT2_RO_COMPAT_LARGE_FILE = 0x2,
	EXT2_INCOMPAT_KNOWN = EXT2_INCOMPAT_FILETYPE,
	EXT2_RO_COMPAT_KNOWN = EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE,

	/* Types in the upper bits of an inode's mode: the same as everywhere, said here so that this needs no other header. */
	EXT2_MODE_TYPE = 0170000,
	EXT2_MODE_SOCKET = 0140000,
	EXT2_MODE_SYMLINK = 0120000,
	EXT2_MODE_REGULAR = 0100000,
	EXT2_MODE_BLOCK = 0060000,
	EXT2_MODE_DIRECTORY = 0040000,
	EXT2_MODE_CHAR = 0020000,
	EXT2_MODE_FIFO = 0010000,

	EXT2_FLAG_APPEND = 0x20,
	EXT2_FLAG_IMMUTABLE = 0x10,
	EXT2_FLAG_INDEX = 0x1000,	/* a hashed directory; readable as a plain one */
};

struct ext2_super_disk {
	uint32_t inodes_count, blocks_count, reserved_blocks, free_blocks, free_inodes;
	uint32_t first_data_block, log_block_size, log_fragment_size;
	uint32_t blocks_per_group, fragments_per_group, inodes_per_group;
	uint32_t mount_time, write_time;
	uint16_t mount_count, max_mount_count, magic, state, errors, minor_revision;
	uint32_t last_check, check_interval, creator_os, revision;
	uint16_t reserved_uid, reserved_gid;
	/* Revision 1. */
	uint32_t first_ino;
	uint16_t inode_size, group_of_this;
	uint32_t feature_compat, feature_incompat, feature_ro_compat;
	uint8_t uuid[16];
	char volume_name[16], last_mounted[64];
	uint32_t algorithms;
	uint8_t prealloc_blocks, prealloc_directory_blocks;
	uint16_t reserved_gdt_blocks;
	uint8_t journal_uuid[16];
	uint32_t journal_inode, journal_device, last_orphan, hash_seed[4];
	uint8_t hash_version, jnl_backup_type;
	uint16_t descriptor_size;
	uint32_t default_mount_options, first_meta_group, mkfs_time, jnl_blocks[17];
	uint32_t blocks_count_high, reserved_blocks_high, free_blocks_high;
	uint16_t min_extra_isize, want_extra_isize;
	uint32_t flags;
	uint8_t rest[668];
};
static_assert(sizeof(struct ext2_super_disk) == EXT2_SUPER_BYTES, "super block");

struct ext2_group_disk {
	uint32_t block_bitmap, inode_bitmap, inode_table;	/* block numbers */
	uint16_t free_blocks, free_inodes, used_directories, flags;
	uint32_t reserved[3];
};
static_assert(sizeof(struct ext2_group_disk) == 32, "group descriptor");

struct ext2_inode_disk {
	uint16_t mode, uid;
	uint32_t size, atime, ctime, mtime, dtime;
	uint16_t gid, nlink;
	uint32_t blocks;		/* of 512 bytes */
	uint32_t flags, version;
	uint32_t block[EXT2_BLOCK_SLOTS];
	uint32_t generation, acl;
	uint32_t size_high;		/* of a regular file; of a directory: its ACL */
	uint32_t fragment_block;
	uint16_t blocks_high, acl_high, uid_high, gid_high, checksum_low, reserved;
	/* Inodes above 128 bytes, as far as extra_size goes. */
	uint16_t extra_size, checksum_high;
	uint32_t ctime_extra, mtime_extra, atime_extra, birth_time, birth_time_extra, version_high, project;
};
static_assert(sizeof(struct ext2_inode_disk) == 160, "inode");

struct ext2_record {			/* of a directory */
	uint32_t ino;			/* 0: unused */
	uint16_t record_bytes;
	uint8_t name_length, type;
	char name[];
};
#define EXT2_RECORD_HEADER 8u

static inline unsigned ext2_record_needs(unsigned name_length)
{
	return (EXT2_RECORD_HEADER + name_length + 3) & ~3u;
}

/* File types in directory records. */
enum {
	EXT2_TYPE_UNKNOWN, EXT2_TYPE_REGULAR, EXT2_TYPE_DIRECTORY, EXT2_TYPE_CHAR, EXT2_TYPE_BLOCK,
	EXT2_TYPE_FIFO, EXT2_TYPE_SOCKET, EXT2_TYPE_SYMLINK,
};

/* What the super block says, once it has been found to make sense. */
struct ext2_geometry {
	uint32_t block_size, block_shift;
	uint32_t blocks_count, first_data_block;
	uint32_t blocks_per_group, inodes_per_group, inodes_count, group_count;
	uint32_t inode_size, first_ino;
	uint32_t slots_per_block;	/* block numbers in an indirect block */
	uint32_t descriptor_block;	/* where the group descriptors begin */
	uint64_t max_file_size;		/* bytes: by the block map and by the 32-bit count of sectors */
	bool has_file_types, has_large_files;
	bool must_be_read_only;		/* features that only a reader may ignore */
};

/*
 * Checks a super block against itself and the device. => NULL and *geometry, or a string that says what is wrong.
 */
const char *ext2_check_super(const struct ext2_super_disk *super, uint64_t device_bytes, struct ext2_geometry *geometry);

/* Blocks in a group; the last may be short. */
uint32_t ext2_group_blocks(const struct ext2_geometry *geometry, uint32_t group);
/* Blocks that a group's inode table takes. */
uint32_t ext2_inode_table_blocks(const struct ext2_geometry *geometry);
/* => whether the descriptor's bitmaps and table lie where they may: inside the device, behind the super block. */
bool ext2_check_group(const struct ext2_geometry *geometry, const struct ext2_group_disk *group);
/* => whether the number is that of a block which a file could have. */
static inline bool ext2_block_valid(const struct ext2_geometry *geometry, uint32_t block)
{
	return block > geometry->first_data_block && block < geometry->blocks_count;
}
/* => whether it is the root or a number for ordinary files. */
static inline bool ext2_ino_valid(const struct ext2_geometry *geometry, uint64_t ino)
{
	return ino == EXT2_ROOT_INO || (ino >= geometry->first_ino && ino <= geometry->inodes_count);
}

/* => NULL, or what is wrong with an inode in use. */
const char *ext2_check_inode(const struct ext2_geometry *geometry, const struct ext2_inode_disk *disk);
/* The size in bytes. */
uint64_t ext2_inode_size(const struct ext2_inode_disk *disk);

/*
 * The way from an inode to block `index` of its file: path[0] is a slot of block[], each next one a slot of the indirect block before.
 * => levels, 1 to 4; 0 when the index is beyond what the map can hold.
 */
unsigned ext2_block_path(const struct ext2_geometry *geometry, uint64_t index, uint32_t path[4]);

/*
 * The record at `offset` of a directory block. => it, or NULL when it does not make sense: then nothing after it in the block does.
 * offset must be a multiple of 4 below block_size.
 */
const struct ext2_record *ext2_record_at(const struct ext2_geometry *geometry, const void *block, uint32_t offset);

#endif
