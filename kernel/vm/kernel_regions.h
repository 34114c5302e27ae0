/*
 * The kernel's own regions: stacks with guards, device windows. Same tree, same authority; what
 * differs is that the pages are there from the start.
 */
#ifndef OSIER_VM_KERNEL_REGIONS_H
#define OSIER_VM_KERNEL_REGIONS_H

#include <osier/types.h>

#define KERNEL_STACK_BYTES 16384u

/* Called once by init after frames and slab: takes the ranges that boot made into the tree. */
void kernel_regions_init(void);

/* A kernel stack above a guard page. => its base (lowest usable byte; top = base + KERNEL_STACK_BYTES), or 0. Sleeps. Freed stacks are kept for reuse. */
vaddr_t kernel_stack_allocate(void);
void kernel_stack_free(vaddr_t base);

/* Maps [physical, +bytes) of a device; any alignment. => pointer, or NULL. memtype: enum memtype. */
void *kernel_map_device(paddr_t physical, size_t bytes, uint8_t memtype, const char *name);
void kernel_unmap_device(void *);

/* Says what a kernel address is ("stack guard of thread 7 sh", …) for panics. */
const char *kernel_address_describe(vaddr_t, char *buffer, size_t size);

#endif
