/*
 * Page tables. A table page's frame.refs counts the parent entries that point at it; a table with refs > 1 is shared
 * between address spaces and belongs to nobody (docs/vm.md has the rules with their reasons):
 *
 *  1. A table with refs > 1 is referenced only by entries with W = 0. Nobody changes it, except to clear W, or to zap or
 *     clean for its object (in place, under the table's lock).
 *  2. W at every level down to the leaf on a private page: every table on the path and the frame have refs 1.
 *  3. W = 0 in an upper entry means "maybe shared". Upper entries are always user and never no-execute.
 *  4. Copying a table clears W in source and copy, and takes one reference per entry that is not SPECIAL.
 *  5. While space.lock is held (shared is enough), a path that has been owned stays owned, and its tables stay.
 *
 * This layer knows no regions: callers hold space.lock (shared to own and set, exclusive for ranges).
 */
#ifndef OSIER_ARCH_PT_H
#define OSIER_ARCH_PT_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "arch/x86_64/mmu.h"
#include "arch/x86_64/pte.h"
#include "arch/x86_64/tlb.h"
#include "mm/frame.h"

#define USER_ROOT_ENTRIES 256u

/* A walk as it stood: entry[0] is the root's; entries from `levels` on are not set. */
struct pt_path {
	pte_t entry[PT_LEVELS];
	pte_t *leaf;			/* the leaf entry's place, NULL when the walk ended above */
	uint8_t levels;			/* entries read */
	uint8_t shared;			/* bit n: the table that entry[n] points at has refs > 1 */
	bool writable;			/* W in every upper entry */
};
void pt_walk(const struct mmu_context *mmu, vaddr_t address, struct pt_path *path);

/* Table frames taken before any lock; what is left over goes back with pt_spares_release. */
struct pt_spares {
	struct frame *head;		/* chained through frame.word */
	uint64_t count;
};
/* Makes sure that there are `want` spare tables. => 0 or -ENOMEM. May sleep. */
int pt_spares_fill(struct pt_spares *spares, uint64_t want);
void pt_spares_release(struct pt_spares *spares);

/* What owning needs and what it did. */
struct pt_owning {
	struct pt_spares spares;
	struct tlb_gather *gather;
	uint8_t copied, made;		/* tables */
};

static inline void pt_owning_begin(struct pt_owning *owning, struct tlb_gather *gather)
{
	owning->spares.head = NULL;
	owning->spares.count = 0;
	owning->gather = gather;
	owning->copied = owning->made = 0;
}

/*
 * Makes the path to `address` exist and belong to this space alone: missing tables are made, shared ones copied, W set at
 * every upper level. => 0 and the leaf's place, or -EAGAIN when the spares ran out (what has been done so far is
 * invisible and stays).
 */
struct pt_leaf {
	struct frame *table;
	pte_t *entry;
};
int pt_own(struct mmu_context *mmu, vaddr_t address, struct pt_owning *, struct pt_leaf *leaf);
/* The same for one upper entry of an owned table. => the child, or NULL when there was no spare left. */
struct frame *pt_own_entry(struct frame *table, pte_t *entry, unsigned level, vaddr_t address,
			   struct pt_owning *);

/* A table's lock: with interrupts on, parent before child, never in interrupt context. */
void pt_lock(struct frame *table);
void pt_unlock(struct frame *table);

/* Writes a leaf entry of an owned table; its lock is held. Keeps the live count. */
static inline void pt_set(struct frame *table, pte_t *entry, pte_t value)
{
	if (pte_empty(*entry))
		table->table.live++;
	__atomic_store_n(&entry->value, value.value, __ATOMIC_RELEASE);
}

/* fork: the child's root gets every user entry of the parent's, W cleared in both. The caller flushes the parent. */
void pt_share(struct mmu_context *parent, struct mmu_context *child);

/*
 * Owns what a change of [start, end) would only partly cover: the tables on the paths to its two edges.
 * => 0 or -ENOMEM; invisible either way. space.lock exclusive.
 */
