/*
 * The kernel's half of the address space as boot makes it: the direct map of all RAM, the rights of the image's
 * pages, and one lower table for every root slot that will be used, so that spaces copy 256 entries and nothing else.
 */
#ifndef OSIER_ARCH_DIRECT_MAP_H
#define OSIER_ARCH_DIRECT_MAP_H

#include <osier/types.h>

/* Needs boot_info and boot_memory. Halts with a message when there is not enough memory for the tables. */
void direct_map_init(void);

/* What CR3 holds for kernel threads: the upper half only. */
paddr_t direct_map_root(void);

/* The direct map's last byte + 1, as a physical address (holes included). */
extern paddr_t direct_map_end;
extern bool direct_map_ready;

#endif
