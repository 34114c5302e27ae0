/*
 * The kernel image in memory: where its parts are, and how its addresses become physical ones.
 */
#ifndef OSIER_ARCH_IMAGE_H
#define OSIER_ARCH_IMAGE_H

#include <osier/layout.h>
#include <osier/types.h>

/* From the linker script; page aligned, each part ends where the next begins. */
extern char kernel_image_start[], kernel_image_end[];
extern char kernel_text_start[], kernel_text_end[];
extern char kernel_rodata_start[], kernel_rodata_end[];
extern char kernel_data_start[], kernel_data_end[];
extern char kernel_symbols_start[], kernel_symbols_end[];

/* The stack that boot begins on and the idle thread of the boot CPU keeps; the guard below it is not mapped. */
extern char boot_stack_guard[], boot_stack[], boot_stack_top[];

/* Where the image's first byte was loaded. */
extern paddr_t kernel_physical_base;

static inline paddr_t image_to_phys(const void *address)
{
	return (paddr_t)(uintptr_t)address - KERNEL_IMAGE_BASE + kernel_physical_base;
}

static inline bool is_kernel_text(vaddr_t address)
{
	return address >= (vaddr_t)kernel_image_start && address < (vaddr_t)kernel_text_end;
}

static inline bool is_kernel_image(vaddr_t address)
{
	return address >= (vaddr_t)kernel_image_start && address < (vaddr_t)kernel_image_end;
}

/* The tables that boot.asm starts with; the root stays the kernel's for ever. */
extern uint64_t kernel_root[512], image_pdpt[512], image_directory[512], image_tables[4][512];
extern uint64_t window_directory[512], window_table[512];

#endif
