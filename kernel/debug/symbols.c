/*
 * Reads the table described in debug/make_symbols.py.
 */
#include "debug/symbols.h"

#include "arch/x86_64/image.h"
#include "lib/printf.h"

const char *symbol_find(vaddr_t address, uint64_t *offset)
{
	const uint32_t *table = (const uint32_t *)kernel_symbols_start;
	const uint32_t *offsets = table + 1;
	uint32_t count, low = 0, high, wanted;

	if (!is_kernel_text(address) || (vaddr_t)kernel_symbols_start == (vaddr_t)kernel_symbols_end)
		return NULL;
	count = table[0];
	high = count;
	wanted = (uint32_t)(address - KERNEL_IMAGE_BASE);
	/* The last symbol at or below the address. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (offsets[middle] <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	*offset = wanted - offsets[low - 1];
	return (const char *)(offsets + 2 * count) + offsets[count + low - 1];
}

const char *symbol_format(vaddr_t address, char *buffer, size_t size)
{
	uint64_t offset;
	const char *name = symbol_find(address, &offset);

	if (name)
		ksnprintf(buffer, size, "%s+0x%lx", name, offset);
	else
		ksnprintf(buffer, size, "0x%016lx", address);
	return buffer;
}
