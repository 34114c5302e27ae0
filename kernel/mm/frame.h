/*
 * struct frame: one for every 4 KiB frame of RAM, in an array indexed by frame number; and the allocator of frames.
 *
 * Not here: how free blocks are kept (buddy.h), what an object or a page table does with its frames.
 *
 * Invariants (mm_check walks them):
 *  1. a frame's kind says who uses it; FRAME_FREE: nobody. Then it is inside exactly one of: a buddy block (its head
 *     has FRAME_FREE_HEAD), a per-CPU magazine or the pool of zeroed frames (FRAME_FREE_CACHED);
 *  2. refs is 0 exactly when the frame is free or reserved; frame_put of the last reference frees it;
 *  3. the counts by kind add up to the usable frames;
 *  4. a frame in a zeroed magazine or the zeroed pool holds 4096 zero bytes.
 *
 * The allocator is never called from interrupt handlers, and the kernel is not preempted: so a CPU's magazine
 * needs no lock.
 */
#ifndef OSIER_MM_FRAME_H
#define OSIER_MM_FRAME_H

#include <osier/compiler.h>
#include <osier/layout.h>
#include <osier/types.h>

enum frame_kind {
	FRAME_FREE,		/* 0, so that a cleared array is an array of free frames */
	FRAME_DATA,		/* private page of a process */
	FRAME_TABLE,		/* page table */
	FRAME_OBJECT,		/* page of a vm_object */
	FRAME_SLAB,		/* slab */
	FRAME_KERNEL,		/* anything else the kernel allocated: stacks, large kmalloc, buffers */
	FRAME_RESERVED,		/* not the allocator's: a hole, firmware, the kernel image, boot data */
	FRAME_KINDS,
};

enum frame_flags {
	/* Of a free frame. */
	FRAME_FREE_HEAD = 1 << 0,	/* first frame of a buddy block; `order` is the block's */
	FRAME_FREE_CACHED = 1 << 1,	/* in a magazine or in the zeroed pool */
	/* Of an object's page: read and written under object.lock. */
	FRAME_BUSY = 1 << 2,		/* being filled or written; wait for it */
	FRAME_UPTODATE = 1 << 3,	/* holds what the object says */
	FRAME_DIRTY = 1 << 4,
	FRAME_WRITEBACK = 1 << 5,
	FRAME_ERROR = 1 << 6,
	FRAME_REFERENCED = 1 << 7,	/* used since reclaim last looked */
	/* Of any frame in use. */
	FRAME_PINNED = 1 << 8,
	FRAME_SHARED_ZERO = 1 << 9,	/* the one frame of zeros that read faults share */
};

struct frame {
	uint32_t refs;			/* atomic */
	uint8_t kind;			/* enum frame_kind */
	uint8_t order;			/* of the block: FRAME_FREE_HEAD, frame_alloc_block, slab */
	uint16_t flags;			/* enum frame_flags */
	union {
		struct {
			uint32_t next, prev;	/* frame numbers; FRAME_LINK_NONE at the ends */
		} link;				/* FRAME_FREE */
		struct {
			uint32_t owner;		/* vm_object in the direct map, see frame_set_object */
			uint32_t index;		/* page of the object */
		} object;			/* FRAME_OBJECT */
		struct {
			uint32_t lock;		/* the table's lock */
			uint16_t live;		/* entries in use (present or held) */
			uint16_t level;		/* 1: leaf table … 4: root */
		} table;			/* FRAME_TABLE */
		uint64_t word;			/* whatever else the user of the frame wants; 0 after allocation */
	};
};

static_assert(sizeof(struct frame) == 16, "one cache line is four frames");

#define FRAME_LINK_NONE UINT32_MAX

/* Flags of frame_alloc: one kind, plus any of these. */
enum frame_alloc_flags {
	FRAME_KIND_MASK = 0xf,
	FRAME_ZERO = 1 << 4,		/* 4096 zero bytes */
	FRAME_NOWAIT = 1 << 5,		/* never reclaim, never sleep */
};

#ifdef OSIER_HOST
extern struct frame *host_frame_array;
#define FRAME_ARRAY host_frame_array
#else
#define FRAME_ARRAY ((struct frame *)FRAME_ARRAY_BASE)
#endif

static inline struct frame *frame_of(pfn_t pfn)
{
	return FRAME_ARRAY + pfn;
}

static inline pfn_t pfn_of(const struct frame *frame)
{
	return (pfn_t)(frame - FRAME_ARRAY);
}

static inline paddr_t frame_to_phys(const struct frame *frame)
{
	return pfn_of(frame) << PAGE_SHIFT;
}

