/*
 * The page fault, from the hardware's two numbers to a repaired entry or a signal. The whole path, in order:
 *
 *	page_fault		arch/x86_64/entry.asm	saves registers, calls up
 *	trap_dispatch		sys/trap.c		reads CR2, lets interrupts in again
 *	vm_fault		here			begins the record of this fault
 *	vm_classify_fault	vm/classify.c		pure: facts in, verdict out
 *	vm_resolve_fault	here			carries the verdict out through one of
 *	  resolve_zero		vm/resolve.c		  a frame of zeros
 *	  resolve_cow		vm/resolve.c		  an entry that is there, made ours
 *	  resolve_object	vm/resolve_object.c	  a page of a file or of shared memory
 *	pt_own, pt_set		arch/x86_64/pt.c	make the path ours, write the entry
 *
 * The protocol: look up and snapshot under space.lock (shared) and object.lock; classify; take frames; own the path; lock the
 * leaf table; if the entry is no longer what was decided on, begin again; publish; record.
 */
#include "vm/fault.h"

#include <osier/abi/signal.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/pt.h"
#include "lib/err.h"
#include "task/thread.h"
#include "vm/fault_work.h"
#include "vm/object.h"
#include "vm/space.h"
#include "vm/trace.h"

static const struct region *find_region(struct fault_work *work)
{
	struct thread *thread = thread_current();
	struct vm_space *space = work->space;
	struct region *region = thread->region_hint;

	if (region && thread->region_hint_seq == space->sequence && space == thread->space &&
	    work->fault->address >= region->start && work->fault->address < region->end)
		return region;
	region = region_find(&space->regions, work->fault->address);
	if (region && space == thread->space) {
		thread->region_hint = region;
		thread->region_hint_seq = space->sequence;
	}
	return region;
}

static void look_up_object(struct fault_work *work, struct vm_object *object)
{
	struct vm_fault *fault = work->fault;

	fault->has_object = true;
	fault->is_device = object->kind == OBJECT_DEVICE;
	fault->object_id = object->id;
	fault->object_kind = (uint8_t)object->kind;
	work->object = object;
	/* From the size check until the entry is published, so that truncation cannot pass between. */
	mutex_lock(&object->lock);
	work->page = NULL;
	fault->page_state = object_page_state(object, fault->object_index, &work->page);
}

/* The facts: region, object page, page-table walk. Takes space.lock shared and, for an object, object.lock. */
static void look_up(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;
	const struct region *region;
	uint64_t offset;

	rwlock_read_lock(&work->space->lock);
	work->locked = true;
	fault->has_region = fault->has_object = fault->is_device = false;
	region = find_region(work);
	if (!region)
		return;
	offset = fault->address - region->start;
	fault->has_region = true;
	fault->region_start = region->start;
	fault->region_end = region->end;
	fault->region_prot = work->force ? region->max_prot : region->prot;
	fault->region_flags = region->flags;
	fault->region_memtype = region->memtype;
	work->prot = region->prot;
	/* Where the region forbids it, neither object nor tables matter. */
	if (unlikely((region->flags & REGION_GUARD) || !vm_region_allows(fault)))
		return;
	if (region->object) {
		fault->object_index = region->object_page + (offset >> PAGE_SHIFT);
		look_up_object(work, region->object);
	}
	snapshot_tables(work);
}

static void let_go(struct fault_work *work)
{
	if (work->object)
		mutex_unlock(&work->object->lock);
	work->object = NULL;
	if (work->locked)
		rwlock_read_unlock(&work->space->lock);
	work->locked = false;
}

static enum vm_outcome fail_with(struct vm_fault *fault, int signal, int code)
{
	if (fault->user_copy)
		return OUTCOME_FIXUP;
	fault->signal = (uint8_t)signal;
	fault->code = (uint8_t)code;
	return OUTCOME_SIGNAL;
}

static __noinline enum vm_outcome vm_resolve_fault(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;

	switch (fault->verdict) {
	case VERDICT_DEMAND_ZERO:
	case VERDICT_ZERO_SHARE:
	case VERDICT_STACK_GROW:
		return resolve_zero(work);
	case VERDICT_COW_COPY:
	case VERDICT_COW_REUSE:
	case VERDICT_PTE_UPGRADE:
		return resolve_cow(work);
	case VERDICT_OBJECT_MAP:
	case VERDICT_OBJECT_COPY:
	case VERDICT_OBJECT_WRITE:
	case VERDICT_OBJECT_FILL:
	case VERDICT_OBJECT_WAIT:
		return resolve_object(work);
	case VERDICT_STALE_TLB:
		invlpg(fault->address);
		return OUTCOME_DONE;
	case VERDICT_SEGV_MAPERR:
	case VERDICT_SEGV_GUARD:
		return fail_with(fault, SIGSEGV, SEGV_MAPERR);
	case VERDICT_SEGV_ACCERR:
		return fail_with(fault, SIGSEGV, SEGV_ACCERR);
	case VERDICT_BUS_ADRERR:
		return fail_with(fault, SIGBUS, BUS_ADRERR);
	case VERDICT_BUS_OBJERR:
		return fail_with(fault, SIGBUS, BUS_OBJERR);
	case VERDICT_KERNEL_BUG:
	case VERDICT_NONE:
	case VERDICT_COUNT:
		break;
	}
	return OUTCOME_PANIC;
}

