/*
 * Puts memory behind the frame array, at boot: page-table entries made by hand, before there is an allocator that the
 * page-table layer could use. With 2 MiB pages where a whole one (the frames of 512 MiB) is needed.
 */
#include "arch/x86_64/boot_memory.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/pte.h"
#include "mm/frame_pool.h"

#define LARGE_PAGE MIB(2)
#define LEAF_BITS                                                                                  \
	(PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_NO_EXECUTE | PTE_ACCESSED | PTE_DIRTY)

/* The entry for `address` in the table of `level`, making tables on the way. The boot allocator halts when it is out. */
static pte_t *boot_entry(vaddr_t address, unsigned level)
{
	pte_t *table = phys_to_virt(read_cr3() & PTE_FRAME_MASK);

	for (unsigned at = 0;; at++) {
		pte_t *entry = &table[pt_index(address, at)];

		if (at == level)
			return entry;
		if (!pte_present(*entry))
			*entry = pte_make(boot_alloc_pages(1, PAGE_SIZE), PTE_PRESENT | PTE_WRITE);
		table = phys_to_virt(pte_address(*entry));
	}
}

void frame_array_back(pfn_t first, pfn_t last)
{
	vaddr_t at = (vaddr_t)frame_of(first), end = (vaddr_t)frame_of(last);

	while (at < end) {
		if ((at & (LARGE_PAGE - 1)) == 0 && end - at >= LARGE_PAGE) {
			paddr_t block = boot_try_alloc_pages(LARGE_PAGE / PAGE_SIZE, LARGE_PAGE);

			if (block) {
				*boot_entry(at, PT_LEVELS - 2) = pte_make(block, LEAF_BITS | PTE_LARGE);
				at += LARGE_PAGE;
				continue;
			}
		}
		*boot_entry(at, PT_LEVELS - 1) = pte_make(boot_alloc_pages(1, PAGE_SIZE), LEAF_BITS);
		at += PAGE_SIZE;
	}
}
