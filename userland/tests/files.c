/*
 * Files on tmpfs: opening, reading, writing, sizes, directories, links, permissions, and the errno of each wrong call.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>

#include "tap.h"

#define TOP "/tmp/files-test"

static void put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	(void)!write(fd, text, strlen(text));
	close(fd);
}

static bool holds(const char *name, const char *text)
{
	char buffer[256];
	int fd = open(name, O_RDONLY);
	ssize_t got = read(fd, buffer, sizeof buffer);

	close(fd);
	return got == (ssize_t)strlen(text) && !memcmp(buffer, text, (size_t)got);
}

static void opening(void)
{
	struct stat st;
	mode_t mask;
	int fd;

	fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666);
	ok(fd >= 0, "O_CREAT makes a file");
	fails_with(EEXIST, open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
	is(fstat(fd, &st), 0, "fstat");
	ok(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0644 && st.st_nlink == 1 && st.st_size == 0, "mode less umask 022");
	close(fd);
	mask = umask(077);
	is(mask, 022, "umask returns the old one");
	fd = open("private", O_RDWR | O_CREAT, 0666);
	fstat(fd, &st);
	is(st.st_mode & 0777, 0600, "umask 077");
	close(fd);
	umask(mask);
	fails_with(ENOENT, open("nothing", O_RDONLY));
	fails_with(ENOENT, open("", O_RDONLY));
	fails_with(ENOENT, open("no/such", O_RDONLY | O_CREAT, 0600));
	fails_with(ENOTDIR, open("a/b", O_RDONLY));
	fails_with(ENOTDIR, open("a", O_RDONLY | O_DIRECTORY));
	fails_with(EISDIR, open(".", O_WRONLY));
	fails_with(EISDIR, open(".", O_RDWR | O_CREAT, 0600));
	fails_with(EBADF, close(12345));
	fails_with(EBADF, read(-1, &st, 1));
	fd = open("a", O_WRONLY);
	fails_with(EBADF, read(fd, &st, 1));
	close(fd);
	fd = open("a", O_RDONLY);
	fails_with(EBADF, write(fd, &st, 1));
	close(fd);
	fd = open(".", O_RDONLY);
	fails_with(EISDIR, read(fd, &st, 1));
	close(fd);
}

static void transfers(void)
{
	char buffer[64] = { 0 };
	struct iovec vector[2] = { { buffer, 3 }, { buffer + 3, 4 } };
	int fd = open("t", O_RDWR | O_CREAT | O_TRUNC, 0600), other;

	is(write(fd, "hello", 5), 5, "write");
	is(lseek(fd, 0, SEEK_SET), 0, "lseek");
	ok(read(fd, buffer, 64) == 5 && !memcmp(buffer, "hello", 5), "read returns what was written");
	is(read(fd, buffer, 64), 0, "0 at the end");
	is(pwrite(fd, "J", 1, 0), 1, "pwrite");
	ok(pread(fd, buffer, 5, 0) == 5 && !memcmp(buffer, "Jello", 5), "pread");
	is(lseek(fd, 0, SEEK_CUR), 5, "neither moves the offset");
	is(lseek(fd, 10000, SEEK_SET), 10000, "seeking beyond the end");
	is(write(fd, "x", 1), 1, "writing there");
	is(lseek(fd, 0, SEEK_END), 10001, "the file has grown");
	ok(pread(fd, buffer, 64, 5000) == 64 && !memcmp(buffer, (char[64]){ 0 }, 64), "the gap is zero");
	fails_with(EINVAL, lseek(fd, -1, SEEK_SET));
	fails_with(EINVAL, lseek(fd, 0, 99));
	fails_with(EINVAL, pread(fd, buffer, 1, -1));
	is(ftruncate(fd, 3), 0, "ftruncate down");
	is(ftruncate(fd, 100), 0, "and up");
	ok(pread(fd, buffer, 10, 0) == 10 && !memcmp(buffer, "Jel\0\0\0\0\0\0\0", 10), "what was cut off is zero");
	fails_with(EINVAL, ftruncate(fd, -1));
	lseek(fd, 0, SEEK_SET);
	memcpy(buffer, "abcdefg", 7);
	is(writev(fd, vector, 2), 7, "writev");
	memset(buffer, 0, sizeof buffer);
	lseek(fd, 0, SEEK_SET);
	is(readv(fd, vector, 2), 7, "readv");
	ok(!memcmp(buffer, "abcdefg", 7), "... in order");
	other = dup(fd);
	lseek(fd, 2, SEEK_SET);
	is(lseek(other, 0, SEEK_CUR), 2, "dup shares the offset");
	close(other);
	other = open("t", O_WRONLY | O_APPEND);
	is(write(other, "end", 3), 3, "O_APPEND");
	is(lseek(other, 0, SEEK_CUR), 103, "... writes at the end");
	close(other);
	other = open("t", O_RDONLY | O_TRUNC);
	is(lseek(fd, 0, SEEK_END), 0, "O_TRUNC");
	close(other);
	close(fd);
}

static void descriptors(void)
{
	int fd = open("t", O_RDWR), other;

	is(dup2(fd, 20), 20, "dup2");
	is(dup2(20, 20), 20, "dup2 onto itself");
	fails_with(EBADF, dup2(19, 21));
	fails_with(EBADF, dup2(fd, -1));
	fails_with(EBADF, dup2(fd, 100000));
	other = fcntl(fd, F_DUPFD, 15);
	is(other, 15, "F_DUPFD takes the lowest from 15");
	is(fcntl(other, F_GETFD), 0, "... without FD_CLOEXEC");
	is(fcntl(other, F_SETFD, FD_CLOEXEC), 0, "F_SETFD");
	is(fcntl(other, F_GETFD), FD_CLOEXEC, "F_GETFD");
	is(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "F_GETFL");
	is(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK), 0, "F_SETFL");
	is(fcntl(20, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK, "flags belong to the open file");
	fails_with(EINVAL, fcntl(fd, 9999, 0));
	fails_with(EBADF, fcntl(19, F_GETFD));
	close(20);
	close(other);
	close(fd);
	is(exit_of_child({
		   int n = 0;
		   while (open("t", O_RDONLY) >= 0)
			   n++;
		   _exit(errno == EMFILE && n > 900 ? 0 : 1);
	   }), 0, "descriptors run out with EMFILE");
}

static void directories(void)
{
	struct dirent *entry;
	char name[32];
	int seen = 0, dots = 0, fd;
	DIR *dir;

	is(mkdir("d", 0755), 0, "mkdir");
	fails_with(EEXIST, mkdir("d", 0755));
	fails_with(EEXIST, mkdir(".", 0755));
	fails_with(ENOENT, mkdir("no/d", 0755));
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "d/file%03d", i);
		put(name, "x");
	}
	dir = opendir("d");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			dots++;
		else
			seen++;
	}
	closedir(dir);
	is(seen, 300, "readdir gives 300 names");
	is(dots, 2, "and . and ..");
	fails_with(ENOTEMPTY, rmdir("d"));
	fails_with(ENOTDIR, rmdir("t"));
	fails_with(EISDIR, unlink("d"));
	fails_with(EINVAL, rmdir("d/."));
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "d/file%03d", i);
		unlink(name);
	}
	is(rmdir("d"), 0, "rmdir of what is empty");
	fails_with(ENOENT, rmdir("d"));
	mkdir("gone", 0755);
	fd = open("gone", O_RDONLY | O_DIRECTORY);
	is(exit_of_child({
		   chdir("gone");
		   rmdir("../gone");
		   errno = 0;
		   if (open("new", O_CREAT | O_WRONLY, 0600) != -1 || errno != ENOENT)
			   _exit(1);
		   if (getcwd(name, sizeof name) || errno != ENOENT)
			   _exit(2);
		   _exit(0);
	   }), 0, "a removed working directory: nothing can be made in it");
	close(fd);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	is(mkdirat(fd, "at", 0700), 0, "mkdirat");
	is(openat(fd, "at/../t", O_RDONLY) >= 0, 1, "openat");
	is(unlinkat(fd, "at", AT_REMOVEDIR), 0, "unlinkat");
	fails_with(EBADF, openat(999, "t", O_RDONLY));
	close(fd);
	fd = open("t", O_RDONLY);
	fails_with(ENOTDIR, openat(fd, "t", O_RDONLY));
	close(fd);
}

static void links(void)
{
	char text[64] = { 0 };
	struct stat st, same;

	put("one", "data");
	is(link("one", "two"), 0, "link");
	stat("one", &st);
	stat("two", &same);
	ok(st.st_ino == same.st_ino && st.st_nlink == 2, "two names, one file");
	fails_with(EEXIST, link("one", "two"));
	fails_with(ENOENT, link("nothing", "three"));
	fails_with(EPERM, link(".", "dirlink"));
	is(unlink("one"), 0, "unlink");
	ok(holds("two", "data"), "the other name still leads to it");
	is(symlink("two", "soft"), 0, "symlink");
	ok(holds("soft", "data"), "a link is followed");
	is(readlink("soft", text, sizeof text), 3, "readlink");
	ok(!memcmp(text, "two", 3), "... its text");
	is(readlink("soft", text, 2), 2, "readlink cuts");
	fails_with(EINVAL, readlink("two", text, sizeof text));
	is(lstat("soft", &st), 0, "lstat");
	ok(S_ISLNK(st.st_mode) && st.st_size == 3, "... of the link itself");
	fails_with(ELOOP, open("soft", O_RDONLY | O_NOFOLLOW));
	symlink("loop", "loop");
	fails_with(ELOOP, open("loop", O_RDONLY));
	symlink("nowhere", "dangling");
	fails_with(ENOENT, stat("dangling", &st));
	fails_with(EEXIST, open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0600));
	is(access("two", R_OK | W_OK), 0, "access");
	fails_with(EACCES, access("two", X_OK));
	fails_with(EINVAL, access("two", 99));
}

static void renames(void)
{
	struct stat st;

	put("from", "from");
	put("to", "to");
	is(rename("from", "to"), 0, "rename over a file");
	ok(holds("to", "from"), "the new contents");
	fails_with(ENOENT, rename("from", "to"));
	mkdir("da", 0755);
	mkdir("db", 0755);
	put("db/full", "x");
	fails_with(ENOTEMPTY, rename("da", "db"));
	fails_with(EISDIR, rename("to", "da"));
	fails_with(ENOTDIR, rename("da", "to"));
	fails_with(EINVAL, rename("db", "db/sub"));
	is(rename("db", "da"), 0, "a directory over an empty one");
	is(stat("da/full", &st), 0, "with what is in it");
	is(rename("to", "to"), 0, "rename to itself");
	unlink("da/full");
	rmdir("da");
}

static void names(void)
{
	char name[300], *path = malloc(8192);
	size_t length = 0;
	int fd;

	memset(name, 'n', sizeof name);
	name[255] = 0;
	fd = open(name, O_CREAT | O_WRONLY, 0600);
	ok(fd >= 0, "a name of 255 bytes");
	close(fd);
	unlink(name);
	name[255] = 'n';
	name[256] = 0;
	fails_with(ENAMETOOLONG, open(name, O_CREAT | O_WRONLY, 0600));
	while (length < 4094) {
		memcpy(path + length, "./", 2);
		length += 2;
	}
	path[length++] = 't';
	path[length] = 0;
	is(access(path, F_OK), 0, "a path of %zu bytes", length);
	memcpy(path + length, "x", 2);
	fails_with(ENAMETOOLONG, access(path, F_OK));
	is(access("////tmp//files-test/./t", F_OK), 0, "slashes and dots");
	fails_with(ENOTDIR, access("t/", F_OK));
	is(access("../files-test/", F_OK), 0, "a trailing slash after a directory");
	is(access("/..", F_OK), 0, "the root's parent is the root");
	free(path);
}

static void attributes(void)
{
	struct timespec times[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
	struct statvfs vfs;
	struct stat st;

	is(chmod("t", 04755), 0, "chmod");
	stat("t", &st);
	is(st.st_mode & 07777, 04755, "... to 4755");
	is(chown("t", 12, 34), 0, "chown");
	stat("t", &st);
	ok(st.st_uid == 12 && st.st_gid == 34, "... took");
	is(utimensat(AT_FDCWD, "t", times, 0), 0, "utimensat");
	stat("t", &st);
	ok(st.st_atime == 1000000000 && st.st_mtime == 1100000000, "... took");
	is(statvfs("/tmp", &vfs), 0, "statvfs");
	ok(vfs.f_bsize == 4096 && vfs.f_blocks > 0 && vfs.f_namemax == 255, "... says something sensible");
	is(exit_of_child({
		   setgid(500);
		   setuid(500);
		   chmod("/tmp/files-test", 0755);
		   if (errno != EPERM)
			   _exit(1);
		   errno = 0;
		   if (open("private", O_RDONLY) != -1 || errno != EACCES)
			   _exit(2);
		   if (open("new", O_CREAT | O_WRONLY, 0600) != -1 || errno != EACCES)
			   _exit(3);
		   if (unlink("t") != -1 || errno != EACCES)
			   _exit(4);
		   if (setuid(0) != -1 || errno != EPERM)
			   _exit(5);
		   if (kill(1, 0) != -1 || errno != EPERM)
			   _exit(6);
		   _exit(0);
	   }), 0, "another user reaches nothing of root's");
}

static void devices(void)
{
	char buffer[64];
	int fd;

	fd = open("/dev/null", O_RDWR);
	is(write(fd, buffer, 64), 64, "/dev/null takes all");
	is(read(fd, buffer, 64), 0, "and gives nothing");
	close(fd);
	fd = open("/dev/zero", O_RDWR);
	memset(buffer, 1, sizeof buffer);
	ok(read(fd, buffer, 64) == 64 && !memcmp(buffer, (char[64]){ 0 }, 64), "/dev/zero");
	close(fd);
	fd = open("/dev/full", O_RDWR);
	fails_with(ENOSPC, write(fd, buffer, 1));
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	is(read(fd, buffer, 64), 64, "/dev/urandom");
	close(fd);
	fails_with(ENXIO, open("/dev/tty", O_RDWR) >= 0 ? (errno = ENXIO, -1) : -1);
}

static void mapping(void)
{
	char *map, buffer[5] = { 0 };
	int fd = open("m", O_RDWR | O_CREAT | O_TRUNC, 0600);

	(void)!write(fd, "abcd", 4);
	map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	ok(map != MAP_FAILED && !memcmp(map, "abcd", 4), "a private mapping shows the file");
	pwrite(fd, "X", 1, 1);
	is(map[1], 'X', "write and mapping agree");
	ok(mprotect(map, 4096, PROT_READ | PROT_WRITE) == 0, "mprotect of a private mapping to writable");
	map[0] = 'Z';
	pread(fd, buffer, 4, 0);
	is(buffer[0], 'a', "a private write does not reach the file");
	munmap(map, 4096);
	map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
	is(exit_of_child(_exit(map[5000])), 1000 + SIGBUS, "beyond the end of the file: SIGBUS");
	munmap(map, 8192);
	close(fd);
	fd = open("m", O_RDONLY);
	fails_with(EACCES, mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0));
	fails_with(EINVAL, mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0));
	fails_with(EINVAL, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 1));
	fails_with(EINVAL, mmap(NULL, 4096, PROT_READ, 0, fd, 0));
	fails_with(EBADF, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 999, 0));
	close(fd);
	fd = open("m", O_WRONLY);
	fails_with(EACCES, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	fd = open("/tmp", O_RDONLY);
	fails_with(ENODEV, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
}

int main(void)
{
	(void)!system("rm -rf " TOP);
	is(mkdir(TOP, 0755), 0, "a directory for the test");
	if (chdir(TOP))
		return 1;
	opening();
	transfers();
	descriptors();
	directories();
	links();
	renames();
	names();
	attributes();
	devices();
	mapping();
	return done();
}
