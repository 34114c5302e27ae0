/*
 * Page tables, ranges: own, empty, restrict, move. All with space.lock held exclusive, so that no fault changes
 * the tables meanwhile; an object may still zap or clean entries in place, which the tables' locks keep apart.
 */
#include "arch/x86_64/pt.h"

#include "debug/assert.h"
#include "lib/err.h"

/* Owns the child of one upper entry that is not empty. => the child, or NULL without memory. */
static struct frame *own_child(struct frame *table, pte_t *entry, unsigned level, vaddr_t address,
			       struct tlb_gather *gather)
{
	struct pt_owning owning;
	struct frame *child = NULL;

	if (pte_writable(*entry))
		return pt_child(*entry);
	pt_owning_begin(&owning, gather);
	if (frame_refs(pt_child(*entry)) == 1 || !pt_spares_fill(&owning.spares, 1))
		child = pt_own_entry(table, entry, level, address, &owning);
	pt_spares_release(&owning.spares);
	return child;
}

/*
 * The short way for the usual case, a range within one leaf table: NOTHING is mapped there at all, or *leaf is the
 * table and the path to it is ours. Else the LONG way.
 */
enum quick { NOTHING, OURS, LONG };

static enum quick quick_look(const struct mmu_context *mmu, vaddr_t start, vaddr_t end,
			     struct frame **leaf)
{
	pte_t *entries = phys_to_virt(mmu->root), value = PTE_EMPTY;

	if (start >> 21 != (end - 1) >> 21)
		return LONG;
#pragma GCC unroll 3
	for (unsigned level = 0; level < PT_LEVELS - 1; level++) {
		value = entries[pt_index(start, level)];
		if (!pte_writable(value))
			return pte_empty(value) ? NOTHING : LONG;
		entries = phys_to_virt(pte_address(value));
	}
	*leaf = pt_child(value);
	return OURS;
}

static int own_edge(struct mmu_context *mmu, vaddr_t address, vaddr_t start, vaddr_t end,
		    struct tlb_gather *gather)
{
	struct frame *table = frame_of_phys(mmu->root);

	for (unsigned level = 0; level < PT_LEVELS - 1; level++) {
		pte_t *entry = &pt_entries(table)[pt_index(address, level)];
		vaddr_t low = address & ~(pt_span(level) - 1);

		if (pte_empty(*entry) || (low >= start && low + pt_span(level) <= end))
			return 0;
		if (likely(pte_writable(*entry)))
			table = pt_child(*entry);
		else
			table = own_child(table, entry, level, address, gather);
		if (!table)
			return -ENOMEM;
	}
	return 0;
}

int pt_own_edges(struct mmu_context *mmu, vaddr_t start, vaddr_t end, struct tlb_gather *gather)
{
	struct frame *leaf;
	int error;

	if (quick_look(mmu, start, end, &leaf) != LONG)
		return 0;
	error = own_edge(mmu, start, start, end, gather);

	/* Both edges in one leaf table: the path is owned by now. */
	if (!error && start >> 21 != (end - 1) >> 21)
		error = own_edge(mmu, end - PAGE_SIZE, start, end, gather);
	return error;
}

/* The end of the part of [.., end) that one entry of `level` covers from `address` on. */
static inline vaddr_t entry_end(vaddr_t address, unsigned level, vaddr_t end)
{
	vaddr_t next = (address | (pt_span(level) - 1)) + 1;

	return next < end ? next : end;
}

static int own_tables(struct mmu_context *mmu, struct frame *table, unsigned level, vaddr_t start,
		      vaddr_t end, struct tlb_gather *gather)
{
	for (vaddr_t at = start; at < end; at = entry_end(at, level, end)) {
		pte_t *entry = &pt_entries(table)[pt_index(at, level)];
		struct frame *child;
		int error;

		if (pte_empty(*entry))
			continue;
		child = own_child(table, entry, level, at, gather);
		if (!child)
			return -ENOMEM;
		if (level == PT_LEVELS - 2)
			continue;
		error = own_tables(mmu, child, level + 1, at, entry_end(at, level, end), gather);
		if (error)
			return error;
	}
	return 0;
}

int pt_own_range(struct mmu_context *mmu, vaddr_t start, vaddr_t end, struct tlb_gather *gather)
{
	struct frame *leaf;

	if (quick_look(mmu, start, end, &leaf) != LONG)
		return 0;
	return own_tables(mmu, frame_of_phys(mmu->root), 0, start, end, gather);
}

/* Empties entries [first, last) of a leaf table that is ours. */
static void unmap_leaf(struct frame *table, vaddr_t start, vaddr_t end, struct tlb_gather *gather)
{
	pte_t *entry = &pt_entries(table)[pt_index(start, PT_LEVELS - 1)];
	unsigned live = table->table.live;

	pt_lock(table);
	for (vaddr_t at = start; live && at < end; at += PAGE_SIZE, entry++) {
		pte_t value = *entry;

		if (pte_empty(value)) {
			while (end - at > 8 * PAGE_SIZE &&
			       !(entry[1].value | entry[2].value | entry[3].value | entry[4].value |
				 entry[5].value | entry[6].value | entry[7].value | entry[8].value)) {
				at += 8 * PAGE_SIZE;
				entry += 8;
			}
			continue;
		}
		*entry = PTE_EMPTY;
		live--;
		table->table.live = (uint16_t)live;
		if (pte_present(value))
			gather_page(gather, at);
		if (!pte_special(value))
			gather_put(gather, pt_child(value));
	}
	pt_unlock(table);
}

