/*
 * The kernel's own address space: one region tree for the kernel's half. Stacks with guards and device windows are
 * made here; what boot mapped (direct map, frame array, image) is entered as it stands.
 */
#include "vm/kernel_regions.h"

#include <osier/layout.h>

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/early_window.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/pt.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "sync/spinlock.h"
#include "task/thread.h"
#include "vm/space_private.h"

#define STACK_GUARD_BYTES PAGE_SIZE
#define STACK_STEP (KERNEL_STACK_BYTES + STACK_GUARD_BYTES)
#define STACK_CACHE 32

static vaddr_t stack_cache[STACK_CACHE];
static unsigned stack_cache_count;
static struct spinlock stack_cache_lock = SPINLOCK_INIT("kernel stacks", LOCK_RANK_LIST);

static struct region *kernel_region_new(vaddr_t start, vaddr_t end, uint8_t prot, uint16_t flags,
					uint8_t memtype, const char *name)
{
	struct region *region = region_allocate();

	if (!region)
		return NULL;
	memset(region, 0, sizeof *region);
	region->space = &kernel_space;
	region->start = start;
	region->end = end;
	region->prot = region->max_prot = prot;
	region->flags = flags | REGION_KERNEL;
	region->memtype = memtype;
	region->name = name;
	list_init(&region->object_link);
	return region;
}

/* A hole in the range for dynamic kernel regions, with both regions (guard may be empty) put into it. */
static vaddr_t place(struct region *guard, uint64_t guard_bytes, struct region *region,
		     uint64_t bytes)
{
	vaddr_t base;

	rwlock_write_lock(&kernel_space.lock);
	base = region_find_hole(&kernel_space.regions, guard_bytes + bytes, KERNEL_REGIONS_BASE,
				KERNEL_REGIONS_BASE + KERNEL_REGIONS_BYTES, false);
	if (base) {
		if (guard) {
			guard->start = base;
			guard->end = base + guard_bytes;
			region_insert(&kernel_space.regions, guard);
		}
		region->start = base + guard_bytes;
		region->end = region->start + bytes;
		region_insert(&kernel_space.regions, region);
	}
	rwlock_write_unlock(&kernel_space.lock);
	return base;
}

static void take_out(struct region *region)
{
	rwlock_write_lock(&kernel_space.lock);
	region_remove(&kernel_space.regions, region);
	rwlock_write_unlock(&kernel_space.lock);
	region_free(region);
}

/* Unmaps what was mapped of [start, end), and frees its frames where `frames`. */
static void unmap_pages(vaddr_t start, vaddr_t end, bool frames)
{
	struct tlb_gather gather;

	gather_begin(&gather, NULL, GATHER_KERNEL);
	for (vaddr_t at = start; at < end; at += PAGE_SIZE) {
		pte_t old = pt_unmap_kernel(at);

		if (pte_empty(old))
			continue;
		gather_page(&gather, at);
		if (frames)
			gather_put(&gather, pt_child(old));
	}
	gather_end(&gather);
}

static int map_stack_pages(vaddr_t base)
{
	for (vaddr_t at = base; at < base + KERNEL_STACK_BYTES; at += PAGE_SIZE) {
		struct frame *frame = frame_alloc(FRAME_KERNEL);
		int error = frame ? pt_map_kernel(at, frame_to_phys(frame),
						  PTE_WRITE | PTE_NO_EXECUTE) : -ENOMEM;

		if (error) {
			if (frame)
				frame_free(frame);
			unmap_pages(base, at, true);
			return error;
		}
	}
	return 0;
}

vaddr_t kernel_stack_allocate(void)
{
	struct region *guard, *stack;
	vaddr_t base = 0;

	spin_lock(&stack_cache_lock);
	if (stack_cache_count)
		base = stack_cache[--stack_cache_count];
	spin_unlock(&stack_cache_lock);
	if (base)
		return base;

	guard = kernel_region_new(0, 0, 0, REGION_GUARD | REGION_RESERVED, MEMTYPE_WRITE_BACK,
				  "kernel stack guard");
	stack = kernel_region_new(0, 0, PROT_R | PROT_W, REGION_STACK, MEMTYPE_WRITE_BACK,
				  "kernel stack");
	if (!guard || !stack)
		goto fail;
	base = place(guard, STACK_GUARD_BYTES, stack, KERNEL_STACK_BYTES);
	if (!base)
		goto fail;
	base += STACK_GUARD_BYTES;
	if (!map_stack_pages(base))
		return base;
	take_out(guard);
	take_out(stack);
	return 0;

fail:
	if (guard)
		region_free(guard);
	if (stack)
		region_free(stack);
	return 0;
}

