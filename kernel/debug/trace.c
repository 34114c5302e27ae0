/* The boot CPU's trace ring; other CPUs bring theirs. */
#include "debug/trace.h"

struct trace_ring trace_boot_ring;
uint64_t trace_sequence;

void trace_init(struct trace_ring *ring)
{
	struct cpu *cpu = cpu_this();

	ring->magic = TRACE_MAGIC;
	ring->version = TRACE_VERSION;
	ring->records = TRACE_RECORDS;
	ring->cpu = cpu->id;
	ring->next = 0;
	cpu->slots[CPU_SLOT_TRACE] = ring;
}
