/*
 * The fixed window: temporary mappings grow up from its start, permanent ones down from its end.
 */
#include "arch/x86_64/early_window.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/pte.h"

uint64_t window_directory[512] __section(".bss.page_aligned") __aligned(4096);
uint64_t window_table[512] __section(".bss.page_aligned") __aligned(4096);

static size_t temporary_used;		/* pages */
static size_t device_used;

static void *window_fill(size_t first, paddr_t physical, size_t pages, uint64_t bits)
{
	for (size_t i = 0; i < pages; i++) {
		window_table[first + i] = (page_round_down(physical) + i * PAGE_SIZE) | bits;
		invlpg(EARLY_WINDOW_BASE + (first + i) * PAGE_SIZE);
	}
	return (void *)(EARLY_WINDOW_BASE + first * PAGE_SIZE + page_offset(physical));
}

static bool window_fits(paddr_t physical, size_t bytes, size_t *pages)
{
	if (bytes == 0 || bytes > EARLY_WINDOW_BYTES || physical > PTE_FRAME_MASK)
		return false;
	*pages = page_count(page_offset(physical) + bytes);
	return *pages <= 512 - temporary_used - device_used;
}

void *early_map(paddr_t physical, size_t bytes)
{
	size_t pages;
	void *address;

	if (!window_fits(physical, bytes, &pages))
		return NULL;
	address = window_fill(temporary_used, physical, pages, PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE);
	temporary_used += pages;
	return address;
}

size_t early_mark(void)
{
	return temporary_used;
}

void early_unmap_to(size_t mark)
{
	while (temporary_used > mark) {
		temporary_used--;
		window_table[temporary_used] = 0;
		invlpg(EARLY_WINDOW_BASE + temporary_used * PAGE_SIZE);
	}
}

void *early_map_device(paddr_t physical, size_t bytes)
{
	size_t pages;

	if (!window_fits(physical, bytes, &pages))
		return NULL;
	device_used += pages;
	return window_fill(512 - device_used, physical, pages,
			   PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE | PTE_PWT | PTE_PCD | PTE_GLOBAL);
}
