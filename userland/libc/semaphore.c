/* POSIX semaphores, in memory and by name; named ones are mapped files in /dev/shm. */
#include "thread.h"
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

int sem_init(sem_t *sem, int shared, unsigned int value)
{
	if (value > SEM_VALUE_MAX) {
		errno = EINVAL;
		return -1;
	}
	*sem = (sem_t){ .__value = (int)value, .__pshared = shared };
	return 0;
}

int sem_destroy(sem_t *sem)
{
	return 0;
}

int sem_trywait(sem_t *sem)
{
	int value = __atomic_load_n(&sem->__value, __ATOMIC_RELAXED);

	while (value > 0) {
		if (__atomic_compare_exchange_n(&sem->__value, &value, value - 1, 0,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return 0;
	}
	errno = EAGAIN;
	return -1;
}

static void wait_cancelled(void *arg)
{
	__atomic_fetch_sub((int *)arg, 1, __ATOMIC_RELAXED);
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until)
{
	int saved = errno;

	pthread_testcancel();
	while (sem_trywait(sem) < 0) {
		int error;

		__atomic_fetch_add(&sem->__waiters, 1, __ATOMIC_SEQ_CST);
		pthread_cleanup_push(wait_cancelled, &sem->__waiters);
		error = __osier_wait(&sem->__value, 0, CLOCK_REALTIME, until, sem->__pshared, 1);
		pthread_cleanup_pop(1);
		if (error && error != EAGAIN) {
			errno = error;
			return -1;
		}
	}
	errno = saved;
	return 0;
}

int sem_wait(sem_t *sem)
{
	return sem_timedwait(sem, NULL);
}

int sem_post(sem_t *sem)
{
	int value = __atomic_load_n(&sem->__value, __ATOMIC_RELAXED), shared = sem->__pshared;

	do {
		if (value == SEM_VALUE_MAX) {
			errno = EOVERFLOW;
			return -1;
		}
	} while (!__atomic_compare_exchange_n(&sem->__value, &value, value + 1, 0,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	if (__atomic_load_n(&sem->__waiters, __ATOMIC_SEQ_CST))
		__osier_wake(&sem->__value, 1, shared);
	return 0;
}

int sem_getvalue(sem_t *restrict sem, int *restrict value)
{
	*value = __atomic_load_n(&sem->__value, __ATOMIC_RELAXED);
	return 0;
}

/* The same name opened twice gives the same address: the list knows what is open. */
static struct named {
	struct named *next;
	sem_t *sem;
	dev_t dev;
	ino_t ino;
	int count;
} *open_semaphores;
static int list_lock;

static int sem_path(const char *name, char *path, size_t size)
{
	while (*name == '/')
		name++;
	if (!*name || strchr(name, '/')) {
		errno = EINVAL;
		return -1;
	}
	if ((size_t)snprintf(path, size, "/dev/shm/sem.%s", name) >= size ||
	    strlen(name) > NAME_MAX - 4) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/* Makes the file complete under another name first, so that nobody opens half a semaphore. */
static int sem_create(const char *path, mode_t mode, unsigned int value)
{
	char fresh[64];
	sem_t sem;
	int fd, error;

	if (sem_init(&sem, 1, value) < 0)
		return -1;
	snprintf(fresh, sizeof fresh, "/dev/shm/sem..%d.%lx", (int)getpid(), (long)&sem);
	fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -1;
	if (write(fd, &sem, sizeof sem) != sizeof sem || link(fresh, path) < 0) {
		error = errno;
		close(fd);
		unlink(fresh);
		errno = error;
		return -1;
	}
	unlink(fresh);
	return fd;
}

sem_t *sem_open(const char *name, int flags, ...)
{
	char path[NAME_MAX + 16];
	struct named *entry;
	struct stat st;
	unsigned int value = 0;
	mode_t mode = 0;
	sem_t *sem = SEM_FAILED;
	int fd;

	if (flags & O_CREAT) {
		va_list ap;

		va_start(ap, flags);
		mode = va_arg(ap, unsigned int);
		value = va_arg(ap, unsigned int);
		va_end(ap);
	}
	if (sem_path(name, path, sizeof path) < 0)
		return SEM_FAILED;
	for (;;) {
		fd = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ? -1 :
			open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			break;
		if (!(flags & O_CREAT) || (!(flags & O_EXCL) && errno != ENOENT))
			return SEM_FAILED;
		fd = sem_create(path, mode, value);
		if (fd >= 0)
			break;
		if (errno != EEXIST || (flags & O_EXCL))
			return SEM_FAILED;
	}
	if (fstat(fd, &st) < 0)
		goto out;
	__osier_lock(&list_lock);
	for (entry = open_semaphores; entry; entry = entry->next) {
		if (entry->dev == st.st_dev && entry->ino == st.st_ino) {
			entry->count++;
			sem = entry->sem;
			goto unlock;
		}
	}
	entry = malloc(sizeof *entry);
	if (!entry)
		goto unlock;
	sem = mmap(NULL, sizeof *sem, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (sem == MAP_FAILED) {
		sem = SEM_FAILED;
		free(entry);
		goto unlock;
	}
	*entry = (struct named){ open_semaphores, sem, st.st_dev, st.st_ino, 1 };
	open_semaphores = entry;
unlock:
	__osier_unlock(&list_lock);
out:
	close(fd);
	return sem;
}

int sem_close(sem_t *sem)
{
	__osier_lock(&list_lock);
	for (struct named **link = &open_semaphores; *link; link = &(*link)->next) {
		struct named *entry = *link;

		if (entry->sem != sem)
			continue;
		if (--entry->count == 0) {
			*link = entry->next;
			munmap(sem, sizeof *sem);
			free(entry);
		}
		__osier_unlock(&list_lock);
		return 0;
	}
	__osier_unlock(&list_lock);
	errno = EINVAL;
	return -1;
}

int sem_unlink(const char *name)
{
	char path[NAME_MAX + 16];

	if (sem_path(name, path, sizeof path) < 0)
		return -1;
	return unlink(path);
}
