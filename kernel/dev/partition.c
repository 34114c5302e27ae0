/*
 * Partition tables. GPT as in the UEFI specification, chapter 5, both copies with their checksums; the MBR with its
 * four entries and the chain of logical ones. Nothing read from the disk is believed before it is checked.
 */
#include "dev/partition.h"

#include "debug/log.h"
#include "dev/device.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/slab.h"

#define SECTOR 512u
#define PARTITIONS_MAX 15u		/* minors of a disk */
#define GPT_ENTRIES_MAX 1024u
#define MBR_EXTENDED(type) ((type) == 0x05 || (type) == 0x0f || (type) == 0x85)

struct gpt_header {
	char signature[8];
	uint32_t revision, header_bytes, header_crc, reserved;
	uint64_t this_sector, other_sector, first_usable, last_usable;
	uint8_t disk_guid[16];
	uint64_t entries_sector;
	uint32_t entry_count, entry_bytes, entries_crc;
};
static_assert(offsetof(struct gpt_header, entries_crc) == 88, "as on disk");

struct gpt_entry {
	uint8_t type[16], guid[16];
	uint64_t first, last;		/* both inclusive */
	uint64_t attributes;
	uint16_t name[36];
};
static_assert(sizeof(struct gpt_entry) == 128, "as on disk");

struct mbr_entry {
	uint8_t status, chs_first[3], type, chs_last[3];
	uint8_t first[4], sectors[4];
};
static_assert(sizeof(struct mbr_entry) == 16, "as on disk");

struct partition {
	struct block_device device;
	char name[16];
};

/* Four bits at a time. */
static uint32_t crc32(const void *data, size_t size)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *bytes = data;
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static uint32_t little32(const uint8_t bytes[4])
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void add(struct block_device *disk, unsigned number, uint64_t first, uint64_t sectors)
{
	struct partition *partition;

	if (number > PARTITIONS_MAX) {
		log_warn("%s: partition %u is more than Osier counts", disk->name, number);
		return;
	}
	if (!sectors || first >= disk->sectors || sectors > disk->sectors - first) {
		log_warn("%s: partition %u does not lie on the disk", disk->name, number);
		return;
	}
	partition = kzalloc(sizeof *partition);
	if (!partition)
		return;
	ksnprintf(partition->name, sizeof partition->name, "%s%u", disk->name, number);
	partition->device = (struct block_device){
		.name = partition->name,
		.major = disk->major,
		.minor = disk->minor + number,
		.first_sector = first,
		.sectors = sectors,
		.read_only = disk->read_only,
		.parent = disk,
	};
	if (block_device_register(&partition->device)) {
		kfree(partition);
		return;
	}
	log_debug("%s: sectors %llu to %llu", partition->name, (unsigned long long)first,
		  (unsigned long long)(first + sectors - 1));
}

/* => the entries, or ERR_PTR: -EINVAL when this copy is no good. */
static void *gpt_read(struct block_device *disk, uint64_t sector, struct gpt_header *header, uint8_t *block)
{
	uint64_t bytes, sectors;
	uint32_t crc;
	void *entries;
	int error = block_device_read(disk, sector * SECTOR, block, SECTOR);

	if (error)
		return ERR_PTR(error);
	memcpy(header, block, sizeof *header);
	if (memcmp(header->signature, "EFI PART", 8) || header->header_bytes < 92 || header->header_bytes > SECTOR ||
	    header->this_sector != sector)
		return ERR_PTR(-EINVAL);
	crc = header->header_crc;
	memset(block + offsetof(struct gpt_header, header_crc), 0, 4);
	if (crc32(block, header->header_bytes) != crc)
		return ERR_PTR(-EINVAL);
	if (header->entry_bytes < 128 || header->entry_bytes > 4096 || header->entry_bytes & 127 ||
	    !header->entry_count || header->entry_count > GPT_ENTRIES_MAX)
		return ERR_PTR(-EINVAL);
	bytes = (uint64_t)header->entry_bytes * header->entry_count;
	sectors = (bytes + SECTOR - 1) / SECTOR;
	if (header->entries_sector >= disk->sectors || sectors > disk->sectors - header->entries_sector)
		return ERR_PTR(-EINVAL);
	entries = kmalloc(sectors * SECTOR);
	if (!entries)
		return ERR_PTR(-ENOMEM);
	error = block_device_read(disk, header->entries_sector * SECTOR, entries, sectors * SECTOR);
	if (!error && crc32(entries, bytes) != header->entries_crc)
		error = -EINVAL;
	if (error) {
		kfree(entries);
		return ERR_PTR(error);
	}
	return entries;
}

static int gpt_scan(struct block_device *disk, uint8_t *block)
{
	struct gpt_header header;
	char *entries = gpt_read(disk, 1, &header, block);

	if (IS_ERR(entries) && PTR_ERR(entries) == -EINVAL) {
		log_warn("%s: the first partition table is damaged, trying the second", disk->name);
		entries = gpt_read(disk, disk->sectors - 1, &header, block);
	}
	if (IS_ERR(entries))
		return (int)PTR_ERR(entries);
	for (unsigned i = 0; i < header.entry_count; i++) {
		static const uint8_t unused[16];
		const struct gpt_entry *entry = (void *)(entries + (size_t)i * header.entry_bytes);

		if (!memcmp(entry->type, unused, sizeof unused))
			continue;
		if (entry->last < entry->first)
			log_warn("%s: partition %u ends before it begins", disk->name, i + 1);
		else
			add(disk, i + 1, entry->first, entry->last - entry->first + 1);
	}
	kfree(entries);
	return 0;
}

/* Logical partitions: each has a table of its own, whose second entry leads to the next. */
static void mbr_scan_extended(struct block_device *disk, uint8_t *block, uint64_t start)
{
	uint64_t at = start;

	for (unsigned number = 5; number <= PARTITIONS_MAX; number++) {
		const struct mbr_entry *entry = (void *)(block + 446);

		if (at >= disk->sectors || block_device_read(disk, at * SECTOR, block, SECTOR) || block[510] != 0x55 ||
		    block[511] != 0xaa)
			return;
		if (entry[0].type)
			add(disk, number, at + little32(entry[0].first), little32(entry[0].sectors));
		if (!MBR_EXTENDED(entry[1].type))
			return;
		at = start + little32(entry[1].first);
	}
}

void partition_scan(struct block_device *disk)
{
	uint8_t *block = kmalloc(SECTOR);
	struct mbr_entry entries[4];
	int error;

	if (!block)
		return;
	error = disk->sectors < 2 ? -EINVAL : block_device_read(disk, 0, block, SECTOR);
	if (error || block[510] != 0x55 || block[511] != 0xaa)
		goto out;	/* no table: a file system on the whole disk, perhaps */
	memcpy(entries, block + 446, sizeof entries);
	for (unsigned i = 0; i < 4; i++) {
		if (entries[i].type == 0xee) {
			error = gpt_scan(disk, block);
			goto out;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		if (entries[i].status & 0x7f)
			goto out;	/* code, not a table */
	}
	for (unsigned i = 0; i < 4; i++)
		if (entries[i].type && !MBR_EXTENDED(entries[i].type))
			add(disk, i + 1, little32(entries[i].first), little32(entries[i].sectors));
	for (unsigned i = 0; i < 4; i++)
		if (MBR_EXTENDED(entries[i].type))
			mbr_scan_extended(disk, block, little32(entries[i].first));
out:
	if (error && disk->sectors >= 2)
		log_warn("%s: the partition table cannot be read (error %d)", disk->name, -error);
	kfree(block);
}
