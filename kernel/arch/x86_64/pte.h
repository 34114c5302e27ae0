/*
 * A page-table entry. A struct, so that it cannot be mixed up with an address. Pure; compiles on the host.
 *
 * Software bits
 *   HELD     not present, but the entry keeps its frame (PROT_NONE)
 *   SPECIAL  the entry counts no reference: device memory, or the shared zero frame
 *
 * An entry is empty (all zero), HELD, or PRESENT. Upper entries are always user and never no-execute;
 * W = 0 in one means "maybe shared", never "read-only".
 */
#ifndef OSIER_ARCH_PTE_H
#define OSIER_ARCH_PTE_H

#include <osier/types.h>

typedef struct {
	uint64_t value;
} pte_t;

enum pte_bits {
	PTE_PRESENT = 1 << 0,
	PTE_WRITE = 1 << 1,
	PTE_USER = 1 << 2,
	PTE_PWT = 1 << 3,
	PTE_PCD = 1 << 4,
	PTE_ACCESSED = 1 << 5,
	PTE_DIRTY = 1 << 6,
	PTE_LARGE = 1 << 7,		/* in a leaf of 4 KiB this bit is PAT */
	PTE_GLOBAL = 1 << 8,
	PTE_HELD = 1 << 9,
	PTE_SPECIAL = 1 << 10,
};
#define PTE_NO_EXECUTE (1ull << 63)
#define PTE_FRAME_MASK 0x000ffffffffff000ull

#define PTE_EMPTY ((pte_t){ 0 })

#define PT_ENTRIES 512u
#define PT_LEVELS 4			/* level 0 is the root, level 3 holds leaf entries */

static inline pte_t pte_raw(uint64_t value)
{
	return (pte_t){ value };
}

static inline pte_t pte_make(paddr_t address, uint64_t bits)
{
	return (pte_t){ address | bits };
}

static inline bool pte_empty(pte_t e) { return !e.value; }
static inline bool pte_present(pte_t e) { return e.value & PTE_PRESENT; }
static inline bool pte_held(pte_t e) { return e.value & PTE_HELD; }
static inline bool pte_special(pte_t e) { return e.value & PTE_SPECIAL; }
static inline bool pte_large(pte_t e) { return e.value & PTE_LARGE; }
static inline bool pte_writable(pte_t e) { return e.value & PTE_WRITE; }
static inline bool pte_executable(pte_t e) { return !(e.value & PTE_NO_EXECUTE); }
static inline paddr_t pte_address(pte_t e) { return e.value & PTE_FRAME_MASK; }
static inline pfn_t pte_pfn(pte_t e) { return pte_address(e) >> PAGE_SHIFT; }

/* Index into the table of `level` for an address. */
static inline unsigned pt_index(vaddr_t address, unsigned level)
{
	return (address >> (PAGE_SHIFT + 9 * (PT_LEVELS - 1 - level))) & (PT_ENTRIES - 1);
}

/* Bytes that one entry of `level` spans. */
static inline uint64_t pt_span(unsigned level)
{
	return 1ull << (PAGE_SHIFT + 9 * (PT_LEVELS - 1 - level));
}

#endif
