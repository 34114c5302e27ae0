/*
 * The calls about mappings that exist: moving, advice, residence, locking. POSIX's checks, then the vm layer.
 */
#include <osier/abi/errno.h>
#include <osier/abi/mman.h>

#include "mm/slab.h"
#include "proc/process.h"
#include "sys/sys.h"
#include "task/sched.h"
#include "vm/advise.h"
#include "vm/remap.h"
#include "vm/space.h"
#include "vm/user_copy.h"

long sys_mremap(vaddr_t address, size_t old_size, size_t new_size, int flags, vaddr_t new_address)
{
	struct vm_remap remap = {
		.address = address,
		.new_address = new_address,
		.old_size = old_size,
		.new_size = new_size,
		.may_move = flags & MREMAP_MAYMOVE,
		.fixed = flags & MREMAP_FIXED,
	};
	vaddr_t at;
	int error;

	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) ||
	    ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE)) || !page_aligned(address) || !new_size)
		return -EINVAL;
	error = vm_remap(thread_current()->space, &remap, &at);
	return error ? error : (long)at;
}

/* The range in whole pages. => 0, -EINVAL (start not aligned), -ENOMEM (not user addresses). */
static int range_check(vaddr_t address, size_t length, size_t *size)
{
	if (!page_aligned(address))
		return -EINVAL;
	if (length > USER_HIGH || address > USER_HIGH - length)
		return -ENOMEM;
	*size = page_round_up(length);
	return 0;
}

long sys_msync(vaddr_t address, size_t length, int flags)
{
	size_t size;
	int error;

	if ((flags & ~(MS_ASYNC | MS_SYNC | MS_INVALIDATE)) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	error = range_check(address, length, &size);
	if (error || !size)
		return error;
	return vm_sync(thread_current()->space, address, size, flags & MS_SYNC, flags & MS_INVALIDATE);
}

/* Advice that changes nothing: only the range is checked. */
static int advice_ignored(vaddr_t address, size_t size)
{
	struct vm_space *space = thread_current()->space;
	vaddr_t at = address, end = address + size;
	int error = 0;

	rwlock_read_lock(&space->lock);
	while (at < end) {
		struct region *region = region_find(&space->regions, at);

		if (!region) {
			error = -ENOMEM;
			break;
		}
		at = region->end;
	}
	rwlock_read_unlock(&space->lock);
	return error;
}

long sys_madvise(vaddr_t address, size_t length, int advice)
{
	struct vm_space *space = thread_current()->space;
	size_t size;

	if (range_check(address, length, &size))
		return -EINVAL;
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return advice_ignored(address, size);
	case MADV_WILLNEED:
		return size ? vm_will_need(space, address, size) : 0;
	case MADV_DONTNEED:
	case MADV_FREE:
		return size ? vm_discard(space, address, size) : 0;
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return size ? vm_populate(space, address, address + size) : 0;
	default:
		return -EINVAL;
	}
}

long sys_mincore(vaddr_t address, size_t length, vaddr_t vector)
{
	size_t size, pages, done = 0;
	uint8_t bytes[256];
	int error = range_check(address, length, &size);

	if (error)
		return error;
	pages = size >> PAGE_SHIFT;
	while (done < pages) {
		size_t piece = min(pages - done, sizeof(bytes));

		error = vm_residence(thread_current()->space, address + (done << PAGE_SHIFT), piece, bytes);
		if (error)
			return error;
		if (copy_to_user(vector + done, bytes, piece))
			return -EFAULT;
		done += piece;
		sched_point();
	}
	return 0;
}

static long lock_range(vaddr_t address, size_t length, bool lock, bool on_fault)
{
	if (length > USER_HIGH || address > USER_HIGH - length)
		return length ? -ENOMEM : 0;
	return vm_lock(thread_current()->space, address, length, lock, on_fault);
}

long sys_mlock(vaddr_t address, size_t length)
{
	return lock_range(address, length, true, false);
}

long sys_mlock2(vaddr_t address, size_t length, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return lock_range(address, length, true, flags & MLOCK_ONFAULT);
}

long sys_munlock(vaddr_t address, size_t length)
{
	return lock_range(address, length, false, false);
}

long sys_mlockall(int flags)
{
	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return vm_lock_all(thread_current()->space, flags & MCL_CURRENT, flags & MCL_FUTURE,
			   flags & MCL_ONFAULT);
}

long sys_munlockall(void)
{
	return vm_unlock_all(thread_current()->space);
}
