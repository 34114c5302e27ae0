/*
 * Carrying out verdicts about private memory: resolve_zero and resolve_cow, and what all resolvers share. How each
 * step may fail and begin again is said in fault.c.
 */
#include "arch/x86_64/cpu.h"
#include "debug/assert.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "task/thread.h"
#include "vm/fault_work.h"
#include "vm/object.h"
#include "vm/space.h"

void snapshot_tables(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;
	struct pt_path *path = &work->path;

	pt_walk(&work->space->mmu, fault->address, path);
#pragma GCC unroll 4
	for (unsigned level = 0; level < PT_LEVELS; level++)
		fault->entry[level] = path->entry[level].value;
	fault->levels = path->levels;
	fault->shared_levels = path->shared;
	fault->path_writable = path->writable;
	fault->frame_refs = 0;
	fault->frame_before = 0;
	fault->frame_is_object = fault->frame_is_zero = false;
	if (path->levels == PT_LEVELS && !pte_empty(path->entry[PT_LEVELS - 1])) {
		pte_t leaf = path->entry[PT_LEVELS - 1];
		struct frame *frame = pt_child(leaf);

		fault->frame_before = pte_pfn(leaf);
		fault->frame_is_zero = frame == pt_zero_frame;
		if (!pte_special(leaf)) {
			fault->frame_refs = frame_refs(frame);
			fault->frame_is_object = frame->kind == FRAME_OBJECT;
		}
	}
}

struct frame *take_frame(struct fault_work *work, bool zeroed)
{
	struct frame *frame = work->spare;

	work->spare = NULL;
	if (likely(!frame))
		return frame_alloc(FRAME_DATA | (zeroed ? FRAME_ZERO : 0));
	if (zeroed)
		page_zero(frame_to_virt(frame));
	return frame;
}

/*
 * Below the first table that is missing or shared every level needs a new table: a copy of a table shares what is
 * below it.
 */
static unsigned tables_needed(const struct pt_path *path)
{
	for (unsigned level = 0; level < PT_LEVELS - 1; level++)
		if (level >= path->levels || pte_empty(path->entry[level]) ||
		    (path->shared >> level & 1))
			return PT_LEVELS - 1 - level;
	return 0;
}

enum vm_outcome own_and_lock(struct fault_work *work, struct pt_leaf *leaf)
{
	struct pt_path *path = &work->path;

	if (likely(path->leaf && path->writable)) {
		leaf->table = pt_leaf_table(path);
		leaf->entry = path->leaf;
	} else {
		if (pt_spares_fill(&work->owning.spares, tables_needed(path)))
			return OUTCOME_NO_MEMORY;
		if (pt_own(&work->space->mmu, work->fault->address, &work->owning, leaf))
			return OUTCOME_RETRY;
	}
	pt_lock(leaf->table);
	return OUTCOME_DONE;
}

void replace_and_unlock(struct fault_work *work, const struct pt_leaf *leaf, pte_t value)
{
	pte_t old = *leaf->entry;
	vaddr_t page = page_round_down(work->fault->address);

	if (pte_present(old)) {
		gather_page(&work->gather, page);
		if (work->space->mmu.cpus & ~(1ull << cpu_id())) {
			/*
			 * Others run this space: no moment may exist in which one CPU reads the old frame while
			 * another writes the new one. HELD keeps the entry counted meanwhile.
			 */
			leaf->entry->value = (old.value & ~(uint64_t)PTE_PRESENT) | PTE_HELD;
			gather_flush(&work->gather);
		}
	}
	pt_set(leaf->table, leaf->entry, value);
	if (!pte_empty(old) && !pte_special(old) && pte_pfn(old) != pte_pfn(value))
		gather_put(&work->gather, pt_child(old));
	pt_unlock(leaf->table);
	work->fault->frame_after = pte_pfn(value);
}

bool vm_fault_ahead = true;

unsigned ahead_begin(const struct fault_work *work)
{
	const struct thread *thread = thread_current();
	const struct vm_fault *fault = work->fault;
	vaddr_t page = page_round_down(fault->address), table_end;
	uint64_t pages;

	if (page != thread->ahead_next || work->space != thread->space || !vm_fault_ahead ||
	    !(fault->region_flags & REGION_ACCOUNTED))
		return 1;
	pages = min(2u * thread->ahead_pages, VM_AHEAD_PAGES);
	table_end = (page | (pt_span(PT_LEVELS - 2) - 1)) + 1;
	return (unsigned)min(pages, (min(fault->region_end, table_end) - page) >> PAGE_SHIFT);
}

