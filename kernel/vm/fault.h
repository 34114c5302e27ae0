/*
 * Page faults: what one means (vm_classify_fault, pure) and what was done about it.
 * struct vm_fault is the one record that the handler, the trace, /proc, the panic text,
 * the GDB commands and the host tests read. docs/vm.md explains each verdict.
 */
#ifndef OSIER_VM_FAULT_H
#define OSIER_VM_FAULT_H

#include <osier/types.h>

#include "vm/region.h"

struct frame;
struct trap_frame;
struct vm_object;
struct vm_space;

enum vm_verdict {
	VERDICT_NONE,
	VERDICT_DEMAND_ZERO,		/* private, nothing there: a frame of zeros */
	VERDICT_ZERO_SHARE,		/* the same, reading: the shared zero frame */
	VERDICT_COW_COPY,		/* write to a frame or path that others share: copy */
	VERDICT_COW_REUSE,		/* write to a frame that is ours alone: allow it */
	VERDICT_OBJECT_MAP,		/* the object has the page: map it */
	VERDICT_OBJECT_COPY,		/* write to a private mapping of an object's page: copy it */
	VERDICT_OBJECT_WRITE,		/* first write to a shared mapping's page: prepare, dirty, allow */
	VERDICT_OBJECT_FILL,		/* the object lacks the page: bring it in */
	VERDICT_OBJECT_WAIT,		/* somebody is bringing it in: wait */
	VERDICT_PTE_UPGRADE,		/* the entry is stricter than the region: relax it */
	VERDICT_STACK_GROW,		/* demand zero in a stack */
	VERDICT_STALE_TLB,		/* the tables allow it already */
	VERDICT_SEGV_MAPERR,		/* no region */
	VERDICT_SEGV_ACCERR,		/* the region forbids it */
	VERDICT_SEGV_GUARD,		/* a guard region */
	VERDICT_BUS_ADRERR,		/* past the end of the object */
	VERDICT_BUS_OBJERR,		/* the object could not deliver */
	VERDICT_KERNEL_BUG,		/* the kernel touched what it must not */
	VERDICT_COUNT,
};

enum vm_outcome {
	OUTCOME_NONE,
	OUTCOME_DONE,
	OUTCOME_RETRY,
	OUTCOME_SIGNAL,		/* vm_fault.signal, .code: the trap sends it */
	OUTCOME_FIXUP,		/* a user copy failed: go to its fixup */
	OUTCOME_NO_MEMORY,	/* no frame to be had: the trap sends SIGBUS, or the copy fails */
	OUTCOME_PANIC,
};

enum vm_access {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_EXECUTE,
};

/* Bits of the hardware error code. */
enum fault_error {
	FAULT_PRESENT = 1,
	FAULT_WRITE = 2,
	FAULT_USER = 4,
	FAULT_RESERVED_BIT = 8,
	FAULT_FETCH = 16,
};

enum object_page_state {
	PAGE_ABSENT,
	PAGE_BUSY,
	PAGE_UPTODATE,
	PAGE_ERROR,
	PAGE_PAST_END,
};

#define FAULT_LEVELS 4
#define VM_AHEAD_PAGES 16u
extern bool vm_fault_ahead;		/* boot option ahead=0 switches it off: one fault, one page */

struct vm_fault {
	/* What happened. */
	vaddr_t address;
	vaddr_t instruction;
	uint32_t error;			/* enum fault_error */
	enum vm_access access;
	bool user_mode;
	bool user_copy;			/* kernel mode, at an instruction of the user-copy table */
	bool faults_disabled;
	uint8_t cpu;
	uint32_t pid, tid;
	uint64_t sequence, tsc;

	/* What the region says; has_region == false: nothing. */
	bool has_region;
	bool has_object, is_device;
	vaddr_t region_start, region_end;
	uint8_t region_prot, region_memtype;
	uint16_t region_flags;
	uint32_t object_id;
	uint8_t object_kind;
	uint64_t object_index;
	enum object_page_state page_state;

	/* What the tables say: entry[0] is the root's. */
	uint64_t entry[FAULT_LEVELS];
	uint8_t levels;			/* entries read: the walk stops at the first that is not present */
	uint8_t shared_levels;		/* bit n: the table that entry[n] points at has refs > 1 */
	bool path_writable;		/* every upper entry has W */
	uint32_t frame_refs;
	uint64_t frame_before;
	bool frame_is_object, frame_is_zero;	/* the mapped frame is an object's / the shared zero frame */

	/* What was decided and done. */
	enum vm_verdict verdict;
	enum vm_outcome outcome;
	uint8_t tables_copied, tables_made, retries, pages_mapped;
	uint64_t frame_after;
	uint8_t signal;
	uint8_t code;
};

/*
 * The verdict for the facts in `fault` (everything above "what was decided"). Pure: no kernel state, no locks; compiles on the host.
 */
enum vm_verdict vm_classify_fault(const struct vm_fault *fault);
/* Whether the region's protection permits the access. Pure. */
bool vm_region_allows(const struct vm_fault *fault);
const char *vm_verdict_name(enum vm_verdict);
const char *vm_outcome_name(enum vm_outcome);

/*
 * Handles a page fault of the current thread; `error` and `address` are the hardware's. `user_copy` says that
 * the instruction has a fixup. Fills thread_current()->fault. => OUTCOME_DONE: run the instruction again;
 * OUTCOME_SIGNAL: send fault->signal with fault->code; OUTCOME_FIXUP: go to the fixup;
 * OUTCOME_NO_MEMORY: SIGBUS with BUS_ADRERR (never a kill of someone else); OUTCOME_PANIC: panic.
 * => interrupts on (they were in the interrupted code), no spinlock held; sleeps.
 */
enum vm_outcome vm_fault(vaddr_t address, uint32_t error, vaddr_t instruction, bool user_copy);

/*
 * Brings the page in as an access would (populate, remote access). `force`: what max_prot allows is allowed.
 * => 0 or -EFAULT, -ENOMEM. space.lock not held; sleeps.
 */
int vm_fault_in(struct vm_space *, vaddr_t address, enum vm_access, bool force);

#endif