static void unmap_tables(struct frame *table, unsigned level, vaddr_t start, vaddr_t end,
			 struct tlb_gather *gather)
{
	for (vaddr_t at = start, next; at < end && table->table.live; at = next) {
		pte_t *entry = &pt_entries(table)[pt_index(at, level)], value = *entry;
		struct frame *child;

		next = entry_end(at, level, end);
		if (pte_empty(value))
			continue;
		child = pt_child(value);
		if (next - at < pt_span(level)) {
			ASSERT(pte_writable(value) && frame_refs(child) == 1);
			if (level == PT_LEVELS - 2)
				unmap_leaf(child, at, next, gather);
			else
				unmap_tables(child, level + 1, at, next, gather);
			if (child->table.live)
				continue;
		} else {
			gather_everything(gather);
		}
		pt_lock(table);
		*entry = PTE_EMPTY;
		table->table.live--;
		pt_unlock(table);
		/* An emptied table may still be in a paging-structure cache. */
		gather_page(gather, at);
		gather_put(gather, child);
	}
}

void pt_unmap(struct mmu_context *mmu, vaddr_t start, vaddr_t end, struct tlb_gather *gather)
{
	struct frame *leaf;

	switch (quick_look(mmu, start, end, &leaf)) {
	case NOTHING:
		return;
	case OURS:
		/* A whole table is dropped unread, and one that is empty is let go: both the long way. */
		if (end - start == pt_span(PT_LEVELS - 2))
			break;
		unmap_leaf(leaf, start, end, gather);
		if (leaf->table.live)
			return;
		break;
	case LONG:
		break;
	}
	unmap_tables(frame_of_phys(mmu->root), 0, start, end, gather);
}

static pte_t restricted(pte_t value, const struct pt_restriction *what)
{
	if (what->clear_write || what->hold)
		value.value &= ~(uint64_t)PTE_WRITE;
	if (what->set_no_execute)
		value.value |= PTE_NO_EXECUTE;
	if (what->hold) {
		value.value &= ~(uint64_t)PTE_PRESENT;
		value.value |= PTE_HELD;
	}
	return value;
}

static void restrict_leaf(struct frame *table, vaddr_t start, vaddr_t end,
			  const struct pt_restriction *what, struct tlb_gather *gather)
{
	pte_t *entry = &pt_entries(table)[pt_index(start, PT_LEVELS - 1)];

	pt_lock(table);
	for (vaddr_t at = start; at < end; at += PAGE_SIZE, entry++) {
		pte_t value = *entry, after;

		if (pte_empty(value))
			continue;
		after = restricted(value, what);
		if (after.value == value.value)
			continue;
		*entry = after;
		if (pte_present(value))
			gather_page(gather, at);
	}
	pt_unlock(table);
}

static void restrict_tables(struct frame *table, unsigned level, vaddr_t start, vaddr_t end,
			    const struct pt_restriction *what, struct tlb_gather *gather)
{
	for (vaddr_t at = start, next; at < end; at = next) {
		pte_t value = pt_entries(table)[pt_index(at, level)];

		next = entry_end(at, level, end);
		if (pte_empty(value))
			continue;
		if (level == PT_LEVELS - 2)
			restrict_leaf(pt_child(value), at, next, what, gather);
		else
			restrict_tables(pt_child(value), level + 1, at, next, what, gather);
	}
}

void pt_restrict(struct mmu_context *mmu, vaddr_t start, vaddr_t end,
		 const struct pt_restriction *what, struct tlb_gather *gather)
{
	struct frame *leaf;
	enum quick look = quick_look(mmu, start, end, &leaf);

	if (look == OURS)
		restrict_leaf(leaf, start, end, what, gather);
	else if (look == LONG)
		restrict_tables(frame_of_phys(mmu->root), 0, start, end, what, gather);
}

uint64_t pt_tables_spanned(vaddr_t start, vaddr_t end)
{
	uint64_t tables = 0;

	for (unsigned level = 0; level < PT_LEVELS - 1; level++)
		tables += (end - 1) / pt_span(level) - start / pt_span(level) + 1;
	return tables;
}

static pte_t take_entry(struct frame *table, pte_t *entry)
{
	pte_t value;

	pt_lock(table);
	value = *entry;
	*entry = PTE_EMPTY;
	table->table.live--;
	pt_unlock(table);
	return value;
}

void pt_move(struct mmu_context *mmu, vaddr_t from, vaddr_t to, uint64_t bytes,
	     struct pt_owning *owning)
{
	for (uint64_t offset = 0; offset < bytes; offset += PAGE_SIZE) {
		struct pt_path path;
		struct pt_leaf leaf;
		pte_t value;

		pt_walk(mmu, from + offset, &path);
		if (path.levels < PT_LEVELS) {
			/* On to the page after what the empty upper entry spans. */
			offset = entry_end(from + offset, path.levels - 1u, from + bytes) - from -
				 PAGE_SIZE;
			continue;
		}
		if (pte_empty(path.entry[PT_LEVELS - 1]))
			continue;
		ASSERT(path.writable);
		value = take_entry(pt_leaf_table(&path), path.leaf);
		if (pte_present(value))
			gather_page(owning->gather, from + offset);
		VERIFY(!pt_own(mmu, to + offset, owning, &leaf));
		pt_lock(leaf.table);
		pt_set(leaf.table, leaf.entry, value);
		pt_unlock(leaf.table);
	}
}
