/*
 * Page tables as others look at them: an object that zaps or cleans its mappings in place, /proc and the debugger
 * that read entries, and the check of counts and rules.
 */
#include "arch/x86_64/pt.h"

#include "arch/x86_64/cpu.h"
#include "debug/log.h"
#include "lib/err.h"

/*
 * Finds and locks the leaf table for `address`, shared or not, without space.lock: the walk and the attempt to lock
 * run with interrupts off, so that a table let go meanwhile cannot have been reused (see pt_walk). With
 * the lock held the path is read again: a copy of this table may have been published in between.
 * => the table, locked, or NULL with *next where the walk can go on.
 */
static struct frame *lock_leaf_in_place(struct mmu_context *mmu, vaddr_t address, vaddr_t *next)
{
	for (;;) {
		struct pt_path path;
		struct frame *table = NULL;
		uint64_t flags = irq_save();

		pt_walk(mmu, address, &path);
		if (path.levels < PT_LEVELS) {
			irq_restore(flags);
			*next = (address | (pt_span(path.levels - 1u) - 1)) + 1;
			return NULL;
		}
		table = pt_leaf_table(&path);
		if (!__atomic_exchange_n(&table->table.lock, 1, __ATOMIC_ACQUIRE)) {
			pt_walk(mmu, address, &path);
			if (path.levels == PT_LEVELS && pt_leaf_table(&path) == table) {
				irq_restore(flags);
				*next = (address | (pt_span(PT_LEVELS - 2) - 1)) + 1;
				return table;
			}
			pt_unlock(table);
		}
		irq_restore(flags);
		cpu_pause();
	}
}

void pt_visit_in_place(struct mmu_context *mmu, vaddr_t start, vaddr_t end, enum pt_visit what,
		       struct tlb_gather *gather)
{
	for (vaddr_t at = start, next; at < end; at = next) {
		struct frame *table = lock_leaf_in_place(mmu, at, &next);
		pte_t *entry;

		if (!table)
			continue;
		if (next > end)
			next = end;
		entry = &pt_entries(table)[pt_index(at, PT_LEVELS - 1)];
		for (; at < next; at += PAGE_SIZE, entry++) {
			pte_t value = *entry;

			if (pte_empty(value))
				continue;
			if (what == PT_VISIT_CLEAN) {
				if (!pte_writable(value) || pte_special(value) ||
				    pt_child(value)->kind != FRAME_OBJECT)
					continue;
				entry->value &= ~(uint64_t)PTE_WRITE;
				gather_page(gather, at);
				continue;
			}
			if (what == PT_VISIT_DROP &&
			    (pte_special(value) || pte_writable(value) ||
			     pt_child(value)->kind != FRAME_OBJECT))
				continue;
			*entry = PTE_EMPTY;
			table->table.live--;
			gather_page(gather, at);
			if (!pte_special(value))
				gather_put(gather, pt_child(value));
		}
		pt_unlock(table);
	}
}

static void for_each(struct frame *table, unsigned level, vaddr_t start, vaddr_t end, bool shared,
		     void (*visit)(vaddr_t, pte_t, bool, void *), void *context)
{
	for (vaddr_t at = start, next; at < end; at = next) {
		pte_t value = pt_entries(table)[pt_index(at, level)];

		next = (at | (pt_span(level) - 1)) + 1;
		if (next > end)
			next = end;
		if (pte_empty(value))
			continue;
		if (level == PT_LEVELS - 1)
			visit(at, value, shared, context);
		else
			for_each(pt_child(value), level + 1, at, next,
				 shared || frame_refs(pt_child(value)) > 1, visit, context);
	}
}

void pt_for_each(struct mmu_context *mmu, vaddr_t start, vaddr_t end,
		 void (*visit)(vaddr_t, pte_t, bool shared, void *context), void *context)
{
	for_each(frame_of_phys(mmu->root), 0, start, end, false, visit, context);
}

static uint64_t count_tables(struct frame *table, unsigned level, unsigned entries)
{
	uint64_t count = 1;

	if (level == PT_LEVELS - 1)
		return 1;
	for (unsigned i = 0; i < entries; i++)
		if (!pte_empty(pt_entries(table)[i]))
			count += count_tables(pt_child(pt_entries(table)[i]), level + 1, PT_ENTRIES);
	return count;
}

uint64_t pt_table_count(struct mmu_context *mmu)
{
	return count_tables(frame_of_phys(mmu->root), 0, USER_ROOT_ENTRIES);
}

static int check_entry(pte_t value, unsigned level)
{
	struct frame *frame;

	if (level < PT_LEVELS - 1) {
		frame = pt_child(value);
		if (!pte_present(value) || !(value.value & PTE_USER) || !pte_executable(value) ||
		    frame->kind != FRAME_TABLE || !frame_refs(frame) ||
		    frame->table.level != level + 1)
			return -EINVAL;
		return frame_refs(frame) > 1 && pte_writable(value) ? -EINVAL : 0;
	}
	if (pte_present(value) == pte_held(value))
		return -EINVAL;
	if (pte_special(value))
		return 0;
	frame = pt_child(value);
	return (frame->kind == FRAME_DATA || frame->kind == FRAME_OBJECT) && frame_refs(frame)
		? 0 : -EINVAL;
}

static int check_table(struct frame *table, unsigned level, unsigned entries, bool writable)
{
	unsigned live = 0;

	for (unsigned i = 0; i < entries; i++) {
		pte_t value = pt_entries(table)[i];
		bool path_writable = writable && pte_writable(value);

		if (pte_empty(value))
			continue;
		live++;
		/* Rule 2: a private page that can be written has refs 1. */
		if (check_entry(value, level) ||
		    (level == PT_LEVELS - 1 && path_writable && !pte_special(value) &&
		     pt_child(value)->kind == FRAME_DATA && frame_refs(pt_child(value)) != 1)) {
			log_error("page table: level %u entry %u is %#lx (path writable: %d)", level,
				  i, value.value, path_writable);
			return -EINVAL;
		}
		if (level < PT_LEVELS - 1 &&
		    check_table(pt_child(value), level + 1, PT_ENTRIES, path_writable))
			return -EINVAL;
	}
	if (live != table->table.live) {
		log_error("page table: level %u counts %u live entries and has %u", level,
			  table->table.live, live);
		return -EINVAL;
	}
	return 0;
}

int pt_check(struct mmu_context *mmu)
{
	return check_table(frame_of_phys(mmu->root), 0, USER_ROOT_ENTRIES, true);
}
