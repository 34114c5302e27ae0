/*
 * Starting another CPU. The memory it needs is the caller's.
 */
#ifndef OSIER_ARCH_AP_H
#define OSIER_ARCH_AP_H

#include "arch/x86_64/gdt.h"

struct ap_start_request {
	struct cpu *cpu;		/* cleared but for self, id, apic_id, kernel_stack_top */
	struct cpu_descriptors *descriptors;
	uint8_t *trap_stacks;		/* TRAP_STACK_COUNT * TRAP_STACK_BYTES, 16-aligned */
};

/*
 * Wakes the CPU with request->cpu->apic_id and waits until it has set itself up; it is in cpu_table then, and goes on
 * in ap_main. One at a time. => 0, or -ETIMEDOUT: it did not answer. It may still come: the memory must stay.
 */
int ap_wake(const struct ap_start_request *request);

/* After the last: the low mapping and the code in low memory go. */
void ap_finish(void);

#endif
