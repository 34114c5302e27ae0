/*
 * Where things lie in the kernel's half of the address space, and the direct map of all RAM.
 *
 * phys_to_virt and virt_to_phys are for RAM in the direct map only: not for the kernel image, not for
 * device memory, not for kernel regions.
 */
#ifndef OSIER_INCLUDE_LAYOUT_H
#define OSIER_INCLUDE_LAYOUT_H

#include <osier/types.h>

#define DIRECT_MAP_BASE		0xffff800000000000ull	/* all RAM, write-back, no-execute */
#define DIRECT_MAP_BYTES	TIB(32)
#define KERNEL_REGIONS_BASE	0xffffc00000000000ull	/* stacks, device windows: one root slot */
#define KERNEL_REGIONS_BYTES	GIB(512)
#define FRAME_ARRAY_BASE	0xffffe00000000000ull	/* struct frame by frame number, where there is RAM */
#define KERNEL_IMAGE_BASE	0xffffffff80000000ull	/* -2 GiB */

#ifdef OSIER_HOST
/* The host's tests stand in for RAM with an allocation of their own; they say where. */
extern uintptr_t host_direct_map_base;
#define DIRECT_MAP_START host_direct_map_base
#else
#define DIRECT_MAP_START DIRECT_MAP_BASE
#endif

static inline void *phys_to_virt(paddr_t physical)
{
	return (void *)(DIRECT_MAP_START + physical);
}

static inline paddr_t virt_to_phys(const void *address)
{
	return (paddr_t)(uintptr_t)address - DIRECT_MAP_START;
}

static inline bool is_direct_map(vaddr_t address)
{
	return address - DIRECT_MAP_BASE < DIRECT_MAP_BYTES;
}

#endif
