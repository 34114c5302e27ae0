/* mremap, below the system call. */
#ifndef OSIER_VM_REMAP_H
#define OSIER_VM_REMAP_H

#include <osier/types.h>

struct vm_space;

struct vm_remap {
	vaddr_t address, new_address;	/* new_address: where `fixed` */
	size_t old_size, new_size;	/* old_size 0: a second mapping of shared memory */
	bool may_move, fixed;
};

/*
 * => 0 and the new address; -EINVAL, -EFAULT (not one mapping), -ENOMEM (no room, no promise, limit), -EAGAIN (lock
 * limit). All or nothing. Sleeps.
 */
int vm_remap(struct vm_space *, const struct vm_remap *, vaddr_t *out);

#endif
