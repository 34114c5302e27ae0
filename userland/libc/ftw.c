/*
 * nftw and ftw: a depth-first walk. One descriptor is open per level, whatever limit is asked for:
 * the kernel has more descriptors than paths have components.
 */
#include "osier.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int visit_function(const char *, const struct stat *, int, struct FTW *);

/* The directories above, to notice that a link leads back into one. */
struct above {
	const struct above *up;
	dev_t dev;
	ino_t ino;
};

struct walk {
	visit_function *visit;
	int (*simple)(const char *, const struct stat *, int);
	int flags;
	dev_t dev;
	char path[PATH_MAX];
};

static int call_back(struct walk *w, const struct stat *st, int type, int base, int level)
{
	struct FTW where = { base, level };

	if (w->simple)
		return w->simple(w->path, st, type == FTW_DP ? FTW_D : type == FTW_SLN ? FTW_SL : type);
	return w->visit(w->path, st, type, &where);
}

/* => w->path names the object, length bytes long, its last component at base. */
static int walk(struct walk *w, size_t length, int base, int level, const struct above *up)
{
	struct above here = { .up = up };
	struct stat st = { .st_dev = 0 };
	int type, error, saved;
	struct dirent *entry;
	DIR *dir;

	if ((w->flags & FTW_PHYS) ? lstat(w->path, &st) < 0 : stat(w->path, &st) < 0) {
		if (!(w->flags & FTW_PHYS) && errno == ENOENT && lstat(w->path, &st) == 0)
			return call_back(w, &st, FTW_SLN, base, level);
		if (errno != EACCES)
			return -1;
		return call_back(w, &st, FTW_NS, base, level);
	}
	if ((w->flags & FTW_MOUNT) && level && st.st_dev != w->dev)
		return 0;
	if (!level)
		w->dev = st.st_dev;
	if (!S_ISDIR(st.st_mode)) {
		type = S_ISLNK(st.st_mode) ? FTW_SL : FTW_F;
		return call_back(w, &st, type, base, level);
	}
	for (const struct above *a = up; a; a = a->up) {
		if (a->dev == st.st_dev && a->ino == st.st_ino)
			return 0;
	}
	here.dev = st.st_dev;
	here.ino = st.st_ino;

	dir = opendir(w->path);
	if (!dir) {
		if (errno != EACCES)
			return -1;
		return call_back(w, &st, FTW_DNR, base, level);
	}
	error = w->flags & FTW_DEPTH ? 0 : call_back(w, &st, FTW_D, base, level);
	if (!error && (w->flags & FTW_CHDIR) && fchdir(dirfd(dir)) < 0)
		error = -1;
	while (!error) {
		size_t n, at = length;

		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			if (errno)
				error = -1;
			break;
		}
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		n = strlen(entry->d_name);
		if (at + 1 + n >= sizeof w->path) {
			errno = ENAMETOOLONG;
			error = -1;
			break;
		}
		if (w->path[at - 1] != '/')
			w->path[at++] = '/';
		memcpy(w->path + at, entry->d_name, n + 1);
		error = walk(w, at + n, (int)at, level + 1, &here);
		if (!error && (w->flags & FTW_CHDIR) && fchdir(dirfd(dir)) < 0)
			error = -1;
		w->path[length] = 0;
	}
	saved = errno;
	closedir(dir);
	errno = saved;
	if (!error && (w->flags & FTW_DEPTH))
		error = call_back(w, &st, FTW_DP, base, level);
	return error;
}

static int start(const char *path, visit_function *visit,
		 int (*simple)(const char *, const struct stat *, int), int flags)
{
	struct walk *w;
	size_t length = strlen(path);
	int cwd = -1, error, base;

	if (length == 0) {
		errno = ENOENT;
		return -1;
	}
	if (length >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	w = malloc(sizeof *w);
	if (!w)
		return -1;
	w->visit = visit;
	w->simple = simple;
	w->flags = flags;
	strcpy(w->path, path);
	while (length > 1 && w->path[length - 1] == '/')
		w->path[--length] = 0;
	for (base = (int)length; base > 0 && w->path[base - 1] != '/'; base--)
		;
	if (flags & FTW_CHDIR) {
		/* Names are relative to where we were: the walk needs absolute ones. */
		char *absolute = realpath(path, NULL);

		cwd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (!absolute || cwd < 0) {
			free(absolute);
			free(w);
			return -1;
		}
		strcpy(w->path, absolute);
		free(absolute);
		length = strlen(w->path);
		base = (int)(strrchr(w->path, '/') - w->path) + 1;
	}
	error = walk(w, length, base, 0, NULL);
	if (cwd >= 0) {
		int saved = errno;

		fchdir(cwd);
		close(cwd);
		errno = saved;
	}
	free(w);
	return error;
}

int nftw(const char *path, visit_function *visit, int descriptors, int flags)
{
	return start(path, visit, NULL, flags);
}

int ftw(const char *path, int (*visit)(const char *, const struct stat *, int), int descriptors)
{
	return start(path, NULL, visit, 0);
}
