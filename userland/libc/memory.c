/* Memory: the mmap family, the break, shared memory. */
#include "osier.h"
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return (void *)call(SYS_mmap, addr, length, prot, flags, fd, offset);
}

int munmap(void *addr, size_t length)
{
	return (int)call(SYS_munmap, addr, length);
}

int mprotect(void *addr, size_t length, int prot)
{
	return (int)call(SYS_mprotect, addr, length, prot);
}

void *mremap(void *addr, size_t old, size_t new, int flags, ...)
{
	void *to = NULL;

	if (flags & MREMAP_FIXED) {
		va_list ap;

		va_start(ap, flags);
		to = va_arg(ap, void *);
		va_end(ap);
	}
	return (void *)call(SYS_mremap, addr, old, new, flags, to);
}

int msync(void *addr, size_t length, int flags)
{
	return (int)cancel_call(SYS_msync, addr, length, flags);
}

int madvise(void *addr, size_t length, int advice)
{
	return (int)call(SYS_madvise, addr, length, advice);
}

/* Advice of POSIX changes no contents, so its DONTNEED is not the kernel's: it is ignored. */
int posix_madvise(void *addr, size_t length, int advice)
{
	if (advice == POSIX_MADV_DONTNEED)
		return 0;
	return (int)-raw(SYS_madvise, addr, length, advice);
}

int mincore(void *addr, size_t length, unsigned char *vec)
{
	return (int)call(SYS_mincore, addr, length, vec);
}

int mlock(const void *addr, size_t length)
{
	return (int)call(SYS_mlock, addr, length);
}

int mlock2(const void *addr, size_t length, unsigned int flags)
{
	return (int)call(SYS_mlock2, addr, length, flags);
}

int munlock(const void *addr, size_t length)
{
	return (int)call(SYS_munlock, addr, length);
}

int mlockall(int flags)
{
	return (int)call(SYS_mlockall, flags);
}

int munlockall(void)
{
	return (int)call(SYS_munlockall);
}

int memfd_create(const char *name, unsigned int flags)
{
	return (int)call(SYS_memfd_create, name, flags);
}

/* The kernel answers brk with the break after the call: an unmoved one is a failure. */
int brk(void *addr)
{
	if ((void *)raw(SYS_brk, addr) == addr)
		return 0;
	errno = ENOMEM;
	return -1;
}

void *sbrk(ptrdiff_t increment)
{
	static uintptr_t current;
	uintptr_t old;

	if (!current)
		current = (uintptr_t)raw(SYS_brk, 0);
	old = current;
	if (increment) {
		uintptr_t want = old + (uintptr_t)increment;

		if (increment > 0 ? want < old : want > old) {
			errno = ENOMEM;
			return (void *)-1;
		}
		if ((uintptr_t)raw(SYS_brk, want) != want) {
			errno = ENOMEM;
			return (void *)-1;
		}
		current = want;
	}
	return (void *)old;
}

/* POSIX shared memory objects are files in /dev/shm. */
static int shm_path(const char *name, char *path)
{
	while (*name == '/')
		name++;
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..")) {
		errno = EINVAL;
		return -1;
	}
	if (strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(path, "/dev/shm/");
	strcat(path, name);
	return 0;
}

int shm_open(const char *name, int flags, mode_t mode)
{
	char path[NAME_MAX + 16];

	if (shm_path(name, path) < 0)
		return -1;
	return open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode);
}

int shm_unlink(const char *name)
{
	char path[NAME_MAX + 16];

	if (shm_path(name, path) < 0)
		return -1;
	return unlink(path);
}

/* System V shared memory. */
int shmget(key_t key, size_t size, int flags)
{
	return (int)call(SYS_shmget, key, size, flags);
}

void *shmat(int id, const void *addr, int flags)
{
	return (void *)call(SYS_shmat, id, addr, flags);
}

int shmdt(const void *addr)
{
	return (int)call(SYS_shmdt, addr);
}

int shmctl(int id, int command, struct shmid_ds *buf)
{
	return (int)call(SYS_shmctl, id, command, buf);
}

key_t ftok(const char *path, int id)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (key_t)-1;
	return (key_t)(((unsigned)id & 0xff) << 24 | ((unsigned)st.st_dev & 0xff) << 16 |
		       ((unsigned)st.st_ino & 0xffff));
}
