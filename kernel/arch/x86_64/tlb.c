/*
 * Flushing: this CPU by invlpg or CR3, others by interrupt, and only then the references of a gather.
 */
#include "arch/x86_64/tlb.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/mmu.h"
#include "arch/x86_64/pt.h"
#include "debug/assert.h"
#include "sync/spinlock.h"

/*
 * One request at a time. Waiting for the lock, and for the answers, is done with interrupts on, so that two CPUs that
 * ask each other both get their answers; the handler takes no lock.
 */
static struct spinlock request_lock = SPINLOCK_INIT("tlb request", LOCK_RANK_LIST);
static const struct tlb_gather *request;
static uint32_t request_pending;	/* CPUs that have not answered */

static struct mmu_context *loaded(const struct cpu *cpu)
{
	return cpu->slots[CPU_SLOT_MMU];
}

/* With interrupts off, so that a flush request sees either the old root or the new one. */
void mmu_switch(struct mmu_context *context)
{
	struct cpu *cpu = cpu_this();
	struct mmu_context *old = loaded(cpu);
	uint64_t bit = 1ull << cpu->id;

	if (!context || context == old)
		return;
	/* Seen in the new mask before the new root is used: a flush that misses us must find it unused. */
	__atomic_fetch_or(&context->cpus, bit, __ATOMIC_SEQ_CST);
	cpu->slots[CPU_SLOT_MMU] = context;
	write_cr3(context->root);
	if (old)
		__atomic_fetch_and(&old->cpus, ~bit, __ATOMIC_SEQ_CST);
}

/* Global entries go only when CR4.PGE is switched off and on. */
static void flush_global(void)
{
	uint64_t cr4 = read_cr4();

	write_cr4(cr4 & ~(uint64_t)CR4_PGE);
	write_cr4(cr4);
}

static void flush_local(const struct tlb_gather *gather)
{
	if (gather->scope == GATHER_SPACE && loaded(cpu_this()) != gather->mmu)
		return;
	if (gather->scope != GATHER_ALL && gather->page_count <= GATHER_PAGES) {
		for (unsigned i = 0; i < gather->page_count; i++)
			invlpg(gather->pages[i]);
		return;
	}
	if (gather->scope == GATHER_KERNEL)
		flush_global();
	else
		write_cr3(read_cr3());
}

static void answer(void *unused)
{
	flush_local(__atomic_load_n(&request, __ATOMIC_ACQUIRE));
	__atomic_fetch_sub(&request_pending, 1, __ATOMIC_ACQ_REL);
}

static bool concerns(const struct tlb_gather *gather, const struct cpu *cpu)
{
	if (cpu == cpu_this() || !READ_ONCE(cpu->online))
		return false;
	return gather->scope != GATHER_SPACE ||
	       (__atomic_load_n(&gather->mmu->cpus, __ATOMIC_SEQ_CST) >> cpu->id & 1);
}

static void shoot_down(const struct tlb_gather *gather)
{
	bool any = false;

	for (uint32_t i = 0; i < cpu_count && !any; i++)
		any = cpu_table[i] && concerns(gather, cpu_table[i]);
	if (!any)
		return;
	ASSERT(irq_enabled());
	spin_lock(&request_lock);
	__atomic_store_n(&request_pending, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&request, gather, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (!cpu_table[i] || !concerns(gather, cpu_table[i]))
			continue;
		__atomic_fetch_add(&request_pending, 1, __ATOMIC_ACQ_REL);
		apic_send(cpu_table[i]->apic_id, IRQ_VECTOR_TLB);
	}
	/* The first 1 was ours, so that early answers do not end the wait. */
	__atomic_fetch_sub(&request_pending, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&request_pending, __ATOMIC_ACQUIRE))
		cpu_pause();
	spin_unlock(&request_lock);
}

void gather_flush(struct tlb_gather *gather)
{
	if (gather->page_count) {
		flush_local(gather);
		if (cpu_count > 1)
			shoot_down(gather);
		gather->page_count = 0;
	}
	for (unsigned i = 0; i < gather->put_count; i++) {
		struct frame *frame = gather->puts[i];

		if (frame->kind == FRAME_TABLE)
			pt_table_put(frame);
		else
			frame_put(frame);
	}
	gather->put_count = 0;
}

void tlb_init(void)
{
	irq_set_handler(IRQ_VECTOR_TLB, answer, NULL);
}
