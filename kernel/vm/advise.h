/*
 * madvise, msync, mincore, mlock and family, below the system calls: ranges are page aligned unless said otherwise.
 * All take space.lock themselves and may sleep.
 */
#ifndef OSIER_VM_ADVISE_H
#define OSIER_VM_ADVISE_H

#include <osier/types.h>

struct vm_space;

/*
 * MADV_DONTNEED, MADV_FREE (`private_only`): pages go, regions stay. => 0, -EINVAL (unaligned, locked; an object's and
 * private_only), -ENOMEM (hole; the rest is done).
 */
int vm_discard(struct vm_space *, vaddr_t start, size_t size, bool private_only);
/* MADV_POPULATE_READ, _WRITE. => 0, -EINVAL (unaligned, forbidden), -ENOMEM (hole, memory), -EFAULT (past the end). */
int vm_touch(struct vm_space *, vaddr_t start, size_t size, bool write);
/* MADV_WILLNEED: brings the objects' pages in. => 0, -EINVAL, -ENOMEM (hole). */
int vm_will_need(struct vm_space *, vaddr_t start, size_t size);
/* msync. => 0, -EINVAL, -ENOMEM (hole; nothing written), -EBUSY (invalidate over locked pages), -EIO, -ENOSPC. */
int vm_sync(struct vm_space *, vaddr_t start, size_t size, bool wait, bool invalidate);
/* mincore: one byte a page, 1 where a touch would not wait. => 0 or -ENOMEM (hole). */
int vm_residence(struct vm_space *, vaddr_t start, size_t pages, uint8_t *out);
/* mlock, munlock: any start. => 0, -ENOMEM (hole, limit, memory), -EPERM (limit 0). */
int vm_lock(struct vm_space *, vaddr_t start, size_t size, bool lock, bool on_fault);
int vm_lock_all(struct vm_space *, bool current, bool future, bool on_fault);
int vm_unlock_all(struct vm_space *);
/* Brings every page of the regions in [start, end) in, as a write would where that is allowed. => 0 or -ENOMEM. */
int vm_populate(struct vm_space *, vaddr_t start, vaddr_t end);

#endif
