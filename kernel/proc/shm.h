/*
 * System V shared memory: objects by a global key. A segment is a vm_object with a name, an owner and a mode; an
 * attachment is a region of it, so fork, munmap and mprotect need nothing special.
 */
#ifndef OSIER_PROC_SHM_H
#define OSIER_PROC_SHM_H

#include <osier/abi/shm.h>
#include <osier/types.h>

struct text_buffer;

void shm_init(void);

/* All => result or -errno, as the system calls of the same names. */
long shm_get(key_t key, size_t size, int flags);
long shm_attach(int id, vaddr_t address, int flags);
long shm_detach(vaddr_t address);
/* `buffer` is user memory. */
long shm_control(int id, int command, vaddr_t buffer);

/* /proc/sysvipc/shm, in Linux's format. */
void shm_show(struct text_buffer *);

#endif
