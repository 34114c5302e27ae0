/*
 * Mappings of physical memory before there are kernel regions: a fixed 2 MiB window below the top of the address space.
 * Temporary ones (tables of the firmware, the boot loader's data) and permanent ones (local APIC, IOAPIC).
 * Drivers do not use it: they call kernel_map_device.
 */
#ifndef OSIER_ARCH_EARLY_WINDOW_H
#define OSIER_ARCH_EARLY_WINDOW_H

#include <osier/types.h>

#define EARLY_WINDOW_BASE 0xffffffffffc00000ull
#define EARLY_WINDOW_BYTES 0x200000ull

/* Maps [physical, +bytes) write-back and readable and writable until early_unmap of all. => NULL: too large. */
void *early_map(paddr_t physical, size_t bytes);
/* Forgets every temporary mapping made since `mark`. */
size_t early_mark(void);
void early_unmap_to(size_t mark);
/* For ever, uncached. */
void *early_map_device(paddr_t physical, size_t bytes);

#endif
