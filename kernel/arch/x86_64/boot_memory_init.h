/*
 * For the boot order only: see boot_memory.h.
 */
#ifndef OSIER_ARCH_BOOT_MEMORY_INIT_H
#define OSIER_ARCH_BOOT_MEMORY_INIT_H

/* Low page where application CPUs begin; kept out of every allocator. */
#define BOOT_AP_TRAMPOLINE 0x8000

/* Takes the free ranges from boot_info. */
void boot_memory_init(void);

#endif
