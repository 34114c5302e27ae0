/*
 * Physical memory between the boot loader and the frame allocator: whole pages, handed out and never taken back.
 * frame_init takes over what is left.
 */
#ifndef OSIER_ARCH_BOOT_MEMORY_H
#define OSIER_ARCH_BOOT_MEMORY_H

#include <osier/types.h>

/*
 * `count` pages of RAM in a row, zeroed, aligned to `align` bytes (a power of two, at least a page). => physical address.
 * Lowest memory above 1 MiB first. Halts with a message when there is none: nothing can run then.
 */
paddr_t boot_alloc_pages(size_t count, size_t align);

/* The same, but => 0 when there is none. */
paddr_t boot_try_alloc_pages(size_t count, size_t align);

/*
 * What is still free, range by range in ascending order, page aligned; *cursor starts at 0.
 * => false at the end. No boot_alloc_pages between the first call and the last.
 */
bool boot_memory_next_free(paddr_t *cursor, paddr_t *start, paddr_t *end);

/* Pages of RAM in use that the allocator never saw: kernel image, boot modules, boot_alloc_pages. */
uint64_t boot_memory_used_pages(void);

/* [start, end) of RAM, in ascending order; *cursor starts at 0. Every byte of it is in the direct map. */
bool boot_memory_next_ram(unsigned *cursor, paddr_t *start, paddr_t *end);

/* Ends boot_alloc_pages: called by frame_init when it has taken over. */
void boot_memory_close(void);

#endif
