/* Files, directories, paths and the databases in /etc, through libc. */
#include "tap.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>

static int visited, deepest;

static int visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
	visited++;
	if (where->level > deepest)
		deepest = where->level;
	return 0;
}

static int remove_it(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

int main(void)
{
	char dir[] = "/tmp/libc_files.XXXXXX", buf[256], *real;
	struct timespec times[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
	struct iovec iov[2] = { { "ab", 2 }, { "cde", 3 } };
	struct pollfd pfd;
	struct timeval tv = { 0, 1000 };
	struct dirent **list, *entry;
	struct passwd *pw;
	struct group *gr;
	struct utsname name;
	struct stat st;
	fd_set set;
	int fd, fds[2], n;
	DIR *d;

	if (!ok(mkdtemp(dir) != NULL, "mkdtemp"))
		return done();		/* not into whatever directory this is */
	ok(chdir(dir) == 0 && getcwd(buf, sizeof buf) && !strcmp(buf, dir), "chdir, getcwd");
	fails_with(ERANGE, (long)getcwd(buf, 3) ? 0 : -1);

	fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
	ok(fd >= 0, "open creates");
	fails_with(EEXIST, open("file", O_CREAT | O_EXCL | O_RDWR, 0600));
	fails_with(ENOENT, open("absent", O_RDONLY));
	fails_with(ENOTDIR, open("file/below", O_RDONLY));
	is(writev(fd, iov, 2), 5, "writev");
	is(pread(fd, buf, 3, 1), 3, "pread");
	ok(!memcmp(buf, "bcd", 3), "reads from the offset");
	is(lseek(fd, 0, SEEK_CUR), 5, "and leaves the position");
	ok(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0640 &&
	   st.st_size == 5 && st.st_nlink == 1, "fstat");
	ok(futimens(fd, times) == 0 && stat("file", &st) == 0 && st.st_mtim.tv_sec == 1100000000 &&
	   st.st_atim.tv_sec == 1000000000, "futimens");
	ok(ftruncate(fd, 2) == 0 && fstat(fd, &st) == 0 && st.st_size == 2, "ftruncate");
	is(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "F_GETFL");
	is(fcntl(fd, F_GETFD), 0, "F_GETFD");
	n = fcntl(fd, F_DUPFD_CLOEXEC, 20);
	ok(n >= 20 && fcntl(n, F_GETFD) == FD_CLOEXEC, "F_DUPFD_CLOEXEC");
	close(n);
	close(fd);

	ok(symlink("file", "link") == 0 && lstat("link", &st) == 0 && S_ISLNK(st.st_mode), "symlink");
	n = (int)readlink("link", buf, sizeof buf);
	ok(n == 4 && !memcmp(buf, "file", 4), "readlink");
	ok(link("file", "hard") == 0 && stat("file", &st) == 0 && st.st_nlink == 2, "link");
	ok(rename("hard", "renamed") == 0 && access("hard", F_OK) < 0 && access("renamed", R_OK) == 0,
	   "rename");
	ok(mkdir("sub", 0755) == 0 && mkdir("sub/deep", 0755) == 0, "mkdir");
	fails_with(ENOTEMPTY, rmdir("sub"));
	real = realpath("sub/../link", NULL);
	snprintf(buf, sizeof buf, "%s/file", dir);
	ok(real && !strcmp(real, buf), "realpath");
	free(real);
	ok(realpath("nowhere/x", NULL) == NULL && errno == ENOENT, "realpath of nothing");
	is(mkfifo("fifo", 0600), 0, "mkfifo");

	d = opendir(".");
	n = 0;
	while (d && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, "sub"))
			ok(entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN, "d_type");
		n++;
	}
	is(n, 7, "readdir sees everything once");
	if (d) {
		rewinddir(d);
		ok(readdir(d) != NULL, "rewinddir");
		fd = openat(dirfd(d), "file", O_RDONLY);
		ok(fd >= 0, "openat(dirfd)");
		close(fd);
		closedir(d);
	}
	n = scandir(".", &list, NULL, alphasort);
	is(n, 7, "scandir");
	ok(n == 7 && !strcmp(list[2]->d_name, "fifo") && !strcmp(list[6]->d_name, "sub"), "sorted");
	is(nftw(".", visit, 10, FTW_PHYS), 0, "nftw");
	is(visited, 7, "nftw visits everything");
	is(deepest, 2, "nftw counts levels");

	ok(pipe(fds) == 0, "pipe");
	pfd = (struct pollfd){ fds[0], POLLIN, 0 };
	is(poll(&pfd, 1, 0), 0, "poll: nothing yet");
	is(write(fds[1], "x", 1), 1, "write");
	is(poll(&pfd, 1, 1000), 1, "poll: readable");
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	is(select(fds[0] + 1, &set, NULL, NULL, &tv), 1, "select: readable");
	ok(FD_ISSET(fds[0], &set), "FD_ISSET");
	close(fds[1]);
	is(read(fds[0], buf, 10), 1, "read");
	is(read(fds[0], buf, 10), 0, "end of file");
	close(fds[0]);
	fails_with(EBADF, close(fds[0]));

	pw = getpwuid(0);
	ok(pw && !strcmp(pw->pw_name, "root") && pw->pw_dir[0] == '/', "getpwuid(0)");
	pw = getpwnam("root");
	ok(pw && pw->pw_uid == 0, "getpwnam");
	ok(getpwnam("no such user") == NULL, "getpwnam of nobody");
	gr = getgrgid(0);
	ok(gr && !strcmp(gr->gr_name, "root") && gr->gr_mem, "getgrgid(0)");
	ok(uname(&name) == 0 && name.sysname[0] && !strcmp(name.machine, "x86_64"), "uname");
	ok(sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_OPEN_MAX) > 16 &&
	   sysconf(_SC_NPROCESSORS_ONLN) >= 1, "sysconf");
	is(confstr(_CS_PATH, buf, sizeof buf), strlen(buf) + 1, "confstr");

	ok(chdir("/") == 0, "chdir");
	is(nftw(dir, remove_it, 10, FTW_PHYS | FTW_DEPTH), 0, "nftw removes the tree");
	fails_with(ENOENT, stat(dir, &st));
	return done();
}
