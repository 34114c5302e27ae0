/*
 * Builds the kernel's half (direct_map.h). The tables are reached through the early window until they are in force.
 */
#include "arch/x86_64/direct_map.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/boot_memory.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/early_window.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/pte.h"
#include "debug/panic.h"
#include "lib/string.h"

#define PAGE_BYTES_2M MIB(2)
#define PAGE_BYTES_1G GIB(1)

uint64_t kernel_root[512] __section(".bss.page_aligned") __aligned(4096);
uint64_t image_pdpt[512] __section(".bss.page_aligned") __aligned(4096);
uint64_t image_directory[512] __section(".bss.page_aligned") __aligned(4096);
uint64_t image_tables[4][512] __section(".bss.page_aligned") __aligned(4096);
/* Used by boot.asm for an instant; nothing refers to them afterwards. */
extern uint64_t identity_pdpt[512], identity_directory[512];
uint64_t identity_pdpt[512] __section(".bss.page_aligned") __aligned(4096);
uint64_t identity_directory[512] __section(".bss.page_aligned") __aligned(4096);

paddr_t direct_map_end;
bool direct_map_ready;

/* Upper entries: what the leaf says decides. They are never user in the kernel's half. */
#define TABLE_BITS (PTE_PRESENT | PTE_WRITE)
#define LEAF_BITS (PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_NO_EXECUTE | PTE_ACCESSED | PTE_DIRTY)

/* Tables in sight: one window page a level, changed only when another table is wanted. */
static struct { uint64_t *address; paddr_t table; size_t slot; } sight[PT_LEVELS];

static uint64_t *table_see(unsigned level, paddr_t table)
{
	if (sight[level].table != table) {
		if (!sight[level].address) {
			sight[level].address = early_map(table, PAGE_SIZE);
			if (!sight[level].address)
				panic("direct map: the early window is full");
			sight[level].slot = ((vaddr_t)sight[level].address - EARLY_WINDOW_BASE) >> PAGE_SHIFT;
		}
		window_table[sight[level].slot] = table | PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE;
		invlpg((vaddr_t)sight[level].address);
		sight[level].table = table;
	}
	return sight[level].address;
}

/* The table below `entries[index]`, made when it is not there. */
static paddr_t table_below(unsigned level, paddr_t table, unsigned index)
{
	uint64_t *entries = level == 0 ? kernel_root : table_see(level, table);
	paddr_t below;

	if (entries[index] & PTE_PRESENT)
		return entries[index] & PTE_FRAME_MASK;
	below = boot_alloc_pages(1, PAGE_SIZE);
	entries = level == 0 ? kernel_root : table_see(level, table);
	entries[index] = below | TABLE_BITS;
	return below;
}

static void map_leaf(paddr_t physical, unsigned leaf_level, uint64_t bits)
{
	vaddr_t address = DIRECT_MAP_BASE + physical;
	paddr_t table = 0;

	for (unsigned level = 0; level < leaf_level; level++)
		table = table_below(level, table, pt_index(address, level));
	table_see(leaf_level, table)[pt_index(address, leaf_level)] = physical | bits;
}

static bool overlaps_read_only(paddr_t start, uint64_t bytes)
{
	return start < image_to_phys(kernel_rodata_end) && start + bytes > image_to_phys(kernel_image_start);
}

static void map_range(paddr_t start, paddr_t end)
{
	while (start < end) {
		uint64_t left = end - start;

		if (cpu_features.gigabyte_pages && !(start & (PAGE_BYTES_1G - 1)) && left >= PAGE_BYTES_1G &&
		    !overlaps_read_only(start, PAGE_BYTES_1G)) {
			map_leaf(start, 1, LEAF_BITS | PTE_LARGE);
			start += PAGE_BYTES_1G;
		} else if (!(start & (PAGE_BYTES_2M - 1)) && left >= PAGE_BYTES_2M &&
			   !overlaps_read_only(start, PAGE_BYTES_2M)) {
			map_leaf(start, 2, LEAF_BITS | PTE_LARGE);
			start += PAGE_BYTES_2M;
		} else {
			uint64_t bits = LEAF_BITS;

			if (overlaps_read_only(start, PAGE_SIZE))
				bits &= ~(uint64_t)PTE_WRITE;
			map_leaf(start, 3, bits);
			start += PAGE_SIZE;
		}
	}
}

static void image_protect(const char *start, const char *end, uint64_t bits)
{
	uint64_t *entries = image_tables[0];

	for (size_t page = (size_t)(start - kernel_image_start) >> PAGE_SHIFT;
	     page < (size_t)(end - kernel_image_start) >> PAGE_SHIFT; page++)
		entries[page] = (entries[page] & PTE_FRAME_MASK) | bits;
}

/* The image's own mapping: text read and execute, constants read, data read and write. */
static void image_protect_all(void)
{
	uint64_t base = PTE_PRESENT | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY;

	image_protect(kernel_image_start, kernel_rodata_start, base);
	image_protect(kernel_rodata_start, kernel_data_start, base | PTE_NO_EXECUTE);
	image_protect(kernel_data_start, kernel_data_end, base | PTE_WRITE | PTE_NO_EXECUTE);
	image_protect(kernel_symbols_start, kernel_symbols_end, base | PTE_NO_EXECUTE);
	image_protect(boot_stack_guard, boot_stack, 0);
	write_cr3(read_cr3());
}

void direct_map_init(void)
{
	size_t mark = early_mark();
	unsigned cursor = 0, slot;
	paddr_t start, end;

	/* One lower table per root slot of the kernel's half that anything will ever use. */
	direct_map_end = boot_info.ram_end;
	for (slot = pt_index(DIRECT_MAP_BASE, 0); slot <= pt_index(DIRECT_MAP_BASE + direct_map_end - 1, 0); slot++)
		table_below(0, 0, slot);
	table_below(0, 0, pt_index(KERNEL_REGIONS_BASE, 0));
	table_below(0, 0, pt_index(FRAME_ARRAY_BASE, 0));

	while (boot_memory_next_ram(&cursor, &start, &end))
		map_range(start, end);
	early_unmap_to(mark);
	memset(sight, 0, sizeof(sight));
	write_cr3(read_cr3());
	direct_map_ready = true;
	image_protect_all();
}

paddr_t direct_map_root(void)
{
	return image_to_phys(kernel_root);
}
