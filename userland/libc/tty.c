/* Terminals by name, and pseudo-terminals. */
#include "osier.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

int isatty(int fd)
{
	struct termios t;

	if (ioctl(fd, TCGETS, &t) == 0)
		return 1;
	if (errno != EBADF)
		errno = ENOTTY;
	return 0;
}

int _isatty(int fd)
{
	return isatty(fd);
}

/* Looks for the device number in one directory. => 0 when found and name is filled in. */
static int find_device(const char *dirname, const struct stat *want, char *name, size_t size)
{
	DIR *dir = opendir(dirname);
	struct dirent *entry;
	int error = ENODEV;

	if (!dir)
		return errno;
	while (error == ENODEV && (entry = readdir(dir))) {
		char path[PATH_MAX];
		struct stat st;

		if (entry->d_type != DT_CHR && entry->d_type != DT_UNKNOWN)
			continue;
		snprintf(path, sizeof path, "%s/%s", dirname, entry->d_name);
		if (lstat(path, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != want->st_rdev)
			continue;
		/* /dev/tty is whatever is the controlling terminal: no name for one. */
		if (!strcmp(path, "/dev/tty"))
			continue;
		error = ERANGE;
		if (strlen(path) < size) {
			strcpy(name, path);
			error = 0;
		}
	}
	closedir(dir);
	return error;
}

int ttyname_r(int fd, char *name, size_t size)
{
	struct stat st;
	int error;

	if (!isatty(fd))
		return errno;
	if (fstat(fd, &st) < 0)
		return errno;
	error = find_device("/dev/pts", &st, name, size);
	if (error && error != ERANGE)
		error = find_device("/dev", &st, name, size);
	return error;
}

char *ttyname(int fd)
{
	static char name[TTY_NAME_MAX];
	int error = ttyname_r(fd, name, sizeof name);

	if (error) {
		errno = error;
		return NULL;
	}
	return name;
}

char *ctermid(char *buf)
{
	static char name[L_ctermid];

	return strcpy(buf ? buf : name, "/dev/tty");
}

int posix_openpt(int flags)
{
	return open("/dev/ptmx", flags);
}

int grantpt(int fd)
{
	unsigned int number;

	return ioctl(fd, TIOCGPTN, &number);
}

int unlockpt(int fd)
{
	int locked = 0;

	return ioctl(fd, TIOCSPTLCK, &locked);
}

int ptsname_r(int fd, char *name, size_t size)
{
	unsigned int number;

	if (ioctl(fd, TIOCGPTN, &number) < 0)
		return errno;
	if ((size_t)snprintf(name, size, "/dev/pts/%u", number) >= size)
		return ERANGE;
	return 0;
}

char *ptsname(int fd)
{
	static char name[TTY_NAME_MAX];
	int error = ptsname_r(fd, name, sizeof name);

	if (error) {
		errno = error;
		return NULL;
	}
	return name;
}

int openpty(int *master, int *slave, char *name, const struct termios *t, const struct winsize *w)
{
	char path[TTY_NAME_MAX];
	int m = posix_openpt(O_RDWR | O_NOCTTY), s;

	if (m < 0)
		return -1;
	if (grantpt(m) < 0 || unlockpt(m) < 0 || ptsname_r(m, path, sizeof path) ||
	    (s = open(path, O_RDWR | O_NOCTTY)) < 0) {
		int saved = errno;

		close(m);
		errno = saved;
		return -1;
	}
	if (t)
		tcsetattr(s, TCSANOW, t);
	if (w)
		ioctl(s, TIOCSWINSZ, w);
	if (name)
		strcpy(name, path);
	*master = m;
	*slave = s;
	return 0;
}

int login_tty(int fd)
{
	setsid();
	if (ioctl(fd, TIOCSCTTY, 0) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	return 0;
}

pid_t forkpty(int *master, char *name, const struct termios *t, const struct winsize *w)
{
	int m, s;
	pid_t pid;

	if (openpty(&m, &s, name, t, w) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(m);
		if (login_tty(s) < 0)
			_exit(1);
		return 0;
	}
	close(s);
	if (pid < 0)
		close(m);
	else
		*master = m;
	return pid;
}
