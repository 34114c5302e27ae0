/*
 * The mmap family: POSIX's checks, then the vm layer.
 */
#include <osier/abi/errno.h>
#include <osier/abi/mman.h>
#include <osier/types.h>

#include "fs/fd_table.h"
#include "fs/file.h"
#include "lib/err.h"
#include "proc/process.h"
#include "sys/sys.h"
#include "vm/object.h"
#include "vm/space.h"

static_assert(PROT_READ == PROT_R && PROT_WRITE == PROT_W && PROT_EXEC == PROT_X, "handed down as they are");

/* Flags that say nothing we must obey. */
#define MAP_HINTS (MAP_DENYWRITE | MAP_EXECUTABLE | MAP_STACK | MAP_NONBLOCK | MAP_FILE)
#define MAP_KNOWN                                                                                  \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE | MAP_LOCKED |       \
	 MAP_FIXED_NOREPLACE | MAP_HINTS)

#define PROT_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC)

/* What a file allows, and what of it is mapped. => the object with a reference, or ERR_PTR. */
static struct vm_object *object_of_file(struct file *file, bool shared, int prot, uint8_t *max_prot)
{
	if (!file->readable)
		return ERR_PTR(-EACCES);
	*max_prot = PROT_R | PROT_W | PROT_X;
	if (shared && !file->writable) {
		if (prot & PROT_WRITE)
			return ERR_PTR(-EACCES);
		*max_prot &= ~PROT_W;
	}
	if (!file->ops->object)
		return ERR_PTR(-ENODEV);
	return file->ops->object(file, max_prot);
}

static long map(const struct vm_map_request *request)
{
	vaddr_t at;
	int error = vm_map(thread_current()->space, request, &at);

	return error ? error : (long)at;
}

long sys_mmap(vaddr_t address, size_t length, int prot, int flags, int fd, off_t offset)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	struct vm_map_request request = {
		.address = address,
		.bytes = length,
		.prot = (uint8_t)(prot & PROT_KNOWN),
		.max_prot = PROT_R | PROT_W | PROT_X,
		.flags = (shared ? REGION_SHARED : 0) | (flags & MAP_LOCKED ? REGION_LOCKED : 0),
		.fixed = fixed,
		.no_replace = flags & MAP_FIXED_NOREPLACE,
		.populate = flags & (MAP_POPULATE | MAP_LOCKED),
		.offset = (uint64_t)offset,
	};
	struct fd_ref ref;
	long result;

	switch (flags & MAP_TYPE) {
	case MAP_PRIVATE:
	case MAP_SHARED:
		break;
	case MAP_SHARED_VALIDATE:
		if (flags & ~MAP_KNOWN)
			return -EOPNOTSUPP;
		break;
	default:
		return -EINVAL;
	}
	/* A region that grows by being touched would make neighbours' addresses mean two things: refused, see the manual. */
	if (flags & MAP_GROWSDOWN)
		return -EOPNOTSUPP;
	if (flags & MAP_HUGETLB)
		return -EINVAL;
	/* Unknown bits of prot say nothing here, as in Linux; mprotect refuses them. */
	if (!length || (offset & (PAGE_SIZE - 1)))
		return -EINVAL;
	if (fixed && !page_aligned(address))
		return -EINVAL;
	if (length > USER_HIGH || (fixed && address > USER_HIGH - length))
		return -ENOMEM;
	if (fixed && address < USER_LOW)
		return -EPERM;

	if (flags & MAP_ANONYMOUS) {
		request.offset = 0;
		/* Elsewhere it says nothing: a file's pages are the file system's to promise. */
		if (!shared && (flags & MAP_NORESERVE))
			request.flags |= REGION_NORESERVE;
		if (!shared)
			return map(&request);
		request.object = object_create_shared(page_round_up(length), flags & MAP_NORESERVE);
		if (IS_ERR(request.object))
			return PTR_ERR(request.object);
		result = map(&request);
		object_put(request.object);
		return result;
	}

	ref = fd_borrow(fd);
	if (!ref.file)
		return -EBADF;
	if (offset < 0 || (uint64_t)offset + page_round_up(length) > INT64_MAX) {
		fd_return(ref);
		return -EOVERFLOW;
	}
	request.object = object_of_file(ref.file, shared, prot, &request.max_prot);
	if (IS_ERR(request.object)) {
		result = PTR_ERR(request.object);
	} else if (request.prot & ~request.max_prot) {
		result = -EACCES;
		object_put(request.object);
	} else {
		if (request.object->kind == OBJECT_DEVICE)
			request.memtype = request.object->device_memtype;
		result = map(&request);
		object_put(request.object);
	}
	fd_return(ref);
	return result;
}

long sys_munmap(vaddr_t address, size_t length)
{
	if (!page_aligned(address) || !length || length > USER_HIGH || address > USER_HIGH - length)
		return -EINVAL;
	return vm_unmap(thread_current()->space, address, length);
}

long sys_mprotect(vaddr_t address, size_t length, int prot)
{
	if (!page_aligned(address) || (prot & ~PROT_KNOWN))
		return -EINVAL;
	if (!length)
		return 0;
	if (length > USER_HIGH || address > USER_HIGH - length)
		return -ENOMEM;
	return vm_protect(thread_current()->space, address, length, (uint8_t)prot);
}

long sys_brk(vaddr_t address)
{
	return (long)vm_brk(thread_current()->space, address);
}
