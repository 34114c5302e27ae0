/*
 * What stands behind device nodes: character devices, block devices through their page cache.
 */
#ifndef OSIER_FS_SPECIAL_FILE_H
#define OSIER_FS_SPECIAL_FILE_H

#include <osier/types.h>

struct block_device;
struct char_device;
struct file;
struct inode;
struct vm_object;

/* The last step of opening a node: => 0, -ENXIO (no such device), … */
int char_file_open(struct inode *, struct file *);
int block_file_open(struct inode *, struct file *);

/* The device behind an open character file, or NULL: for controlling terminals. */
struct char_device *file_char_device(const struct file *);
void *file_char_device_data(const struct file *);	/* its open_data */

/*
 * The one page cache of a block device, with a reference; file systems keep their metadata in it. ERR_PTR(-ENOMEM). Its lock ranks below a
 * block map's (LOCK_RANK_METADATA).
 */
struct vm_object *block_cache_get(struct block_device *);
/* Writes its dirty pages and flushes the device. => 0 or first error. */
int block_cache_sync(struct vm_object *);
/* Tells the device to make what it was given permanent. */
int block_device_flush(struct block_device *);

/*
 * Transfers whole pages or parts of them: `bytes` at byte `offset` of the device from or into frames, piece by piece, as one request where
 * the pieces follow each other on the device.
 */
struct block_piece {
	uint64_t offset;		/* on the device, bytes; a multiple of 512 */
	uint32_t bytes;			/* a multiple of 512, at most a page */
	void *memory;			/* direct map */
};
/* => 0 or -EIO (also for pieces outside the device). Sleeps until all is done. */
int block_transfer_pieces(struct block_device *, const struct block_piece *, unsigned count, bool write);

#endif
