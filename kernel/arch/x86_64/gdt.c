/*
 * gdt.h.
 */
#include "arch/x86_64/gdt.h"

#include "arch/x86_64/trap_frame.h"

struct cpu_descriptors boot_descriptors;
uint8_t boot_trap_stacks[TRAP_STACK_COUNT * TRAP_STACK_BYTES] __aligned(16);

void gdt_init(struct cpu *cpu, struct cpu_descriptors *descriptors, uint8_t *stacks)
{
	uint64_t *gdt = descriptors->gdt;
	uint64_t base = (uint64_t)&descriptors->tss;
	uint64_t gs_base = (uint64_t)cpu;
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed pointer = { sizeof(descriptors->gdt) - 1, (uint64_t)gdt };

	gdt[0] = 0;
	gdt[KERNEL_CS / 8] = 0x00af9b000000ffff;
	gdt[KERNEL_SS / 8] = 0x00cf93000000ffff;
	gdt[USER_SS / 8] = 0x00cff3000000ffff;
	gdt[USER_CS / 8] = 0x00affb000000ffff;
	gdt[TSS_SELECTOR / 8] = (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
				(base >> 24 & 0xff) << 56;
	gdt[TSS_SELECTOR / 8 + 1] = base >> 32;

	descriptors->tss = (struct tss){ .io_map = sizeof(struct tss) };
	for (unsigned i = 0; i < TRAP_STACK_COUNT; i++)
		descriptors->tss.ist[i] = (uint64_t)stacks + (i + 1) * TRAP_STACK_BYTES;
	cpu->tss = &descriptors->tss;

	__asm__ volatile("lgdt %0" : : "m"(pointer));
	__asm__ volatile("movl %0, %%ds; movl %0, %%es; movl %0, %%ss; movl %1, %%fs; movl %1, %%gs"
			 : : "r"((uint32_t)KERNEL_SS), "r"(0) : "memory");
	wrmsr(MSR_GS_BASE, gs_base);
	__asm__ volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
			 : : "i"(KERNEL_CS) : "rax", "memory");
	__asm__ volatile("ltr %w0" : : "r"((uint32_t)TSS_SELECTOR));
}

const char *gdt_trap_stack_name(vaddr_t address)
{
	static const char *const names[] = { "double fault", "NMI", "machine check", "debug" };
	const struct tss *tss = cpu_this()->tss;

	for (unsigned i = 0; tss && i < TRAP_STACK_COUNT; i++)
		if (address < tss->ist[i] && address >= tss->ist[i] - TRAP_STACK_BYTES)
			return names[i];
	return NULL;
}
