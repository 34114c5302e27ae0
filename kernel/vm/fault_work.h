/*
 * What the handling of one fault carries from step to step. Private to fault.c and the resolve files.
 */
#ifndef OSIER_VM_FAULT_WORK_H
#define OSIER_VM_FAULT_WORK_H

#include "arch/x86_64/pt.h"
#include "vm/fault.h"

struct vm_object;
struct vm_space;

struct fault_work {
	struct vm_fault *fault;
	struct vm_space *space;
	bool locked;			/* space.lock held, shared */
	bool force;			/* a debugger's write: max_prot counts */
	bool major;			/* something was read from a device */
	uint8_t prot;			/* the region's, for the entry */
	struct vm_object *object;	/* its lock is held while not NULL */
	struct frame *page;		/* the object's page, where it is UPTODATE */
	struct frame *spare;		/* a data frame kept over a retry */
	struct pt_path path;		/* the tables as they were decided on */
	struct pt_owning owning;
	struct tlb_gather gather;
};

void snapshot_tables(struct fault_work *work);

enum vm_outcome resolve_zero(struct fault_work *work);
enum vm_outcome resolve_cow(struct fault_work *work);
enum vm_outcome resolve_object(struct fault_work *work);

/* A private data frame, perhaps zeroed; the spare of an earlier try first. NULL without memory. */
struct frame *take_frame(struct fault_work *work, bool zeroed);

/* Owns the path and locks the leaf. => DONE: locked; RETRY, NO_MEMORY: not. */
enum vm_outcome own_and_lock(struct fault_work *work, struct pt_leaf *leaf);

/*
 * Replaces the leaf entry (locked, equal to the snapshot) by one for another frame, with the flush that needs, and
 * unlocks. What the old entry counted is put after the flush.
 */
void replace_and_unlock(struct fault_work *work, const struct pt_leaf *leaf, pte_t value);

/*
 * How many pages this write fault may bring in, itself included: 1, and twice as many as last time, up to
 * VM_AHEAD_PAGES, each time a thread's write faults follow one another in memory. Bounded by the region and the leaf
 * table. Only for pages that are promised already, so nobody else goes short.
 */
unsigned ahead_begin(const struct fault_work *work);
/* So many were mapped. */
void ahead_end(const struct fault_work *work, unsigned pages);

/* Whether the entry is still what was decided on; W may have been cleared by owning. */
static inline bool still_as_decided(const struct fault_work *work, const struct pt_leaf *leaf)
{
	uint64_t decided = work->path.levels == PT_LEVELS
		? work->path.entry[PT_LEVELS - 1].value : 0;

	return !((leaf->entry->value ^ decided) & ~(uint64_t)PTE_WRITE);
}

/* A leaf entry for `prot`: accessed and dirty from the start, so that hardware never writes it. */
static inline pte_t leaf_entry_make(paddr_t physical, uint8_t prot, bool write)
{
	uint64_t bits = PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY;

	if (write && (prot & PROT_W))
		bits |= PTE_WRITE;
	if (!(prot & PROT_X))
		bits |= PTE_NO_EXECUTE;
	return pte_make(physical, bits);
}

#endif
