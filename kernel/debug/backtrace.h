/*
 * Who called whom, by frame pointers, with names. Survives broken stacks.
 */
#ifndef OSIER_DEBUG_BACKTRACE_H
#define OSIER_DEBUG_BACKTRACE_H

#include <osier/types.h>

/* From the instruction `rip` with frame pointer `rbp`. Through log_raw. */
void backtrace_print(vaddr_t rip, vaddr_t rbp);
/* Up to `limit` return addresses of the caller. => how many. */
unsigned backtrace_collect(vaddr_t *addresses, unsigned limit);
/* Whether eight bytes at `address` can be read without a fault. */
bool kernel_readable(vaddr_t address);

#endif
