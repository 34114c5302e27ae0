/*
 * idt.h. Every gate is an interrupt gate: entries begin with interrupts off.
 */
#include "arch/x86_64/idt.h"

#include "arch/x86_64/gdt.h"
#include "arch/x86_64/trap_frame.h"

struct gate {
	uint16_t offset_low, selector;
	uint8_t stack, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

static struct gate idt[256] __aligned(16);

/* entry.asm: where each vector goes. */
extern const vaddr_t trap_stub_table[256];

static void gate_set(unsigned vector, vaddr_t stub, unsigned stack, unsigned privilege)
{
	idt[vector] = (struct gate){
		.offset_low = (uint16_t)stub,
		.selector = KERNEL_CS,
		.stack = (uint8_t)stack,
		.type = (uint8_t)(0x8e | privilege << 5),
		.offset_middle = (uint16_t)(stub >> 16),
		.offset_high = (uint32_t)(stub >> 32),
	};
}

void idt_init(void)
{
	for (unsigned vector = 0; vector < 256; vector++)
		gate_set(vector, trap_stub_table[vector], 0, 0);
	gate_set(TRAP_BREAKPOINT, trap_stub_table[TRAP_BREAKPOINT], 0, 3);
	gate_set(TRAP_OVERFLOW, trap_stub_table[TRAP_OVERFLOW], 0, 3);
	gate_set(TRAP_DEBUG, trap_stub_table[TRAP_DEBUG], TRAP_STACK_DEBUG, 0);
	gate_set(TRAP_NMI, trap_stub_table[TRAP_NMI], TRAP_STACK_NMI, 0);
	gate_set(TRAP_DOUBLE_FAULT, trap_stub_table[TRAP_DOUBLE_FAULT], TRAP_STACK_DOUBLE_FAULT, 0);
	gate_set(TRAP_MACHINE_CHECK, trap_stub_table[TRAP_MACHINE_CHECK], TRAP_STACK_MACHINE_CHECK, 0);
	idt_load();
}

void idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed pointer = { sizeof(idt) - 1, (uint64_t)idt };

	__asm__ volatile("lidt %0" : : "m"(pointer));
}
