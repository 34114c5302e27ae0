/* Setting file times: one call, utimensat, behind all the historical ones. */
#include "osier.h"
#include <fcntl.h>
#include <utime.h>
#include <sys/stat.h>
#include <sys/time.h>

int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
{
	return (int)call(SYS_utimensat, dirfd, path, times, flags);
}

int futimens(int fd, const struct timespec times[2])
{
	return (int)call(SYS_utimensat, fd, NULL, times, 0);
}

/* Microseconds to nanoseconds; NULL stays NULL and means now. */
static int set_times(int dirfd, const char *path, const struct timeval times[2], int flags)
{
	struct timespec ts[2];

	if (!times)
		return (int)call(SYS_utimensat, dirfd, path, NULL, flags);
	for (int i = 0; i < 2; i++) {
		if (times[i].tv_usec < 0 || times[i].tv_usec >= 1000000) {
			errno = EINVAL;
			return -1;
		}
		ts[i].tv_sec = times[i].tv_sec;
		ts[i].tv_nsec = times[i].tv_usec * 1000;
	}
	return (int)call(SYS_utimensat, dirfd, path, ts, flags);
}

int utimes(const char *path, const struct timeval times[2])
{
	return set_times(AT_FDCWD, path, times, 0);
}

int lutimes(const char *path, const struct timeval times[2])
{
	return set_times(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

int futimes(int fd, const struct timeval times[2])
{
	return set_times(fd, NULL, times, 0);
}

int futimesat(int dirfd, const char *path, const struct timeval times[2])
{
	return set_times(dirfd, path, times, 0);
}

int utime(const char *path, const struct utimbuf *times)
{
	struct timespec ts[2] = { { 0, 0 }, { 0, 0 } };

	if (times) {
		ts[0].tv_sec = times->actime;
		ts[1].tv_sec = times->modtime;
	}
	return (int)call(SYS_utimensat, AT_FDCWD, path, times ? ts : NULL, 0);
}