void ahead_end(const struct fault_work *work, unsigned pages)
{
	struct thread *thread = thread_current();

	thread->ahead_next = page_round_down(work->fault->address) + pages * PAGE_SIZE;
	thread->ahead_pages = (uint16_t)pages;
	work->fault->pages_mapped = (uint8_t)pages;
}

/* Frames of zeros for the empty entries behind the one that faulted. The leaf table is locked. => how many. */
static unsigned zero_ahead(struct fault_work *work, const struct pt_leaf *leaf, unsigned limit)
{
	unsigned pages = 1;

	for (; pages < limit && pte_empty(leaf->entry[pages]); pages++) {
		struct frame *frame = frame_alloc(FRAME_DATA | FRAME_ZERO | FRAME_NOWAIT);

		if (!frame)
			break;
		pt_set(leaf->table, leaf->entry + pages,
		       leaf_entry_make(frame_to_phys(frame), work->prot, true));
	}
	return pages;
}

/* Pages that one read fault maps to the frame of zeros at the most, in a window aligned to as many. */
#define ZERO_AROUND_PAGES 16u

/*
 * The empty neighbours read as zeros too: a program that reads one page of a fresh region reads the next. No frame is
 * used up, and each first write still faults. The leaf table is locked.
 */
static void share_zeros_around(struct fault_work *work, const struct pt_leaf *leaf, pte_t value)
{
	struct vm_fault *fault = work->fault;
	const vaddr_t window = ZERO_AROUND_PAGES * PAGE_SIZE;
	vaddr_t page = page_round_down(fault->address), first = page & ~(window - 1);
	vaddr_t low = max(first, fault->region_start), high = min(first + window, fault->region_end);
	pte_t *entry = leaf->entry - ((page - low) >> PAGE_SHIFT);
	pte_t *end = entry + ((high - low) >> PAGE_SHIFT);
	unsigned mapped = 0;

	for (; entry < end; entry++) {
		if (!pte_empty(*entry))
			continue;
		__atomic_store_n(&entry->value, value.value, __ATOMIC_RELEASE);
		mapped++;
	}
	leaf->table->table.live = (uint16_t)(leaf->table->table.live + mapped);
	fault->pages_mapped = (uint8_t)mapped;
}

/*
 * A stack is promised page by page beyond its first few: its limit is far more than most programs use. Memory mapped
 * without a reservation is promised when it is touched. => false without memory.
 */
static bool charge_touch(struct vm_space *space, bool stack)
{
	uint64_t *counter = stack ? &space->stack_pages : &space->unreserved_pages;

	if ((__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED) < STACK_PROMISED_PAGES && stack) ||
	    !commit_charge(1))
		return true;
	__atomic_fetch_sub(counter, 1, __ATOMIC_RELAXED);
	return false;
}

static void uncharge_touch(struct vm_space *space, bool stack)
{
	uint64_t *counter = stack ? &space->stack_pages : &space->unreserved_pages;

	if (__atomic_sub_fetch(counter, 1, __ATOMIC_RELAXED) >= STACK_PROMISED_PAGES || !stack)
		commit_uncharge(1);
}

enum vm_outcome resolve_zero(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;
	bool share = fault->verdict == VERDICT_ZERO_SHARE;
	bool stack = fault->verdict == VERDICT_STACK_GROW || (fault->region_flags & REGION_STACK);
	bool grow = !share && (stack || (fault->region_flags & REGION_NORESERVE));
	struct frame *frame = share ? pt_zero_frame : take_frame(work, true);
	struct pt_leaf leaf;
	enum vm_outcome outcome;
	unsigned limit;
	pte_t value;

	if (!frame)
		return OUTCOME_NO_MEMORY;
	if (grow && !charge_touch(work->space, stack)) {
		work->spare = frame;
		return OUTCOME_NO_MEMORY;
	}
	outcome = own_and_lock(work, &leaf);
	if (likely(outcome == OUTCOME_DONE)) {
		if (likely(still_as_decided(work, &leaf))) {
			value = leaf_entry_make(frame_to_phys(frame), work->prot, !share);
			if (share) {
				value.value |= PTE_SPECIAL;
				share_zeros_around(work, &leaf, value);
				pt_unlock(leaf.table);
				fault->frame_after = pfn_of(frame);
				return OUTCOME_DONE;
			}
			limit = ahead_begin(work);
			if (limit > 1)
				limit = zero_ahead(work, &leaf, limit);
			replace_and_unlock(work, &leaf, value);
			ahead_end(work, limit);
			return OUTCOME_DONE;
		}
		pt_unlock(leaf.table);
		outcome = OUTCOME_RETRY;
	}
	if (grow)
		uncharge_touch(work->space, stack);
	if (!share)
		work->spare = frame;
	return outcome;
}

