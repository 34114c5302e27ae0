/* Directory streams over getdents. A stream's position is the kernel's cookie of an entry. */
#include "osier.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/lock.h>

#define DIR_BUFFER 8192

struct __dir {
	int fd;
	size_t next;		/* offset of the next entry in buf */
	size_t filled;
	off_t position;		/* cookie of the next entry */
	_LOCK_T lock;
	char buf[DIR_BUFFER] __attribute__((aligned(8)));
};

static DIR *dir_make(int fd)
{
	DIR *dir = malloc(sizeof *dir);

	if (!dir)
		return NULL;
	dir->fd = fd;
	dir->next = dir->filled = 0;
	dir->position = 0;
	__lock_init(dir->lock);
	return dir;
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = dir_make(fd);
	if (!dir) {
		close(fd);
		errno = ENOMEM;
	}
	return dir;
}

DIR *fdopendir(int fd)
{
	struct stat st;
	int flags;

	if (fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return NULL;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return NULL;
	if (flags & O_PATH) {
		errno = EBADF;
		return NULL;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return dir_make(fd);
}

int closedir(DIR *dir)
{
	int fd = dir->fd;

	__lock_close(dir->lock);
	free(dir);
	return close(fd);
}

int fdclosedir(DIR *dir)
{
	int fd = dir->fd;

	__lock_close(dir->lock);
	free(dir);
	return fd;
}

/* => dir->lock held. Returns NULL at the end (errno kept) and on errors (errno set). */
static struct dirent *dir_next(DIR *dir)
{
	struct dirent *entry;

	if (dir->next >= dir->filled) {
		long n = raw(SYS_getdents, dir->fd, dir->buf, sizeof dir->buf);

		if (n <= 0) {
			/* A directory that was removed meanwhile simply ends. */
			if (n < 0 && n != -ENOENT)
				errno = (int)-n;
			return NULL;
		}
		dir->filled = (size_t)n;
		dir->next = 0;
	}
	entry = (struct dirent *)(dir->buf + dir->next);
	dir->next += entry->d_reclen;
	dir->position = entry->d_off;
	return entry;
}

struct dirent *readdir(DIR *dir)
{
	struct dirent *entry;

	__lock_acquire(dir->lock);
	entry = dir_next(dir);
	__lock_release(dir->lock);
	return entry;
}

int readdir_r(DIR *restrict dir, struct dirent *restrict buf, struct dirent **restrict out)
{
	struct dirent *entry;
	int saved = errno, error;

	__lock_acquire(dir->lock);
	errno = 0;
	entry = dir_next(dir);
	error = errno;
	errno = saved;
	if (entry)
		memcpy(buf, entry, entry->d_reclen < sizeof *buf ? entry->d_reclen : sizeof *buf);
	__lock_release(dir->lock);
	*out = entry ? buf : NULL;
	return entry ? 0 : error;
}

void seekdir(DIR *dir, long position)
{
	__lock_acquire(dir->lock);
	lseek(dir->fd, position, SEEK_SET);
	dir->next = dir->filled = 0;
	dir->position = position;
	__lock_release(dir->lock);
}

void rewinddir(DIR *dir)
{
	seekdir(dir, 0);
}

long telldir(DIR *dir)
{
	return dir->position;
}

int dirfd(DIR *dir)
{
	return dir->fd;
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
	return strcoll((*a)->d_name, (*b)->d_name);
}

static int dir_scan(DIR *dir, struct dirent ***out, int (*select)(const struct dirent *),
		    int (*compare)(const struct dirent **, const struct dirent **))
{
	struct dirent **list = NULL, *entry;
	size_t n = 0, room = 0;
	int saved = errno;

	if (!dir)
		return -1;
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		if (select && !select(entry))
			continue;
		if (n == room) {
			size_t want = room ? room * 2 : 32;
			struct dirent **more = realloc(list, want * sizeof *list);

			if (!more)
				break;
			list = more;
			room = want;
		}
		list[n] = malloc(entry->d_reclen);
		if (!list[n])
			break;
		memcpy(list[n++], entry, entry->d_reclen);
	}
	if (errno) {
		saved = errno;
		while (n)
			free(list[--n]);
		free(list);
		closedir(dir);
		errno = saved;
		return -1;
	}
	closedir(dir);
	errno = saved;
	if (compare && n)
		qsort(list, n, sizeof *list, (int (*)(const void *, const void *))compare);
	*out = list;
	return (int)n;
}

int scandir(const char *path, struct dirent ***out, int (*select)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **))
{
	return dir_scan(opendir(path), out, select, compare);
}

int scandirat(int dirfd, const char *path, struct dirent ***out,
	      int (*select)(const struct dirent *),
	      int (*compare)(const struct dirent **, const struct dirent **))
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return dir_scan(fdopendir(fd), out, select, compare);
}

static int digit(int c)
{
	return c >= '0' && c <= '9';
}

/* Digits compare by value, as in file2 before file10. */
int versionsort(const struct dirent **a, const struct dirent **b)
{
	const unsigned char *p = (const unsigned char *)(*a)->d_name;
	const unsigned char *q = (const unsigned char *)(*b)->d_name;

	while (*p && *q) {
		if (digit(*p) && digit(*q)) {
			size_t m, n;

			while (*p == '0' && digit(p[1]))
				p++;
			while (*q == '0' && digit(q[1]))
				q++;
			m = strspn((const char *)p, "0123456789");
			n = strspn((const char *)q, "0123456789");
			if (m != n)
				return m < n ? -1 : 1;
			for (; m; m--, p++, q++) {
				if (*p != *q)
					return *p - *q;
			}
			continue;
		}
		if (*p != *q)
			return *p - *q;
		p++;
		q++;
	}
	return *p - *q;
}