static inline struct frame *frame_of_phys(paddr_t physical)
{
	return frame_of(physical >> PAGE_SHIFT);
}

/* The frame's bytes in the direct map. */
static inline void *frame_to_virt(const struct frame *frame)
{
	return phys_to_virt(frame_to_phys(frame));
}

/* The frame that a direct-map address lies in. */
static inline struct frame *frame_of_virt(const void *address)
{
	return frame_of_phys(virt_to_phys(address));
}

/* Whether there is a struct frame for that number (RAM, or a hole near RAM: then FRAME_RESERVED). */
bool pfn_valid(pfn_t pfn);

/*
 * One frame, with one reference: frame_alloc(FRAME_DATA | FRAME_ZERO).
 * => NULL when there is none. May reclaim, and then sleep, unless FRAME_NOWAIT. flags and word are 0.
 */
static __always_inline struct frame *frame_alloc(unsigned flags);

/* 2^order frames in a row, aligned to their size, each of that kind, refs 1 in the first only. order <= BUDDY_MAX_ORDER. */
struct frame *frame_alloc_block(unsigned order, unsigned flags);
void frame_free_block(struct frame *head, unsigned order);

/* Frees a frame whose only reference is the caller's. */
static __always_inline void frame_free(struct frame *frame);
/* The same for a frame that holds 4096 zero bytes again, as an emptied page table does. */
void frame_free_zeroed(struct frame *frame);

static inline uint32_t frame_refs(const struct frame *frame)
{
	return __atomic_load_n(&frame->refs, __ATOMIC_ACQUIRE);
}

/* One more reference; the caller has one, or a lock that keeps one alive. */
static inline struct frame *frame_get(struct frame *frame)
{
	__atomic_fetch_add(&frame->refs, 1, __ATOMIC_RELAXED);
	return frame;
}

/* Drops a reference; the last one frees the frame. => true when it was the last. */
static __always_inline bool frame_put(struct frame *frame);

/* Drops a reference without freeing. => true when it was the last: the caller then frees (tables do). */
static inline bool frame_put_test(struct frame *frame)
{
	return __atomic_sub_fetch(&frame->refs, 1, __ATOMIC_ACQ_REL) == 0;
}

/* Changes what an allocated frame counts as. */
void frame_set_kind(struct frame *frame, enum frame_kind kind);

/*
 * Names the object and page that a FRAME_OBJECT frame belongs to. `object` lies in the direct map and is 8-byte
 * aligned: its place is kept in 8-byte units, 32 bits in `owner` and 8 more in `order`. index is below 2^32.
 */
static inline void frame_set_object(struct frame *frame, const void *object, uint64_t index)
{
	uint64_t unit = virt_to_phys(object) >> 3;

	frame->object.owner = (uint32_t)unit;
	frame->order = (uint8_t)(unit >> 32);
	frame->object.index = (uint32_t)index;
}

static inline void *frame_object(const struct frame *frame)
{
	return phys_to_virt(((uint64_t)frame->order << 32 | frame->object.owner) << 3);
}

static inline uint64_t frame_object_index(const struct frame *frame)
{
	return frame->object.index;
}

/*
 * Zeroes one free frame for later, if the pool wants it. For the idle loop: interrupts may be on, but the idle
 * thread must not be switched away inside. => false when there is nothing to do.
 */
bool frame_zero_idle(void);

/* Called (sleeping allowed) when memory is short: frees about `want` frames, => how many it freed. */
typedef uint64_t (*frame_reclaim_fn)(uint64_t want);
void frame_set_reclaim(frame_reclaim_fn fn);

struct frame_stats {
	uint64_t total;			/* frames of RAM in the memory map */
	uint64_t usable;		/* frames the allocator was ever given */
	uint64_t free;			/* in buddy lists, magazines and pool */
	uint64_t zeroed;		/* of the free: already zero */
	uint64_t by_kind[FRAME_KINDS];	/* FRAME_FREE: as free; FRAME_RESERVED: total - usable */
};
void frame_stats(struct frame_stats *stats);
uint64_t frame_free_count(void);

/* Gives a range of reserved frames (boot data, modules) to the allocator. [first, last) */
void frame_release_range(pfn_t first, pfn_t last);

/* Builds the array from the boot memory map and takes over what that has left. Called once. */
void frame_init(void);

/* Everything this layer can check about itself. => 0, or -EINVAL after logging. Slow; nothing else may allocate meanwhile. */
int mm_check(void);

/* Boot option memtest=1: allocates all there is, writes and verifies patterns, frees, logs. => 0 or -EIO. */
int frame_memory_test(void);

#include "mm/magazine.h"

#endif