/* The entry is there and stricter than need be: present again, executable again. W is another matter. */
static pte_t upgraded(const struct fault_work *work, pte_t old)
{
	pte_t value = leaf_entry_make(pte_address(old), work->prot, work->fault->is_device);

	value.value |= old.value & (PTE_SPECIAL | PTE_PWT | PTE_PCD);
	return value;
}

/*
 * Copies for the shared pages behind the one that faulted, as a sequence of writes will want them. The leaf table is
 * locked, no other CPU runs the space. => how many pages, that one included.
 */
static unsigned copy_ahead(struct fault_work *work, const struct pt_leaf *leaf, unsigned limit)
{
	vaddr_t page = page_round_down(work->fault->address);
	unsigned pages = 1;

	for (; pages < limit; pages++) {
		pte_t old = leaf->entry[pages];
		struct frame *frame;

		if (!pte_present(old) || pte_writable(old) || pte_special(old) ||
		    pt_child(old)->kind != FRAME_DATA || frame_refs(pt_child(old)) == 1)
			break;
		frame = frame_alloc(FRAME_DATA | FRAME_NOWAIT);
		if (!frame)
			break;
		page_copy(frame_to_virt(frame), frame_to_virt(pt_child(old)));
		pt_set(leaf->table, leaf->entry + pages,
		       leaf_entry_make(frame_to_phys(frame), work->prot, true));
		gather_page(&work->gather, page + pages * PAGE_SIZE);
		gather_put(&work->gather, pt_child(old));
	}
	return pages;
}

/* An entry that is there: relaxed in place, or replaced by a copy that is ours. */
enum vm_outcome resolve_cow(struct fault_work *work)
{
	struct vm_fault *fault = work->fault;
	bool copy = fault->verdict == VERDICT_COW_COPY;
	struct frame *old = pt_child(work->path.entry[PT_LEVELS - 1]), *frame = NULL;
	struct pt_leaf leaf;
	enum vm_outcome outcome;
	unsigned limit = 1;

	if (copy) {
		frame = take_frame(work, false);
		if (!frame)
			return OUTCOME_NO_MEMORY;
	}
	outcome = own_and_lock(work, &leaf);
	if (outcome != OUTCOME_DONE)
		goto keep_frame;
	outcome = OUTCOME_RETRY;
	if (!still_as_decided(work, &leaf))
		goto unlock;
	if (fault->verdict == VERDICT_PTE_UPGRADE) {
		pte_t before = *leaf.entry;
		pte_t value = upgraded(work, before);

		/* Effective W is kept only where it was; a held or read-only entry gets it by a write fault. */
		value.value |= before.value & PTE_WRITE & (work->prot & PROT_W ? ~0ull : 0ull);
		pt_set(leaf.table, leaf.entry, value);
		gather_page(&work->gather, page_round_down(fault->address));
		outcome = OUTCOME_DONE;
		goto unlock;
	}
	if (pte_writable(*leaf.entry) && pte_present(*leaf.entry)) {
		/* Owning the path was all that was missing. */
		gather_page(&work->gather, page_round_down(fault->address));
		fault->frame_after = fault->frame_before;
		outcome = OUTCOME_DONE;
		goto unlock;
	}
	if (!copy) {
		/* Ours alone, now that the path is: the count is read under the leaf's lock. */
		if (frame_refs(old) == 1) {
			pt_set(leaf.table, leaf.entry,
			       leaf_entry_make(frame_to_phys(old), work->prot, true));
			gather_page(&work->gather, page_round_down(fault->address));
			fault->frame_after = fault->frame_before;
			outcome = OUTCOME_DONE;
		}
		goto unlock;
	}
	/* W is clear for all who share the frame, so it holds still. */
	page_copy(frame_to_virt(frame), frame_to_virt(old));
	if (!(work->space->mmu.cpus & ~(1ull << cpu_id())))
		limit = ahead_begin(work);
	if (limit > 1)
		limit = copy_ahead(work, &leaf, limit);
	replace_and_unlock(work, &leaf, leaf_entry_make(frame_to_phys(frame), work->prot, true));
	ahead_end(work, limit);
	return OUTCOME_DONE;

unlock:
	pt_unlock(leaf.table);
keep_frame:
	work->spare = frame;
	return outcome;
}