int pt_own_edges(struct mmu_context *mmu, vaddr_t start, vaddr_t end, struct tlb_gather *gather);
/* Owns every table that holds entries of [start, end). => 0 or -ENOMEM; invisible. space.lock exclusive. */
int pt_own_range(struct mmu_context *mmu, vaddr_t start, vaddr_t end, struct tlb_gather *gather);

/* Empties [start, end): pt_own_edges went before. A wholly covered entry is dropped unread. space.lock exclusive. */
void pt_unmap(struct mmu_context *mmu, vaddr_t start, vaddr_t end, struct tlb_gather *gather);

/*
 * Takes rights away in [start, end): pt_own_range went before. `clear_write`, `set_no_execute`; `hold`: entries
 * become HELD. Rights are never given here: faults do that. space.lock exclusive.
 */
struct pt_restriction {
	bool clear_write, set_no_execute, hold;
};
void pt_restrict(struct mmu_context *mmu, vaddr_t start, vaddr_t end,
		 const struct pt_restriction *what, struct tlb_gather *gather);

/*
 * mremap: moves the entries of [from, +bytes), owned, to [to, +bytes), empty. `owning` has the tables that `to` may need
 * (pt_tables_spanned): cannot fail. space.lock exclusive.
 */
void pt_move(struct mmu_context *mmu, vaddr_t from, vaddr_t to, uint64_t bytes,
	     struct pt_owning *owning);

/* Tables below the root that [start, end) can need at the most. */
uint64_t pt_tables_spanned(vaddr_t start, vaddr_t end);

/*
 * For an object, without space.lock: visits the leaf entries of [start, end) in place, shared tables too. ZAP empties
 * them; DROP empties those that map frames of kind FRAME_OBJECT and have no W; CLEAN clears W of such frames' entries. The region is in the object's list and
 * object.lock is held. The gather's scope is GATHER_ALL.
 */
enum pt_visit { PT_VISIT_ZAP, PT_VISIT_DROP, PT_VISIT_CLEAN };
void pt_visit_in_place(struct mmu_context *mmu, vaddr_t start, vaddr_t end, enum pt_visit what,
		       struct tlb_gather *gather);

/* A root whose user half is empty and whose kernel half is the kernel's. => 0 or -ENOMEM. */
int pt_root_create(struct mmu_context *mmu);
/* Drops everything below the root, then the root. No CPU runs it. */
void pt_root_destroy(struct mmu_context *mmu);
/* Drops one reference to a table; the last one drops all it holds. After the flush only. */
void pt_table_put(struct frame *table);

/* Kernel half: one page. The kernel's tables are never shared nor freed. => 0 or -ENOMEM. */
int pt_map_kernel(vaddr_t address, paddr_t physical, uint64_t bits);
/* Empties one kernel page. => what it held. The caller flushes with GATHER_KERNEL. */
pte_t pt_unmap_kernel(vaddr_t address);

/* Walks tables and counts: live counts, rules 1 to 4. => 0 or -EINVAL after logging. space.lock exclusive. */
int pt_check(struct mmu_context *mmu);

/* Visits every leaf entry in [start, end) that is not empty (reading only). */
void pt_for_each(struct mmu_context *mmu, vaddr_t start, vaddr_t end,
		 void (*visit)(vaddr_t, pte_t, bool shared, void *context), void *context);
uint64_t pt_table_count(struct mmu_context *mmu);	/* tables below and including the root */

static inline pte_t *pt_entries(struct frame *table)
{
	return frame_to_virt(table);
}

static inline struct frame *pt_child(pte_t entry)
{
	return frame_of(pte_pfn(entry));
}

/* The table that holds the leaf entry of a complete walk. */
static inline struct frame *pt_leaf_table(const struct pt_path *path)
{
	return pt_child(path->entry[PT_LEVELS - 2]);
}

/* The shared frame of zeros. */
extern struct frame *pt_zero_frame;
void pt_init(void);

#endif
