/*
 * Page tables, one path at a time: walk, own, share, roots, and the kernel's half. Ranges are in
 * pt_range.c, what an object does to its mappings in pt_visit.c. The rules are in pt.h.
 */
#include "arch/x86_64/pt.h"

#include "arch/x86_64/cpu.h"
#include "debug/assert.h"
#include "debug/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "sync/failpoint.h"
#include "sync/spinlock.h"

#define PTE_TABLE (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)

struct frame *pt_zero_frame;
struct mmu_context kernel_mmu;

/*
 * Roots that were destroyed, kept with their kernel half filled and their user half empty: making one
 * anew would copy 2 KiB and zero 2 KiB.
 */
#define ROOT_CACHE 16
static struct frame *root_cache[ROOT_CACHE];
static unsigned root_cache_count;
static struct spinlock root_cache_lock = SPINLOCK_INIT("page-table roots", LOCK_RANK_LIST);

static struct spinlock kernel_table_lock = SPINLOCK_INIT("kernel tables", LOCK_RANK_LIST);

void pt_lock(struct frame *table)
{
	while (__atomic_exchange_n(&table->table.lock, 1, __ATOMIC_ACQUIRE))
		while (READ_ONCE(table->table.lock))
			cpu_pause();
}

void pt_unlock(struct frame *table)
{
	__atomic_store_n(&table->table.lock, 0, __ATOMIC_RELEASE);
}

static struct frame *table_alloc(unsigned level, unsigned flags)
{
	struct frame *table;

	if (failpoint_hit(FAILPOINT_TABLE_ALLOC))
		return NULL;
	table = frame_alloc(FRAME_TABLE | FRAME_ZERO | flags);
	if (table)
		table->table.level = (uint16_t)level;
	return table;
}

int pt_spares_fill(struct pt_spares *spares, uint64_t want)
{
	while (spares->count < want) {
		struct frame *table = table_alloc(0, 0);

		if (!table)
			return -ENOMEM;
		table->word = (uintptr_t)spares->head;
		spares->head = table;
		spares->count++;
	}
	return 0;
}

static struct frame *spares_take(struct pt_spares *spares, unsigned level)
{
	struct frame *table = spares->head;

	spares->head = (struct frame *)(uintptr_t)table->word;
	spares->count--;
	table->word = 0;
	table->table.level = (uint16_t)level;
	return table;
}

void pt_spares_release(struct pt_spares *spares)
{
	while (spares->count)
		frame_free_zeroed(spares_take(spares, 0));
}

/*
 * A table that was shared when it was read may be let go by us and freed by its other owner. Its memory is
 * reused only after a flush that waits for this CPU, so with interrupts off a walk reads tables, never
 * something else.
 */
void pt_walk(const struct mmu_context *mmu, vaddr_t address, struct pt_path *path)
{
	uint64_t flags = irq_save();
	pte_t *entries = phys_to_virt(mmu->root), *entry, value;
	unsigned level;

	path->shared = 0;
	path->writable = true;
	path->leaf = NULL;
#pragma GCC unroll 4
	for (level = 0; level < PT_LEVELS; level++) {
		entry = &entries[pt_index(address, level)];
		value = pte_raw(READ_ONCE(entry->value));
		path->entry[level] = value;
		if (level == PT_LEVELS - 1) {
			path->leaf = entry;
			break;
		}
		if (unlikely(!pte_writable(value))) {
			path->writable = false;
			if (pte_empty(value))
				break;
			/* W would say that the table is ours; without it only the count knows. */
			if (frame_refs(pt_child(value)) > 1)
				path->shared |= (uint8_t)(1u << level);
		}
		entries = phys_to_virt(pte_address(value));
	}
	path->levels = (uint8_t)(level + 1);
	irq_restore(flags);
}

/*
 * Copies a shared table: W goes in both, every entry that counts takes a reference (rule 4). `copy` is all
 * zeros; the lock of `table` is held, so that nobody zaps it in place meanwhile.
 */
