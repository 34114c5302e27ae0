/* realpath: the canonical absolute name, component by component. */
#include "osier.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

/* => out has room for PATH_MAX bytes. Returns 0 or the error. */
static int canonical(const char *path, char *out)
{
	char rest[PATH_MAX], target[PATH_MAX];
	size_t length;
	int links = 0;

	if (!*path)
		return ENOENT;
	if (strlen(path) >= sizeof rest)
		return ENAMETOOLONG;
	strcpy(rest, path);
	if (*path == '/')
		strcpy(out, "");
	else if (!getcwd(out, PATH_MAX))
		return errno;
	length = strlen(out);
	if (length == 1)
		length = 0;		/* "/": components bring their own slash */

	for (char *next = rest; *next;) {
		size_t n;
		struct stat st;
		int last;

		next += strspn(next, "/");
		n = strcspn(next, "/");
		if (n == 0)
			break;
		last = next[n + strspn(next + n, "/")] == 0;
		if (n == 1 && next[0] == '.') {
			next += n;
			continue;
		}
		if (n == 2 && next[0] == '.' && next[1] == '.') {
			while (length && out[--length] != '/')
				;
			next += n;
			continue;
		}
		if (length + 1 + n >= PATH_MAX)
			return ENAMETOOLONG;
		out[length] = '/';
		memcpy(out + length + 1, next, n);
		out[length + 1 + n] = 0;
		if (lstat(out, &st) < 0)
			return errno;
		if (S_ISLNK(st.st_mode)) {
			ssize_t got = readlink(out, target, sizeof target - 1);

			if (got < 0)
				return errno;
			if (++links > SYMLOOP_MAX)
				return ELOOP;
			if ((size_t)got + strlen(next + n) >= sizeof target)
				return ENAMETOOLONG;
			strcpy(target + got, next + n);
			strcpy(rest, target);
			next = rest;
			if (*rest == '/')
				length = 0;
			continue;
		}
		if (!S_ISDIR(st.st_mode) && (!last || next[n] == '/'))
			return ENOTDIR;
		length += 1 + n;
		next += n;
	}
	if (length == 0)
		out[length++] = '/';
	out[length] = 0;
	return 0;
}

char *realpath(const char *restrict path, char *restrict resolved)
{
	char buf[PATH_MAX];
	int error;

	if (!path) {
		errno = EINVAL;
		return NULL;
	}
	error = canonical(path, buf);
	if (error) {
		errno = error;
		return NULL;
	}
	return resolved ? strcpy(resolved, buf) : strdup(buf);
}

char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}
