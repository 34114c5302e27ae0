/*
 * User memory as the kernel touches it. Any pointer survives: kernel addresses, non-canonical
 * ones, pages that are not there. Through the user mapping, so that copy-on-write is honoured.
 * All may fault and sleep: => no space.lock, object.lock or spinlock held. => 0 or -EFAULT.
 */
#ifndef OSIER_VM_USER_COPY_H
#define OSIER_VM_USER_COPY_H

#include <osier/compiler.h>
#include <osier/types.h>

int __must_check copy_from_user(void *to, vaddr_t from, size_t bytes);
int __must_check copy_to_user(vaddr_t to, const void *from, size_t bytes);
int __must_check clear_user(vaddr_t to, size_t bytes);

/* A string of at most size-1 bytes and its NUL. => its length, -EFAULT, or -ENAMETOOLONG. */
ssize_t __must_check copy_string_from_user(char *to, vaddr_t from, size_t size);

/* Copies with faults disabled. => bytes NOT copied. */
size_t copy_from_user_nofault(void *to, vaddr_t from, size_t bytes);
size_t copy_to_user_nofault(vaddr_t to, const void *from, size_t bytes);

#define copy_value_from_user(value, from) copy_from_user((value), (from), sizeof *(value))
#define copy_value_to_user(to, value) copy_to_user((to), (value), sizeof *(value))

#endif
