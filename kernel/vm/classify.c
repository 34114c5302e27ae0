/*
 * What a page fault means: a pure function from the facts in struct vm_fault to a verdict. It
 * reads no kernel state, takes no lock, and compiles on the host, where every row of its table is tested.
 *
 * The table, in the order in which it is decided:
 *
 *   no region                                        SEGV_MAPERR
 *   guard region                                     SEGV_GUARD
 *   region forbids the access                        SEGV_ACCERR
 *   object: page past its end                        BUS_ADRERR
 *   the tables allow the access already              STALE_TLB
 *   entry present or held, reading                   PTE_UPGRADE
 *   entry present or held, writing
 *       shared mapping                               OBJECT_WRITE (device: PTE_UPGRADE)
 *       the shared zero frame                        DEMAND_ZERO
 *       an object's frame                            OBJECT_COPY
 *       path and frame ours alone                    COW_REUSE
 *       else                                         COW_COPY
 *   nothing there, no object, writing                DEMAND_ZERO (a stack: STACK_GROW)
 *   nothing there, no object, reading                ZERO_SHARE (a stack: STACK_GROW)
 *   nothing there, object: page could not be read    BUS_OBJERR
 *   nothing there, object: page absent               OBJECT_FILL
 *   nothing there, object: page busy                 OBJECT_WAIT
 *   nothing there, object: page there
 *       private, writing                             OBJECT_COPY
 *       shared, writing                              OBJECT_WRITE
 *       else                                         OBJECT_MAP
 *
 * A fault in kernel mode outside a user copy is KERNEL_BUG, whatever else holds.
 */
#include "arch/x86_64/pte.h"
#include "vm/fault.h"

#define USER_END 0x0000800000000000ull

bool vm_region_allows(const struct vm_fault *fault)
{
	switch (fault->access) {
	case ACCESS_READ:
		return fault->region_prot & (PROT_R | PROT_W | PROT_X);
	case ACCESS_WRITE:
		return fault->region_prot & PROT_W;
	case ACCESS_EXECUTE:
		return fault->region_prot & PROT_X;
	}
	return false;
}

/* The leaf entry, or one that is empty where the walk ended above it. */
static pte_t leaf_entry(const struct vm_fault *fault)
{
	return fault->levels == FAULT_LEVELS ? pte_raw(fault->entry[FAULT_LEVELS - 1]) : PTE_EMPTY;
}

/* Whether the walk as recorded permits the access: then another CPU was faster, or the TLB is behind. */
static bool tables_allow(const struct vm_fault *fault, pte_t leaf)
{
	if (!pte_present(leaf))
		return false;
	if (fault->access == ACCESS_WRITE)
		return pte_writable(leaf) && fault->path_writable;
	return fault->access == ACCESS_READ || pte_executable(leaf);
}

static enum vm_verdict classify_present_write(const struct vm_fault *fault, pte_t leaf)
{
	if (fault->region_flags & REGION_SHARED)
		return fault->is_device || (pte_present(leaf) && pte_writable(leaf))
			? VERDICT_PTE_UPGRADE : VERDICT_OBJECT_WRITE;
	if (fault->frame_is_zero)
		return VERDICT_DEMAND_ZERO;
	if (fault->frame_is_object || pte_special(leaf))
		return VERDICT_OBJECT_COPY;
	return !fault->shared_levels && fault->frame_refs == 1 ? VERDICT_COW_REUSE : VERDICT_COW_COPY;
}

static enum vm_verdict classify_absent(const struct vm_fault *fault)
{
	if (!fault->has_object) {
		if (fault->region_flags & REGION_STACK)
			return VERDICT_STACK_GROW;
		return fault->access == ACCESS_WRITE ? VERDICT_DEMAND_ZERO : VERDICT_ZERO_SHARE;
	}
	if (!fault->is_device && fault->page_state == PAGE_ABSENT)
		return VERDICT_OBJECT_FILL;
	if (!fault->is_device && fault->page_state == PAGE_BUSY)
		return VERDICT_OBJECT_WAIT;
	if (fault->access != ACCESS_WRITE || fault->is_device)
		return VERDICT_OBJECT_MAP;
	return fault->region_flags & REGION_SHARED ? VERDICT_OBJECT_WRITE : VERDICT_OBJECT_COPY;
}

enum vm_verdict vm_classify_fault(const struct vm_fault *fault)
{
	pte_t leaf = leaf_entry(fault);

	if (!fault->user_mode && !fault->user_copy)
		return VERDICT_KERNEL_BUG;
	if (fault->error & FAULT_RESERVED_BIT)
		return VERDICT_KERNEL_BUG;
	if (fault->address >= USER_END || !fault->has_region)
		return VERDICT_SEGV_MAPERR;
	if (fault->region_flags & REGION_GUARD)
		return VERDICT_SEGV_GUARD;
	if (!vm_region_allows(fault))
		return VERDICT_SEGV_ACCERR;
	if (fault->has_object && fault->page_state == PAGE_PAST_END)
		return VERDICT_BUS_ADRERR;
	if (tables_allow(fault, leaf))
		return VERDICT_STALE_TLB;
	if (!pte_empty(leaf))
		return fault->access == ACCESS_WRITE ? classify_present_write(fault, leaf)
						     : VERDICT_PTE_UPGRADE;
	if (fault->has_object && fault->page_state == PAGE_ERROR)
		return VERDICT_BUS_OBJERR;
	return classify_absent(fault);
}

const char *vm_verdict_name(enum vm_verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = {
		[VERDICT_NONE] = "NONE",
		[VERDICT_DEMAND_ZERO] = "DEMAND_ZERO",
		[VERDICT_ZERO_SHARE] = "ZERO_SHARE",
		[VERDICT_COW_COPY] = "COW_COPY",
		[VERDICT_COW_REUSE] = "COW_REUSE",
		[VERDICT_OBJECT_MAP] = "OBJECT_MAP",
		[VERDICT_OBJECT_COPY] = "OBJECT_COPY",
		[VERDICT_OBJECT_WRITE] = "OBJECT_WRITE",
		[VERDICT_OBJECT_FILL] = "OBJECT_FILL",
		[VERDICT_OBJECT_WAIT] = "OBJECT_WAIT",
		[VERDICT_PTE_UPGRADE] = "PTE_UPGRADE",
		[VERDICT_STACK_GROW] = "STACK_GROW",
		[VERDICT_STALE_TLB] = "STALE_TLB",
		[VERDICT_SEGV_MAPERR] = "SEGV_MAPERR",
		[VERDICT_SEGV_ACCERR] = "SEGV_ACCERR",
		[VERDICT_SEGV_GUARD] = "SEGV_GUARD",
		[VERDICT_BUS_ADRERR] = "BUS_ADRERR",
		[VERDICT_BUS_OBJERR] = "BUS_OBJERR",
		[VERDICT_KERNEL_BUG] = "KERNEL_BUG",
	};

	return (unsigned)verdict < VERDICT_COUNT ? names[verdict] : "?";
}

const char *vm_outcome_name(enum vm_outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_NONE] = "NONE",	   [OUTCOME_DONE] = "DONE",
		[OUTCOME_RETRY] = "RETRY",	   [OUTCOME_SIGNAL] = "SIGNAL",
		[OUTCOME_FIXUP] = "FIXUP",	   [OUTCOME_NO_MEMORY] = "NO_MEMORY",
		[OUTCOME_PANIC] = "PANIC",
	};

	return (unsigned)outcome < sizeof names / sizeof names[0] ? names[outcome] : "?";
}
