/*
 * The gather: everything that must wait for a TLB flush waits in one. A reference to a frame or a table is dropped
 * only after every CPU that might still use the old translation has forgotten it: dropping it earlier would let
 * another owner write in place under our stale translation (refs 2 -> 1), or reuse the frame.
 *
 * A fixed array: when it is full it flushes, waits for the acknowledgements, puts, and goes on.
 */
#ifndef OSIER_ARCH_TLB_H
#define OSIER_ARCH_TLB_H

#include <osier/types.h>

struct frame;
struct mmu_context;

#define GATHER_PAGES 12			/* above that, reloading CR3 is cheaper than invlpg */
#define GATHER_PUTS 64

enum gather_scope {
	GATHER_SPACE,			/* CPUs that run `mmu` */
	GATHER_ALL,			/* all CPUs: shared tables change in place; CR3 is reloaded */
	GATHER_KERNEL,			/* kernel addresses, which are global: invlpg on all CPUs */
};

struct tlb_gather {
	struct mmu_context *mmu;
	enum gather_scope scope;
	unsigned page_count;		/* > GATHER_PAGES: everything */
	unsigned put_count;
	vaddr_t pages[GATHER_PAGES];
	struct frame *puts[GATHER_PUTS];
};

static inline void gather_begin(struct tlb_gather *gather, struct mmu_context *mmu,
				enum gather_scope scope)
{
	gather->mmu = mmu;
	gather->scope = scope;
	gather->page_count = 0;
	gather->put_count = 0;
}

/* The translation of this page changed. */
static inline void gather_page(struct tlb_gather *gather, vaddr_t page)
{
	if (gather->page_count < GATHER_PAGES)
		gather->pages[gather->page_count] = page;
	gather->page_count++;
}

/* So many translations changed that naming them is no use. */
static inline void gather_everything(struct tlb_gather *gather)
{
	gather->page_count = GATHER_PAGES + 1;
}

/* Flushes, then drops the references. Sleeps not; interrupts on (other CPUs answer). */
void gather_flush(struct tlb_gather *gather);

/* A reference to drop after the flush: a data frame, or a table with all it holds. */
static inline void gather_put(struct tlb_gather *gather, struct frame *frame)
{
	if (gather->put_count == GATHER_PUTS)
		gather_flush(gather);
	gather->puts[gather->put_count++] = frame;
}

/* Installs the handler that answers other CPUs. Once. */
void tlb_init(void);

/* Ends the gather. Nothing was gathered: costs two comparisons. */
static inline void gather_end(struct tlb_gather *gather)
{
	if (gather->page_count || gather->put_count)
		gather_flush(gather);
}

#endif
