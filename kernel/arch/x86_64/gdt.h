/*
 * Segment descriptors and the task-state segment of each CPU, with the stacks that some traps switch to.
 */
#ifndef OSIER_ARCH_GDT_H
#define OSIER_ARCH_GDT_H

#include "arch/x86_64/cpu.h"

/* Stacks of their own (IST): these may come at any moment, or when the kernel stack is gone. */
enum trap_stack {
	TRAP_STACK_DOUBLE_FAULT = 1,
	TRAP_STACK_NMI = 2,
	TRAP_STACK_MACHINE_CHECK = 3,
	TRAP_STACK_DEBUG = 4,
	TRAP_STACK_COUNT = 4,
};
#define TRAP_STACK_BYTES 8192u

struct tss {
	uint32_t reserved0;
	uint64_t rsp0, rsp1, rsp2;
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
} __packed;

struct cpu_descriptors {
	uint64_t gdt[8];
	struct tss tss __aligned(8);
};

extern struct cpu_descriptors boot_descriptors;
extern uint8_t boot_trap_stacks[TRAP_STACK_COUNT * TRAP_STACK_BYTES];

/*
 * Fills and loads the descriptors of this CPU. `stacks`: TRAP_STACK_COUNT times TRAP_STACK_BYTES, 16-aligned.
 * Sets cpu->tss. Keeps GS base.
 */
void gdt_init(struct cpu *cpu, struct cpu_descriptors *descriptors, uint8_t *stacks);

/* Which of this CPU's trap stacks `address` lies in ("double fault", …), or NULL. */
const char *gdt_trap_stack_name(vaddr_t address);

#endif
