/*
 * Devices as the file systems see them. Drivers register here; devfs (kernel/fs) gives each a name under /dev. This
 * layer knows nothing of files: it gets a `struct uio` to fill or empty.
 */
#ifndef OSIER_DEV_DEVICE_H
#define OSIER_DEV_DEVICE_H

#include <osier/types.h>

#include "lib/list.h"

struct uio;
struct vm_object;
struct thread;
struct poll_waiter;

struct char_device;

/* An open of a character device may carry state of its own (`*open_data`, starts NULL). */
struct char_device_ops {
	int (*open)(struct char_device *, unsigned flags, void **open_data);
	void (*close)(struct char_device *, void *open_data);
	/* => bytes moved, or -errno; may sleep; O_NONBLOCK arrives in flags. */
	ssize_t (*read)(struct char_device *, void *open_data, struct uio *, uint64_t offset, unsigned flags);
	ssize_t (*write)(struct char_device *, void *open_data, struct uio *, uint64_t offset, unsigned flags);
	int (*ioctl)(struct char_device *, void *open_data, unsigned long request, vaddr_t arg);
	unsigned (*poll)(struct char_device *, void *open_data, struct poll_waiter *);
	/* The object that mmap maps (a reference for the caller), or ERR_PTR(-ENODEV). */
	struct vm_object *(*object)(struct char_device *, void *open_data);
};

struct char_device {
	struct list_node link;
	const char *name;		/* "null", "tty1", "fb0" */
	uint32_t mode;			/* permission bits */
	uint32_t major, minor;
	bool is_tty;
	const struct char_device_ops *ops;
	void *data;
};

int char_device_register(struct char_device *);
struct char_device *char_device_find(uint32_t major, uint32_t minor);

/* A block device transfers whole sectors of 512 bytes between itself and frames of the direct map. */
struct block_request {
	struct list_node link;
	bool write, flush;
	uint64_t sector;
	unsigned segment_count;
	struct block_segment { paddr_t address; uint32_t bytes; } segments[32];
	void (*done)(struct block_request *);	/* interrupt context; only wakes */
	int status;				/* 0 or -EIO, valid once done */
	void *private;
};

struct block_device {
	struct list_node link;
	const char *name;		/* "vda", "vda3" */
	uint32_t major, minor;
	uint64_t first_sector, sectors;	/* a partition is a window of its parent */
	bool read_only;
	struct block_device *parent;
	/* Of a disk (parent NULL): the driver's. May sleep for a queue slot. Others call block_device_submit. */
	int (*submit)(struct block_device *, struct block_request *);
	void *data;
};

int block_device_register(struct block_device *);
struct block_device *block_device_find(const char *name);
struct block_device *block_device_find_number(uint32_t major, uint32_t minor);
/*
 * Checks a request and hands it to the disk; `sector` counts from the device's start and is changed on the way down. May
 * sleep. => 0: `done` will be called, from an interrupt; else -EINVAL, -EROFS, -EIO (past the end) and it will not.
 * With `flush` and no segments: what was written before is on the disk when it is done.
 */
int block_device_submit(struct block_device *, struct block_request *);
/* Flushes the disk's cache and waits. */
int block_device_flush_cache(struct block_device *);
/* Submits and waits; uses `done` and `private`. => 0 or -errno; sleeps. */
int block_device_transfer(struct block_device *, struct block_request *);
/* Bounce-free helper for metadata: `bytes` (multiple of 512) at byte offset into a direct-map buffer. */
int block_device_read(struct block_device *, uint64_t byte_offset, void *buffer, size_t bytes);

struct char_device *char_device_next(struct char_device *previous);	/* NULL: the first; for devfs */
struct block_device *block_device_next(struct block_device *previous);

#endif
