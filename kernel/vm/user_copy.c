/*
 * User memory as the kernel touches it. The range is checked here; a page that is not there faults, and what cannot be
 * brought in ends at the instruction's fixup (arch/x86_64/usercopy.asm).
 */
#include "vm/user_copy.h"

#include "arch/x86_64/usercopy.h"
#include "lib/err.h"
#include "task/thread.h"
#include "vm/space.h"
#include "vm/uio.h"

static inline bool user_ok(vaddr_t address, size_t bytes)
{
	return address <= USER_HIGH && bytes <= USER_HIGH - address;
}

int copy_from_user(void *to, vaddr_t from, size_t bytes)
{
	if (unlikely(!user_ok(from, bytes)))
		return -EFAULT;
	return usercopy_copy(to, (const void *)from, bytes) ? -EFAULT : 0;
}

int copy_to_user(vaddr_t to, const void *from, size_t bytes)
{
	if (unlikely(!user_ok(to, bytes)))
		return -EFAULT;
	return usercopy_copy((void *)to, from, bytes) ? -EFAULT : 0;
}

int clear_user(vaddr_t to, size_t bytes)
{
	if (unlikely(!user_ok(to, bytes)))
		return -EFAULT;
	return usercopy_clear((void *)to, bytes) ? -EFAULT : 0;
}

ssize_t copy_string_from_user(char *to, vaddr_t from, size_t size)
{
	size_t limit = size;
	ssize_t length;

	if (unlikely(from >= USER_HIGH))
		return -EFAULT;
	if (limit > USER_HIGH - from)
		limit = USER_HIGH - from;
	length = usercopy_string(to, (const char *)from, limit);
	if (length < 0)
		return length;
	if ((size_t)length < limit)
		return length;
	return limit < size ? -EFAULT : -ENAMETOOLONG;
}

size_t copy_from_user_nofault(void *to, vaddr_t from, size_t bytes)
{
	struct thread *thread = thread_current();
	size_t left;

	if (!user_ok(from, bytes))
		return bytes;
	thread->faults_disabled++;
	left = usercopy_copy(to, (const void *)from, bytes);
	thread->faults_disabled--;
	return left;
}

size_t copy_to_user_nofault(vaddr_t to, const void *from, size_t bytes)
{
	struct thread *thread = thread_current();
	size_t left;

	if (!user_ok(to, bytes))
		return bytes;
	thread->faults_disabled++;
	left = usercopy_copy((void *)to, from, bytes);
	thread->faults_disabled--;
	return left;
}