static void table_copy(struct frame *table, struct frame *copy)
{
	pte_t *from = pt_entries(table), *to = pt_entries(copy);
	unsigned left = table->table.live;

	copy->table.live = table->table.live;
	copy->table.level = table->table.level;
	for (unsigned i = 0; left && i < PT_ENTRIES; i++) {
		pte_t value = from[i];

		if (pte_empty(value)) {
			while (i + 8 < PT_ENTRIES && !(from[i + 1].value | from[i + 2].value |
						       from[i + 3].value | from[i + 4].value |
						       from[i + 5].value | from[i + 6].value |
						       from[i + 7].value | from[i + 8].value))
				i += 8;
			continue;
		}
		left--;
		if (pte_writable(value)) {
			value.value &= ~(uint64_t)PTE_WRITE;
			WRITE_ONCE(from[i].value, value.value);
		}
		if (!pte_special(value))
			frame_get(pt_child(value));
		to[i] = value;
	}
}

struct frame *pt_own_entry(struct frame *table, pte_t *entry, unsigned level, vaddr_t address,
			   struct pt_owning *owning)
{
	struct frame *child, *fresh = NULL;
	pte_t value;

	pt_lock(table);
	value = *entry;
	child = pte_empty(value) ? NULL : pt_child(value);
	if (pte_writable(value)) {
		/* Another thread of this space was faster. */
	} else if (child && frame_refs(child) == 1) {
		/* The other owners are gone: it is ours again. */
		pt_set(table, entry, pte_make(pte_address(value), PTE_TABLE));
	} else if (owning->spares.count) {
		fresh = spares_take(&owning->spares, level + 1);
		if (child) {
			pt_lock(child);
			table_copy(child, fresh);
			pt_set(table, entry, pte_make(frame_to_phys(fresh), PTE_TABLE));
			pt_unlock(child);
			/* One invlpg empties the paging-structure caches of all levels. */
			gather_page(owning->gather, address);
			gather_put(owning->gather, child);
			owning->copied++;
		} else {
			pt_set(table, entry, pte_make(frame_to_phys(fresh), PTE_TABLE));
			owning->made++;
		}
		child = fresh;
	} else {
		child = NULL;
	}
	pt_unlock(table);
	return child;
}

int pt_own(struct mmu_context *mmu, vaddr_t address, struct pt_owning *owning, struct pt_leaf *leaf)
{
	struct frame *table = frame_of_phys(mmu->root);

	for (unsigned level = 0; level < PT_LEVELS - 1; level++) {
		pte_t *entry = &pt_entries(table)[pt_index(address, level)];
		pte_t value = pte_raw(READ_ONCE(entry->value));

		/* W says it is ours, and stays so while space.lock is held. */
		if (likely(pte_writable(value)))
			table = pt_child(value);
		else
			table = pt_own_entry(table, entry, level, address, owning);
		if (!table)
			return -EAGAIN;
	}
	leaf->table = table;
	leaf->entry = &pt_entries(table)[pt_index(address, PT_LEVELS - 1)];
	return 0;
}

void pt_share(struct mmu_context *parent, struct mmu_context *child)
{
	struct frame *from_table = frame_of_phys(parent->root), *to_table = frame_of_phys(child->root);
	pte_t *from = pt_entries(from_table), *to = pt_entries(to_table);
	unsigned left = from_table->table.live;

	for (unsigned i = 0; left && i < USER_ROOT_ENTRIES; i++) {
		pte_t value = from[i];

		if (pte_empty(value))
			continue;
		left--;
		value.value &= ~(uint64_t)PTE_WRITE;
		WRITE_ONCE(from[i].value, value.value);
		frame_get(pt_child(value));
		pt_set(to_table, &to[i], value);
	}
}

int pt_root_create(struct mmu_context *mmu)
{
	struct frame *root = NULL;

	if (failpoint_hit(FAILPOINT_TABLE_ALLOC))
		return -ENOMEM;
	spin_lock(&root_cache_lock);
	if (root_cache_count)
		root = root_cache[--root_cache_count];
	spin_unlock(&root_cache_lock);
	if (!root) {
		root = frame_alloc(FRAME_TABLE | FRAME_ZERO);
		if (!root)
			return -ENOMEM;
		memcpy(&pt_entries(root)[USER_ROOT_ENTRIES],
		       (pte_t *)phys_to_virt(kernel_mmu.root) + USER_ROOT_ENTRIES,
		       (PT_ENTRIES - USER_ROOT_ENTRIES) * sizeof(pte_t));
	}
	mmu->root = frame_to_phys(root);
	mmu->cpus = 0;
	return 0;
}

