/*
 * Free physical memory as a sorted list of ranges: the RAM of the memory map less what is in use already.
 */
#include "arch/x86_64/boot_memory.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/boot_memory_init.h"
#include "arch/x86_64/direct_map.h"
#include "arch/x86_64/early_window.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "lib/string.h"

#include <osier/compiler.h>
#include <osier/layout.h>

#define FREE_MAX 320
#define LOW_MEMORY MIB(1)

static struct { paddr_t start, end; } free_ranges[FREE_MAX];
static unsigned free_count;
static uint64_t used_pages;
static bool closed;

static void range_insert(unsigned at, paddr_t start, paddr_t end)
{
	if (start >= end)
		return;
	if (free_count == FREE_MAX) {
		log_warn("memory: map too fragmented, leaving %lu KiB unused", (end - start) >> 10);
		return;
	}
	memmove(&free_ranges[at + 1], &free_ranges[at], (free_count - at) * sizeof(free_ranges[0]));
	free_ranges[at].start = start;
	free_ranges[at].end = end;
	free_count++;
}

static void range_delete(unsigned at)
{
	free_count--;
	memmove(&free_ranges[at], &free_ranges[at + 1], (free_count - at) * sizeof(free_ranges[0]));
}

/* Takes [start, end) out of the free ranges, wherever it overlaps them. */
static void range_reserve(paddr_t start, paddr_t end)
{
	start = page_round_down(start);
	end = page_round_up(end);
	for (unsigned i = 0; i < free_count;) {
		paddr_t from = free_ranges[i].start, to = free_ranges[i].end;

		if (end <= from || start >= to) {
			i++;
			continue;
		}
		used_pages += (min(end, to) - max(start, from)) >> PAGE_SHIFT;
		range_delete(i);
		range_insert(i, max(end, from), to);
		range_insert(i, from, min(start, to));
		while (i < free_count && free_ranges[i].start < end)
			i++;
	}
}

void boot_memory_init(void)
{
	for (unsigned i = 0; i < boot_info.range_count; i++) {
		const struct boot_range *range = &boot_info.ranges[i];

		if (range->kind == BOOT_RANGE_RAM)
			range_insert(free_count, range->start, range->end);
	}
	range_reserve(0, PAGE_SIZE);			/* frame 0 stays nobody's */
	range_reserve(BOOT_AP_TRAMPOLINE, BOOT_AP_TRAMPOLINE + PAGE_SIZE);
	range_reserve(boot_info.kernel_start, boot_info.kernel_end);
	for (unsigned i = 0; i < boot_info.module_count; i++)
		range_reserve(boot_info.modules[i].start, boot_info.modules[i].end);
}

static void zero_pages(paddr_t start, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (direct_map_ready) {
			page_zero(phys_to_virt(start + i * PAGE_SIZE));
		} else {
			size_t mark = early_mark();
			void *page = early_map(start + i * PAGE_SIZE, PAGE_SIZE);

			if (!page)
				panic("memory: the early window is full");
			page_zero(page);
			early_unmap_to(mark);
		}
	}
}

paddr_t boot_try_alloc_pages(size_t count, size_t align)
{
	if (closed)
		panic("memory: boot_alloc_pages after the frame allocator took over");
	for (int low = 0; low < 2; low++) {
		for (unsigned i = 0; i < free_count; i++) {
			paddr_t from = free_ranges[i].start, to = free_ranges[i].end, start;

			if ((from < LOW_MEMORY) != low)
				continue;
			start = align_up(from, align);
			if (start < from || start >= to || (to - start) >> PAGE_SHIFT < count)
				continue;
			range_reserve(start, start + count * PAGE_SIZE);
			zero_pages(start, count);
			return start;
		}
	}
	return 0;
}

paddr_t boot_alloc_pages(size_t count, size_t align)
{
	paddr_t start = boot_try_alloc_pages(count, align);

	if (!start)
		panic("memory: no %lu KiB left in a row while booting; the machine needs more RAM",
		      count * PAGE_SIZE >> 10);
	return start;
}

bool boot_memory_next_free(paddr_t *cursor, paddr_t *start, paddr_t *end)
{
	for (unsigned i = 0; i < free_count; i++) {
		if (free_ranges[i].start >= *cursor) {
			*start = free_ranges[i].start;
			*end = *cursor = free_ranges[i].end;
			return true;
		}
	}
	return false;
}

uint64_t boot_memory_used_pages(void)
{
	return used_pages;
}

bool boot_memory_next_ram(unsigned *cursor, paddr_t *start, paddr_t *end)
{
	while (*cursor < boot_info.range_count) {
		const struct boot_range *range = &boot_info.ranges[(*cursor)++];

		if (range->kind == BOOT_RANGE_RAM) {
			*start = range->start;
			*end = range->end;
			return true;
		}
	}
	return false;
}

void boot_memory_close(void)
{
	closed = true;
}