static void handle(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;

	gather_begin(&work->gather, &work->space->mmu, GATHER_SPACE);
	pt_owning_begin(&work->owning, &work->gather);
	do {
		look_up(work);
		fault->verdict = vm_classify_fault(fault);
		fault->outcome = vm_resolve_fault(work);
		/* A BUS_OBJERR found while resolving is the object's last word. */
		if (fault->verdict == VERDICT_BUS_OBJERR && fault->outcome == OUTCOME_RETRY)
			fault->outcome = vm_resolve_fault(work);
		gather_end(&work->gather);
		let_go(work);
	} while (fault->outcome == OUTCOME_RETRY && ++fault->retries);

	fault->tables_copied = work->owning.copied;
	fault->tables_made = work->owning.made;
	if (unlikely(work->spare))
		frame_free(work->spare);
	if (unlikely(work->owning.spares.count))
		pt_spares_release(&work->owning.spares);
}

static inline void begin(struct vm_fault *fault, vaddr_t address, uint32_t error)
{
	fault->address = address;
	fault->error = error;
	fault->access = error & FAULT_WRITE ? ACCESS_WRITE
			: error & FAULT_FETCH ? ACCESS_EXECUTE : ACCESS_READ;
	fault->user_mode = error & FAULT_USER;
	fault->has_region = fault->has_object = fault->is_device = false;
	fault->levels = fault->shared_levels = 0;
	fault->retries = fault->pages_mapped = 0;
	fault->frame_before = fault->frame_after = 0;
	fault->tables_copied = fault->tables_made = 0;
	fault->signal = fault->code = 0;
	fault->verdict = VERDICT_NONE;
	fault->outcome = OUTCOME_NONE;
}

enum vm_outcome vm_fault(vaddr_t address, uint32_t error, vaddr_t instruction, bool user_copy)
{
	struct thread *thread = thread_current();
	struct vm_fault *fault = thread->fault;
	struct vm_space *space = thread->space;
	struct fault_work work;

	/* A kernel thread has no record of its own and no user memory to touch. */
	if (unlikely(!fault || !space))
		return user_copy ? OUTCOME_FIXUP : OUTCOME_PANIC;
	begin(fault, address, error);
	fault->instruction = instruction;
	fault->user_copy = user_copy;
	fault->faults_disabled = thread->faults_disabled;
	fault->cpu = (uint8_t)cpu_id();
	fault->pid = space->owner_pid;
	fault->tid = thread->tid;
	fault->sequence = __atomic_add_fetch(&trace_sequence, 1, __ATOMIC_RELAXED);
	fault->tsc = rdtsc();

	if (unlikely(fault->faults_disabled && user_copy)) {
		fault->outcome = OUTCOME_FIXUP;
		return OUTCOME_FIXUP;
	}
	if (unlikely(address >= USER_HIGH || (!fault->user_mode && !user_copy) ||
		     (error & FAULT_RESERVED_BIT))) {
		fault->verdict = vm_classify_fault(fault);
		fault->outcome = fault->verdict == VERDICT_KERNEL_BUG
			? OUTCOME_PANIC : fail_with(fault, SIGSEGV, SEGV_MAPERR);
	} else {
		work.fault = fault;
		work.space = space;
		work.force = work.locked = work.major = false;
		work.object = NULL;
		work.spare = NULL;
		handle(&work);
		space->fault_count[fault->verdict]++;
		if (work.major)
			space->major_faults++;
		else
			space->minor_faults++;
	}
	trace_fault(fault);
	return fault->outcome;
}

int vm_fault_in(struct vm_space *space, vaddr_t address, enum vm_access access, bool force)
{
	struct vm_fault fault;
	struct fault_work work = { .fault = &fault, .space = space, .force = force };

	if (address >= USER_HIGH)
		return -EFAULT;
	begin(&fault, address, FAULT_USER | (access == ACCESS_WRITE ? FAULT_WRITE : 0) |
				       (access == ACCESS_EXECUTE ? FAULT_FETCH : 0));
	fault.user_copy = false;
	handle(&work);
	if (fault.outcome == OUTCOME_DONE)
		return 0;
	return fault.outcome == OUTCOME_NO_MEMORY ? -ENOMEM : -EFAULT;
}
