/*
 * An address space: a region tree, a page-table root, and the promises made to it.
 *
 * Invariants
 *  1. `regions` changes with `lock` held exclusive; it is read with `lock` held shared.
 *  2. Page tables below `mmu.root` hold entries only inside regions.
 *  3. `promised` pages are charged to commit: accounted pages of all regions and one per 2 MiB slot touched by them.
 */
#ifndef OSIER_VM_SPACE_H
#define OSIER_VM_SPACE_H

#include <osier/types.h>

#include "arch/x86_64/mmu.h"
#include "sync/refcount.h"
#include "task/rwlock.h"
#include "vm/region.h"

struct vm_object;
struct uio;

#define USER_LOW	0x0000000000001000ull	/* page zero is never mapped */
#define USER_HIGH	0x00007ffffffff000ull	/* exclusive */
#define USER_DEFAULT_HIGH 0x0000008000000000ull	/* one 512 GiB slot */
#define USER_STACK_TOP	0x0000007ffffff000ull

/* Every stack is promised this much at exec, so that a full machine does not kill those that merely call functions. */
#define STACK_PROMISED_PAGES 16u

struct vm_space {
	struct rwlock lock;
	struct region_tree regions;
	uint32_t sequence;		/* grows with each change of a region: hints die */
	struct mmu_context mmu;
	struct refcount refs;
	vaddr_t mmap_top;		/* mappings without an address are placed below it */
	vaddr_t brk_start, brk;		/* brk: byte address */
	uint64_t promised;		/* pages charged */
	uint64_t mapped_pages;		/* sum of region sizes, for RLIMIT_AS */
	uint64_t data_pages;		/* private writable pages, for RLIMIT_DATA */
	uint64_t unreserved_pages;	/* touched in private NORESERVE memory, each charged; atomic */
	uint64_t stack_pages;		/* grown so far, atomic; those past STACK_PROMISED_PAGES are charged one by one */
	uint64_t locked_pages;
	bool lock_future;
	uint64_t limit_address_space, limit_data, limit_locked;	/* bytes; the process sets them */
	uint64_t fault_count[24];	/* by verdict */
	uint64_t minor_faults, major_faults;
	uint64_t forked_from;		/* pid, for explanations */
	uint32_t owner_pid;		/* for traces and the debugger */
	struct list_node all_link;
};

/* A new, empty space. ERR_PTR(-ENOMEM). */
struct vm_space *vm_space_create(void);
/*
 * A copy-on-write copy of the caller's space: costs the regions, not the pages.
 * => space.lock not held; sleeps. ERR_PTR(-ENOMEM), and then nothing changed.
 */
struct vm_space *vm_space_fork(struct vm_space *parent);
struct vm_space *vm_space_get(struct vm_space *);
/* Drops a reference; the last one tears everything down. Never the space that is loaded on this CPU. Sleeps. */
void vm_space_put(struct vm_space *);
/* Pages charged as they were touched, beyond `promised`: of stacks and of what was mapped without a reservation. */
static inline uint64_t vm_touched_charge(const struct vm_space *space)
{
	uint64_t stack = __atomic_load_n(&space->stack_pages, __ATOMIC_RELAXED);

	return (stack > STACK_PROMISED_PAGES ? stack - STACK_PROMISED_PAGES : 0) +
	       __atomic_load_n(&space->unreserved_pages, __ATOMIC_RELAXED);
}

/* Makes the current thread run in `space` (NULL: in the kernel's own) and loads it; the reference moves to the thread; => the old one. */
struct vm_space *vm_space_switch(struct vm_space *space);

struct vm_map_request {
	vaddr_t address;		/* hint, or the place when fixed */
	size_t bytes;			/* any; rounded up to pages */
	uint8_t prot, max_prot;		/* enum region_prot */
	uint16_t flags;			/* enum region_flags */
	bool fixed;			/* replace what is there */
	bool no_replace;		/* with fixed: -EEXIST instead */
	bool populate;
	struct vm_object *object;	/* a reference is taken by the region */
	uint64_t offset;		/* bytes, page aligned */
	const char *name;
	uint8_t memtype;
};
/* All or nothing. => 0, -EINVAL, -ENOMEM, -EEXIST; *out is the start. space.lock not held; sleeps. */
int vm_map(struct vm_space *, const struct vm_map_request *, vaddr_t *out);
/* => 0, -EINVAL, -ENOMEM (a split needs a promise). Holes are fine. */
int vm_unmap(struct vm_space *, vaddr_t address, size_t bytes);
/* => 0, -EINVAL, -ENOMEM (hole, or no memory to promise), -EACCES (beyond max_prot). All or nothing. */
int vm_protect(struct vm_space *, vaddr_t address, size_t bytes, uint8_t prot);
/* Sets the end of the heap. => the break as it stands afterwards: the old one if it cannot be moved. */
vaddr_t vm_brk(struct vm_space *, vaddr_t address);

/*
 * exec: the heap begins at `address` (page aligned); the stack region [top - limit, top) with a guard below it.
 * => 0 or -ENOMEM.
 */
void vm_set_brk_start(struct vm_space *, vaddr_t address);
int vm_map_stack(struct vm_space *, vaddr_t top, size_t limit);

/*
 * Reads or writes another space's memory through the direct map, breaking copy-on-write as its owner
 * would. `force`: a debugger may write where prot forbids, within max_prot. => 0, -EFAULT, -ENOMEM. Sleeps.
 */
int vm_access(struct vm_space *, vaddr_t address, void *buffer, size_t bytes, bool write, bool force);

/* Walks [start, end) for /proc: what one page is. */
struct vm_page_info {
	bool present, held, writable, dirty, shared, object, zero;
	uint64_t pfn;
	uint32_t frame_refs;
};
void vm_page_info(struct vm_space *, vaddr_t address, struct vm_page_info *);

struct vm_space_usage {
	uint64_t virtual_pages, resident_pages, shared_pages, table_pages, data_pages, stack_pages, text_pages;
};
void vm_space_usage(struct vm_space *, struct vm_space_usage *);

/* Tree, tables, counts against each other (debug builds, tests). => 0 or -EINVAL after logging. */
int vm_space_check(struct vm_space *);

extern struct vm_space kernel_space;
extern bool vm_fork_eager;	/* boot option fork=eager */
extern struct list_node vm_spaces;	/* every user space, for the debugger */

/* Caches, the zero frame, reclaim. Once, after slab. */
void vm_init(void);

#endif
