/*
 * mmu_context: a page-table root and the CPUs that run it. The part of an address space that
 * the scheduler and the TLB code see.
 */
#ifndef OSIER_ARCH_MMU_H
#define OSIER_ARCH_MMU_H

#include <osier/types.h>

struct mmu_context {
	paddr_t root;			/* what CR3 holds */
	uint64_t cpus;			/* bit per CPU that has the root loaded; atomic */
};

/* Loads `context` on this CPU unless it is loaded; interrupts off. NULL: keep what is loaded. */
void mmu_switch(struct mmu_context *);
extern struct mmu_context kernel_mmu;	/* the root that boot made; upper half only */

#endif
