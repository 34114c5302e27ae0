/*
 * Names of the kernel's functions, from the table that the build puts behind the image.
 */
#ifndef OSIER_DEBUG_SYMBOLS_H
#define OSIER_DEBUG_SYMBOLS_H

#include <osier/types.h>

/* The function that `address` lies in and the distance from its start, or NULL. */
const char *symbol_find(vaddr_t address, uint64_t *offset);
/* "vm_fault+0x1c", or the bare address. => buffer. */
const char *symbol_format(vaddr_t address, char *buffer, size_t size);

#endif
