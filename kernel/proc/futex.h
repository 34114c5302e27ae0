/*
 * Futexes: threads that sleep on a word of user memory.
 */
#ifndef OSIER_PROC_FUTEX_H
#define OSIER_PROC_FUTEX_H

#include <osier/types.h>

/* Sleeps while *address == value and a wake-up with a common bit does not come. => 0, -EAGAIN, -ETIMEDOUT, -EINTR, -EFAULT, -EINVAL. */
int futex_wait(vaddr_t address, uint32_t value, uint32_t bits, bool private, uint64_t deadline_ns);
/* => how many were woken, or -EFAULT, -EINVAL. */
long futex_wake(vaddr_t address, unsigned count, uint32_t bits, bool private);
/* If *address == value: wakes `wake`, moves up to `move` others to `to`. => woken and moved, -EAGAIN, -EFAULT. */
long futex_requeue(vaddr_t address, unsigned wake, unsigned move, vaddr_t to, uint32_t value, bool private);
/* A thread's end: *address = 0, one waiter woken. Errors are nobody's. */
void futex_clear_and_wake(vaddr_t address);

void futex_init(void);

#endif
