/*
 * mremap, madvise, msync, mincore, mlock and family: POSIX's and Linux's checks, then the vm layer.
 */
#include <osier/abi/errno.h>
#include <osier/abi/mman.h>
#include <osier/types.h>

#include "mm/slab.h"
#include "sys/sys.h"
#include "task/sched.h"
#include "task/thread.h"
#include "vm/advise.h"
#include "vm/remap.h"
#include "vm/space.h"
#include "vm/user_copy.h"

static struct vm_space *current_space(void)
{
	return thread_current()->space;
}

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
	vaddr_t place;
	int error;

	/* MREMAP_DONTUNMAP is Linux's alone, for userfaultfd: refused. */
	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED))
		return -EINVAL;
	error = vm_remap(current_space(), &remap, &place);
	return error ? error : (long)place;
}

long sys_msync(vaddr_t address, size_t length, int flags)
{
	if ((flags & ~(MS_ASYNC | MS_SYNC | MS_INVALIDATE)) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	return vm_sync(current_space(), address, length, flags & MS_SYNC, flags & MS_INVALIDATE);
}

long sys_madvise(vaddr_t address, size_t length, int advice)
{
	uint64_t bytes = page_round_up(length);

	if (!page_aligned(address) || (length && !bytes) || address + bytes < address)
		return -EINVAL;
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
		return vm_discard(current_space(), address, length, advice == MADV_FREE);
	case MADV_WILLNEED:
		return vm_will_need(current_space(), address, length);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return vm_touch(current_space(), address, length, advice == MADV_POPULATE_WRITE);
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_COLD:
	case MADV_PAGEOUT:
		/* Nothing to do differently; but a hole is still an error. */
		return vm_sync(current_space(), address, length, false, false);
	default:
		return -EINVAL;
	}
}

#define RESIDENCE_STEP 512u

long sys_mincore(vaddr_t address, size_t length, vaddr_t vector)
{
	uint64_t bytes = page_round_up(length), pages = bytes >> PAGE_SHIFT;
	uint8_t *buffer;
	int error = 0;

	if (!page_aligned(address))
		return -EINVAL;
	if ((length && !bytes) || address > USER_HIGH || bytes > USER_HIGH - address)
		return -ENOMEM;
	buffer = kmalloc(RESIDENCE_STEP);
	if (!buffer)
		return -EAGAIN;
	for (uint64_t done = 0; done < pages && !error; done += RESIDENCE_STEP) {
		size_t step = min(pages - done, (uint64_t)RESIDENCE_STEP);

		error = vm_residence(current_space(), address + (done << PAGE_SHIFT), step, buffer);
		if (!error)
			error = copy_to_user(vector + done, buffer, step);
		sched_point();
	}
	kfree(buffer);
	return error;
}

long sys_mlock(vaddr_t address, size_t length)
{
	return vm_lock(current_space(), address, length, true, false);
}

long sys_mlock2(vaddr_t address, size_t length, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return vm_lock(current_space(), address, length, true, flags & MLOCK_ONFAULT);
}

long sys_munlock(vaddr_t address, size_t length)
{
	return vm_lock(current_space(), address, length, false, false);
}

long sys_mlockall(int flags)
{
	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return vm_lock_all(current_space(), flags & MCL_CURRENT, flags & MCL_FUTURE,
			   flags & MCL_ONFAULT);
}

long sys_munlockall(void)
{
	return vm_unlock_all(current_space());
}