/* Empties a table that nobody else can reach, dropping what it holds. */
static void table_empty(struct frame *table, unsigned entries)
{
	pte_t *entry = pt_entries(table);
	unsigned left = table->table.live;
	bool leaf = table->table.level == PT_LEVELS - 1;

	for (unsigned i = 0; left && i < entries; i++) {
		pte_t value = entry[i];

		if (pte_empty(value)) {
			while (i + 8 < entries && !(entry[i + 1].value | entry[i + 2].value |
						    entry[i + 3].value | entry[i + 4].value |
						    entry[i + 5].value | entry[i + 6].value |
						    entry[i + 7].value | entry[i + 8].value))
				i += 8;
			continue;
		}
		left--;
		entry[i] = PTE_EMPTY;
		if (!leaf)
			pt_table_put(pt_child(value));
		else if (!pte_special(value))
			frame_put(pt_child(value));
	}
	table->table.live = 0;
}

void pt_table_put(struct frame *table)
{
	if (!frame_put_test(table))
		return;
	table_empty(table, PT_ENTRIES);
	table->refs = 1;
	frame_free_zeroed(table);
}

void pt_root_destroy(struct mmu_context *mmu)
{
	struct frame *root = frame_of_phys(mmu->root);

	ASSERT(!mmu->cpus);
	table_empty(root, USER_ROOT_ENTRIES);
	mmu->root = 0;
	spin_lock(&root_cache_lock);
	if (root_cache_count < ROOT_CACHE) {
		root_cache[root_cache_count++] = root;
		root = NULL;
	}
	spin_unlock(&root_cache_lock);
	if (root)
		frame_free(root);
}

/* The kernel's leaf entry for an address; makes tables where `make`. NULL: none, or no memory. */
static pte_t *kernel_entry(vaddr_t address, bool make)
{
	pte_t *entries = phys_to_virt(kernel_mmu.root);

	for (unsigned level = 0; level < PT_LEVELS - 1; level++) {
		pte_t *entry = &entries[pt_index(address, level)];

		if (pte_empty(*entry)) {
			struct frame *fresh;

			/* Root entries are shared by every space: boot made all that will ever be used. */
			if (!make || level == 0)
				return NULL;
			fresh = table_alloc(level + 1, FRAME_NOWAIT);
			if (!fresh)
				return NULL;
			*entry = pte_make(frame_to_phys(fresh),
					  PTE_PRESENT | PTE_WRITE | PTE_ACCESSED);
		}
		if (pte_large(*entry))
			panic("kernel address %#lx lies in a large page", address);
		entries = phys_to_virt(pte_address(*entry));
	}
	return &entries[pt_index(address, PT_LEVELS - 1)];
}

int pt_map_kernel(vaddr_t address, paddr_t physical, uint64_t bits)
{
	pte_t *entry;

	spin_lock(&kernel_table_lock);
	entry = kernel_entry(address, true);
	if (entry)
		*entry = pte_make(physical, bits | PTE_PRESENT | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY);
	spin_unlock(&kernel_table_lock);
	return entry ? 0 : -ENOMEM;
}

pte_t pt_unmap_kernel(vaddr_t address)
{
	pte_t *entry, old = PTE_EMPTY;

	spin_lock(&kernel_table_lock);
	entry = kernel_entry(address, false);
	if (entry) {
		old = *entry;
		*entry = PTE_EMPTY;
	}
	spin_unlock(&kernel_table_lock);
	return old;
}

void pt_init(void)
{
	pt_zero_frame = frame_alloc(FRAME_KERNEL | FRAME_ZERO);
	if (!pt_zero_frame)
		panic("no memory for the frame of zeros");
	pt_zero_frame->flags |= FRAME_SHARED_ZERO;
}
