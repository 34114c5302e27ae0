/*
 * The memory map on its way from what the loader says to boot_info.ranges.
 */
#ifndef OSIER_ARCH_BOOT_MAP_H
#define OSIER_ARCH_BOOT_MAP_H

#include "arch/x86_64/boot_info.h"

/* One entry as it came: any order, any overlap, any size. */
void boot_map_add(paddr_t base, uint64_t length, enum boot_range_kind kind);
/* Sorts, resolves overlaps, cuts off what cannot be addressed, rounds to pages; fills ranges, ram_bytes, ram_end. */
void boot_map_finish(void);

#endif