void kernel_stack_free(vaddr_t base)
{
	struct region *stack, *guard;

	spin_lock(&stack_cache_lock);
	if (stack_cache_count < STACK_CACHE) {
		stack_cache[stack_cache_count++] = base;
		base = 0;
	}
	spin_unlock(&stack_cache_lock);
	if (!base)
		return;
	unmap_pages(base, base + KERNEL_STACK_BYTES, true);
	rwlock_read_lock(&kernel_space.lock);
	stack = region_find(&kernel_space.regions, base);
	guard = region_find(&kernel_space.regions, base - 1);
	rwlock_read_unlock(&kernel_space.lock);
	if (stack)
		take_out(stack);
	if (guard)
		take_out(guard);
}

static uint64_t memtype_bits(uint8_t memtype)
{
	if (memtype == MEMTYPE_WRITE_COMBINING)
		return PTE_PWT;
	return memtype == MEMTYPE_UNCACHED ? PTE_PWT | PTE_PCD : 0;
}

void *kernel_map_device(paddr_t physical, size_t bytes, uint8_t memtype, const char *name)
{
	paddr_t first = page_round_down(physical);
	uint64_t span = page_round_up(physical + bytes) - first;
	struct region *region;
	vaddr_t base;

	if (!bytes || physical + bytes < physical)
		return NULL;
	region = kernel_region_new(0, 0, PROT_R | PROT_W, 0, memtype, name);
	if (!region)
		return NULL;
	base = place(NULL, 0, region, span);
	if (!base) {
		region_free(region);
		return NULL;
	}
	for (uint64_t offset = 0; offset < span; offset += PAGE_SIZE) {
		if (pt_map_kernel(base + offset, first + offset,
				  PTE_WRITE | PTE_NO_EXECUTE | memtype_bits(memtype))) {
			unmap_pages(base, base + offset, false);
			take_out(region);
			return NULL;
		}
	}
	return (void *)(base + page_offset(physical));
}

void kernel_unmap_device(void *address)
{
	struct region *region;

	rwlock_read_lock(&kernel_space.lock);
	region = region_find(&kernel_space.regions, (vaddr_t)address);
	rwlock_read_unlock(&kernel_space.lock);
	if (!region)
		return;
	unmap_pages(region->start, region->end, false);
	take_out(region);
}

/* Read without the lock: a panic must not wait, and a region is either linked or not. */
const char *kernel_address_describe(vaddr_t address, char *buffer, size_t size)
{
	const struct region *region = region_find(&kernel_space.regions, address);

	if (!region)
		ksnprintf(buffer, size, "not in any kernel region");
	else
		ksnprintf(buffer, size, "%s [%#lx-%#lx) + %#lx", region->name, region->start,
			  region->end, address - region->start);
	return buffer;
}

static bool describe_address(vaddr_t address, char *buffer, size_t size)
{
	if (!region_find(&kernel_space.regions, address))
		return false;
	kernel_address_describe(address, buffer, size);
	return true;
}

static bool is_stack_guard(vaddr_t address)
{
	const struct region *region = region_find(&kernel_space.regions, address);

	return region && (region->flags & REGION_GUARD);
}

static void enter_boot_range(vaddr_t start, vaddr_t end, uint8_t prot, const char *name)
{
	struct region *region = kernel_region_new(page_round_down(start), page_round_up(end), prot,
						  REGION_RESERVED, MEMTYPE_WRITE_BACK, name);

	if (!region)
		panic("no memory for the kernel's own regions");
	region_insert(&kernel_space.regions, region);
}

void kernel_regions_init(void)
{
	kernel_space.mmu = kernel_mmu;
	enter_boot_range(DIRECT_MAP_BASE, DIRECT_MAP_BASE + boot_info.ram_end, PROT_R | PROT_W,
			 "direct map");
	enter_boot_range(FRAME_ARRAY_BASE,
			 FRAME_ARRAY_BASE + (boot_info.ram_end >> PAGE_SHIFT) * sizeof(struct frame),
			 PROT_R | PROT_W, "frame array");
	enter_boot_range((vaddr_t)kernel_image_start, (vaddr_t)kernel_rodata_start, PROT_R | PROT_X,
			 "kernel text");
	enter_boot_range((vaddr_t)kernel_rodata_start, (vaddr_t)kernel_data_start, PROT_R,
			 "kernel constants");
	enter_boot_range((vaddr_t)kernel_data_start, (vaddr_t)kernel_image_end, PROT_R | PROT_W,
			 "kernel data");
	enter_boot_range(EARLY_WINDOW_BASE, EARLY_WINDOW_BASE + EARLY_WINDOW_BYTES,
			 PROT_R | PROT_W, "early window");
	panic_hooks.describe_address = describe_address;
	panic_hooks.is_stack_guard = is_stack_guard;
}
