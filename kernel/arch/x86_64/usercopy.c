/*
 * The exception table of usercopy.asm: a handful of entries, looked through from the start.
 */
#include "arch/x86_64/usercopy.h"

struct exception_entry {
	vaddr_t instruction, fixup;
};

extern const struct exception_entry exception_table_start[], exception_table_end[];

vaddr_t usercopy_fixup(vaddr_t instruction)
{
	for (const struct exception_entry *entry = exception_table_start; entry < exception_table_end; entry++)
		if (entry->instruction == instruction)
			return entry->fixup;
	return 0;
}
