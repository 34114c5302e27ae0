/*
 * The instructions that touch user memory, each with a fixup. These trust their ranges: vm/user_copy.c checks them.
 */
#ifndef OSIER_ARCH_USERCOPY_H
#define OSIER_ARCH_USERCOPY_H

#include <osier/types.h>

/* One side is user memory. => bytes NOT copied, exact. */
size_t usercopy_copy(void *to, const void *from, size_t bytes);
/* => bytes NOT cleared. */
size_t usercopy_clear(void *to, size_t bytes);
/* Up to `size` bytes of a string with its NUL. => its length; `size` when there is no NUL in it; -EFAULT. */
ssize_t usercopy_string(char *to, const char *from, size_t size);

/* Aligned 32-bit words, for futexes. => 0 or -EFAULT. */
int usercopy_load32(uint32_t *value, const uint32_t *from);
/* *old becomes what was there; stores `wanted` if that was `expected`. => 0 or -EFAULT. */
int usercopy_exchange32(uint32_t *to, uint32_t expected, uint32_t wanted, uint32_t *old);

/* Where an instruction that faulted continues, or 0 if it is none of the above. */
vaddr_t usercopy_fixup(vaddr_t instruction);

#endif
