/*
 * A vm_object holds pages that more than one mapping may see: a file's page cache, shared
 * memory, a window of device memory. Page tables only cache what stands here.
 *
 * Invariants
 *  1. A frame in `pages` has kind FRAME_OBJECT, names this object and its index, and the object
 *     holds one reference; every page-table entry and every pin holds one more.
 *  2. BUSY, UPTODATE, DIRTY, WRITEBACK, ERROR of such a frame are read and written under `lock`.
 *  3. A page whose BUSY is set belongs to who set it; all others wait on `busy_wait`.
 *  4. The list of regions changes under `lock` (and the region's space.lock, exclusive).
 *  5. Bytes of the last page past `size` are zero whenever `lock` is not held and the page is UPTODATE.
 */
#ifndef OSIER_VM_OBJECT_H
#define OSIER_VM_OBJECT_H

#include <osier/types.h>

#include "lib/list.h"
#include "lib/radix.h"
#include "sync/refcount.h"
#include "task/mutex.h"
#include "task/waitq.h"

struct frame;
struct vm_object;

enum object_kind {
	OBJECT_INODE,		/* the page cache of a file; `owner` is the inode */
	OBJECT_SHARED,		/* shared anonymous memory, tmpfs files */
	OBJECT_DEVICE,		/* physical range [device_base, +size), no struct frame */
};

#define OBJECT_FILL_MAX 16

struct object_ops {
	/*
	 * Brings `count` (1 to OBJECT_FILL_MAX) consecutive pages from `index` on into `frames`, all 4096 bytes
	 * each, through the direct map or by DMA; past end of file: zeros. The frames are BUSY and in
	 * nobody else's sight. => 0, or -errno for all of them (it is then asked for the first page alone). Sleeps; no
	 * object lock held. NULL: pages begin as zeros.
	 */
	int (*fill)(struct vm_object *, uint64_t index, struct frame **frames, unsigned count);
	/* Makes sure that page `index` has a place to be written to. => 0, -ENOSPC, -EROFS, -EIO. object.lock held. NULL: it always has. */
	int (*prepare_write)(struct vm_object *, uint64_t index);
	/* Writes `count` frames of consecutive pages from `index`. => 0 or -errno. Sleeps. */
	int (*write_back)(struct vm_object *, uint64_t index, struct frame **frames, unsigned count);
	/* The last reference is gone and all pages with it. */
	void (*release)(struct vm_object *);
};

struct vm_object {
	struct refcount refs;
	struct mutex lock;
	enum object_kind kind;
	uint32_t id;			/* unique, for the debugger and /proc */
	uint64_t size;			/* bytes; a mapping past it is SIGBUS */
	struct radix pages;		/* index -> struct frame * */
	struct list_node regions;	/* struct region.object_link */
	struct waitq busy_wait;
	const struct object_ops *ops;
	void *owner;
	paddr_t device_base;		/* OBJECT_DEVICE */
	uint8_t device_memtype;		/* enum memtype */
	bool charged;			/* its pages were charged to commit when it was made */
	bool charges_pages;		/* each page is charged when it comes into being (NORESERVE) */
	uint64_t mapped_write_generation;	/* grows with each write through a mapping (mtime) */
	struct list_node all_link;
};

/* Initialises an embedded object with one reference. */
void object_init(struct vm_object *, enum object_kind, const struct object_ops *, uint64_t size,
		 void *owner);
struct vm_object *object_get(struct vm_object *);
/* Drops a reference; the last one frees the pages, then calls ops->release. Sleeps. */
void object_put(struct vm_object *);

/* Shared anonymous memory of `size` bytes, charged in full unless `noreserve`. ERR_PTR. */
struct vm_object *object_create_shared(uint64_t size, bool noreserve);
/* A window of device memory; frees itself with the last reference. ERR_PTR. */
struct vm_object *object_create_device(paddr_t base, uint64_t size, uint8_t memtype);

enum object_page_flags {
	OBJECT_PAGE_WRITE = 1,		/* the caller will change it: prepare_write is called, DIRTY set */
	OBJECT_PAGE_OVERWRITE = 2,	/* with WRITE: all 4096 bytes will be replaced, do not fill */
	OBJECT_PAGE_NO_CREATE = 4,	/* only if resident, else *out = NULL */
	OBJECT_PAGE_FAULT = 8,		/* -EFBIG past `size` rather than a page of zeros */
};

/*
 * Page `index`, UPTODATE, with a reference for the caller (frame_put when done).
 * => object.lock not held; sleeps. => 0, -EIO, -ENOMEM, -ENOSPC, …; pages past `size` are
 * created only with WRITE (the caller then grows `size`).
 */
int object_page_get(struct vm_object *, uint64_t index, unsigned flags, struct frame **out);

/*
 * The pages from `index` on that are there and UPTODATE, at most `count`, up to the first that is not; a reference on each for the caller.
 * => how many. For reading much: one lock for many pages.
 */
unsigned object_pages_get(struct vm_object *, uint64_t index, unsigned count, struct frame **out);

/*
 * Sets the size. Shrinking zaps every mapping of pages past it, drops the pages and zeroes the
 * tail of the last one; growing zeroes the tail of the old last page. The file system calls it
 * with the inode's lock held. Sleeps; cannot fail.
 */
void object_set_size(struct vm_object *, uint64_t size);

/* Writes back dirty pages of [first, last]; clears W in every mapping first. => 0 or first error. */
int object_write_back(struct vm_object *, uint64_t first, uint64_t last);

/* Frees clean, unmapped pages of page-cache objects, about `want` of them. => pages freed. */
uint64_t object_reclaim(uint64_t want);

uint64_t object_cached_pages(void);	/* resident page-cache pages, for /proc/meminfo */
uint64_t object_shared_pages(void);	/* resident shared-memory and tmpfs pages */

/*
 * What stands at `index`: its state, and the frame (no reference) where it is UPTODATE. object.lock held.
 * The state is enum object_page_state of vm/fault.h.
 */
int object_page_state(struct vm_object *, uint64_t index, struct frame **out);
/* The page was, or is about to be, changed through a mapping. object.lock held. */
void object_page_dirty(struct vm_object *, struct frame *);

int object_check(struct vm_object *);

/* Caches and the reclaim hook. Called by vm_init. */
void object_subsystem_init(void);

#endif
