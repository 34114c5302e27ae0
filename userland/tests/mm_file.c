/*
 * Mappings of files against read, write and ftruncate: they agree at every moment. A random part in the manner of fsx, byte by byte;
 * then the tail of the last page, SIGBUS past the end, what outlives close and unlink, what a private mapping sees; and reading a file
 * of the disk's file system.
 *
 * Mutations this catches: bytes past the end that come into the file when it grows; a tail that is not zeroed in the page a mapping
 * already has; truncation that forgets private copies, or the mapping in another process; write() into a page other than the mapped one; a
 * page that goes with close or unlink; a read that zero-fills what a mapping has written (a hole that is none).
 */
#include <sys/stat.h>

#include "mm.h"

#define MAX_BYTES (48 * 1024)

static uint64_t state = 7;

static unsigned random_below(unsigned limit)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(state >> 33) % limit;
}

/* ---- as fsx does it -------------------------------------------------------------------------- */

static unsigned char model[MAX_BYTES + PAGE], seen[MAX_BYTES + PAGE];
static unsigned size;

static bool differs(const unsigned char *a, const unsigned char *b, unsigned from, unsigned count, const char *what, int step)
{
	for (unsigned i = 0; i < count; i++)
		if (a[i] != b[i]) {
			note("step %d, %s: byte %u of %u is %02x, wanted %02x", step, what, from + i, size, a[i], b[i]);
			return true;
		}
	return false;
}

static void fill(unsigned char *bytes, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (unsigned char)(1 + random_below(255));
}

static bool fsx(int fd, int steps)
{
	unsigned char *mapped = mmap(NULL, MAX_BYTES, RW, MAP_SHARED, fd, 0), *other = mmap(NULL, MAX_BYTES, PROT_READ, MAP_SHARED, fd, 0);

	memset(model, 0, sizeof model);
	size = 0;
	for (int step = 0; step < steps; step++) {
		unsigned from = random_below(MAX_BYTES), count = 1 + random_below(9000);

		if (from + count > MAX_BYTES)
			count = MAX_BYTES - from;
		switch (random_below(6)) {
		case 0:		/* write, maybe behind the end */
			fill(seen, count);
			if (pwrite(fd, seen, count, from) != (ssize_t)count)
				return false;
			memcpy(model + from, seen, count);
			if (from + count > size)
				size = from + count;
			break;
		case 1:		/* read */
			memset(seen, 0xee, count);
			if (from > size)
				from = size;
			if (from + count > size)
				count = size - from;
			if (pread(fd, seen, count, from) != (ssize_t)count || differs(seen, model + from, from, count, "read", step))
				return false;
			break;
		case 2:		/* write through the mapping, within the size */
			if (!size)
				break;
			from = random_below(size);
			if (from + count > size)
				count = size - from;
			fill(seen, count);
			memcpy(mapped + from, seen, count);
			memcpy(model + from, seen, count);
			break;
		case 3:		/* read through the other one, to the end of the last page */
			if (!size)
				break;
			count = (unsigned)((size + PAGE - 1) & ~(PAGE - 1));
			if (differs(other, model, 0, size, "mapping", step))
				return false;
			break;
		case 4:		/* another size */
			if (ftruncate(fd, from))
				return false;
			if (from < size)
				memset(model + from, 0, size - from);
			size = from;
			break;
		case 5: {	/* dirt behind the end must never come into the file */
			unsigned page_end = (unsigned)((size + PAGE - 1) & ~(PAGE - 1));

			/* On Linux's tmpfs it does. */
			if (size && page_end > size && on_osier)
				memset(mapped + size, 0xdd, page_end - size);
			if (random_below(2))
				msync(mapped, MAX_BYTES & ~(PAGE - 1), random_below(2) ? MS_SYNC : MS_ASYNC);
			break;
		}
		}
	}
	munmap(mapped, MAX_BYTES);
	munmap(other, MAX_BYTES);
	return true;
}

/* ---- the rest, one by one -------------------------------------------------------------------- */

static void tails(void)
{
	int fd = open_scratch("mm_file-a", 5000), pipes[2];
	char *a = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0), *b = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0), byte = 1;
	struct stat st;

	a[4999] = 'x';
	ok(b[4999] == 'x' && pread(fd, &byte, 1, 4999) == 1 && byte == 'x', "two mappings and read see one page");
	a[5000] = a[8191] = 'y';
	is(pread(fd, &byte, 1, 5000), 0, "writing behind the end does not make the file longer");
	is((fstat(fd, &st), st.st_size), 5000, "nor does fstat think so");
	is(ftruncate(fd, 3 * PAGE), 0, "it grows");
	if (on_osier) {
		ok(a[5000] == 0 && a[8191] == 0 && b[8191] == 0, "what was written behind the end has not come into the file");
		ok(pread(fd, &byte, 1, 8191) == 1 && byte == 0, "... as read sees it");
	}
	a[6000] = 'z';
	is(ftruncate(fd, 5500), 0, "it shrinks inside the page");
	ok(a[6000] == 0 && b[6000] == 0 && b[4999] == 'x', "the tail is zero at once, the rest stays");
	faults_with(SIGBUS, BUS_ADRERR, a + 2 * PAGE, "the page behind it is SIGBUS", read_byte(a + 2 * PAGE));
	(void)!pwrite(fd, "q", 1, 3 * PAGE + 1);
	ok(a[2 * PAGE] == 0 && b[3 * PAGE + 1] == 'q', "a write far behind the end: both mappings see it and the hole");

	/* The kernel copies from and to pages past the end: EFAULT, not SIGBUS. */
	(void)!ftruncate(fd, PAGE);
	(void)!pipe(pipes);
	fails_with(EFAULT, write(pipes[1], a + PAGE, 1));
	(void)!write(pipes[1], "ab", 2);
	fails_with(EFAULT, read(pipes[0], a + PAGE, 1));
	/* A file written from its own mapping. */
	memcpy(a, "0123456789", 10);
	is(pwrite(fd, a, 10, 50), 10, "a file written from its own mapping");
	ok(!memcmp(b + 50, "0123456789", 10), "... into the same page");
	is(pread(fd, a + 100, 10, 50), 10, "and read into it");
	ok(!memcmp(b + 100, "0123456789", 10), "... too");
	close(pipes[0]);
	close(pipes[1]);
	munmap(a, 4 * PAGE);
	munmap(b, 4 * PAGE);
	close(fd);
}

static void outliving(void)
{
	int fd = open("mm_file-b", O_RDWR | O_CREAT | O_TRUNC, 0600), again;
	char *mapped, byte;

	(void)!ftruncate(fd, 2 * PAGE);
	(void)!pwrite(fd, "kept", 4, 0);
	mapped = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	close(fd);
	ok(!memcmp(mapped, "kept", 4), "a mapping outlives close");
	mapped[PAGE] = 'm';
	again = open("mm_file-b", O_RDWR);
	ok(pread(again, &byte, 1, PAGE) == 1 && byte == 'm', "what it writes then is in the file");
	unlink("mm_file-b");
	close(again);
	ok(!memcmp(mapped, "kept", 4) && mapped[PAGE] == 'm', "and unlink");
	mapped[PAGE + 1] = 'n';
	is(mapped[PAGE + 1], 'n', "it can be written still");
	is(exit_of_child(mapped[PAGE + 2] = 'o'; _exit(mapped[1] == 'e')), 1, "a child has it too");
	is(mapped[PAGE + 2], 'o', "and what it writes is seen");
	munmap(mapped, 2 * PAGE);
}

static void private(void)
{
	int fd = open_scratch("mm_file-c", 3 * PAGE), pipes[2];
	char *copy, *shared, byte;
	int status;

	(void)!pwrite(fd, "aaa", 3, 0);
	copy = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	ok(copy[0] == 'a', "a private mapping shows the file");
	(void)!pwrite(fd, "b", 1, 0);
	is(copy[0], 'b', "and what is written to it, until it writes itself");
	copy[1] = 'c';
	ok(pread(fd, &byte, 1, 1) == 1 && byte == 'a' && shared[1] == 'a', "its own write the file does not see");
	(void)!pwrite(fd, "d", 1, 2);
	ok(copy[2] == 'a' && copy[0] == 'b' && shared[2] == 'd', "then the page is a copy");
	is(madvise(copy, PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED");
	ok(copy[1] == 'a' && copy[2] == 'd', "drops it");

	copy[PAGE] = 'p';
	(void)!ftruncate(fd, PAGE);
	faults_with(SIGBUS, BUS_ADRERR, copy + PAGE, "a private copy past the end", read_byte(copy + PAGE));
	(void)!ftruncate(fd, 3 * PAGE);
	is(copy[PAGE], 0, "... is gone for good");

	/* The shrink reaches another process, whose tables are shared with ours. */
	(void)!pipe(pipes);
	memset(shared, 's', 3 * PAGE);
	memset(copy, 'c', 3 * PAGE);
	fflush(stdout);
	pid_t pid = fork();

	if (pid == 0) {
		(void)!read(pipes[0], &byte, 1);
		bool gone = faults(read_byte(shared + 2 * PAGE)) && caught.signal == SIGBUS &&
			    faults(read_byte(copy + 2 * PAGE)) && caught.signal == SIGBUS;

		_exit(gone && shared[0] == 's' && shared[PAGE + 100] == 0 && copy[PAGE + 100] == 'c' ? 1 : 2);
	}
	(void)!ftruncate(fd, PAGE + 50);
	(void)!write(pipes[1], "x", 1);
	waitpid(pid, &status, 0);
	is(WEXITSTATUS(status), 1, "a shrink is seen by a child that has touched nothing since the fork");
	munmap(copy, 3 * PAGE);
	munmap(shared, 3 * PAGE);
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}

/* This program's own file: what a mapping shows is what read returns. */
static void of_disk(const char *name)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	static unsigned char bytes[PAGE];
	bool same = true;
	unsigned char *mapped, *all;

	fstat(fd, &st);
	mapped = mmap(NULL, (size_t)st.st_size + PAGE, PROT_READ, MAP_SHARED, fd, 0);
	for (off_t at = 0; at < st.st_size; at += 3 * (off_t)PAGE) {
		ssize_t got = pread(fd, bytes, PAGE, at);

		same &= got > 0 && !memcmp(bytes, mapped + at, (size_t)got);
	}
	ok(same && st.st_size > 50000, "a file of the disk, %ld bytes", (long)st.st_size);
	all = mapped + ((st.st_size + (off_t)PAGE - 1) & ~((off_t)PAGE - 1));
	same = true;
	for (unsigned char *at = mapped + st.st_size; at < all; at++)
		same &= *at == 0;
	ok(same, "its tail is zero");
	faults_with(SIGBUS, BUS_ADRERR, all, "and behind it is SIGBUS", read_byte(all));
	fails_with(EACCES, mprotect(mapped, PAGE, RW));
	munmap(mapped, (size_t)st.st_size + PAGE);
	mapped = mmap(NULL, (size_t)st.st_size, RW, MAP_PRIVATE, fd, 0);
	memset(mapped, 0x77, 2 * PAGE);
	(void)!pread(fd, bytes, 4, 0);
	ok(mapped[PAGE] == 0x77 && !memcmp(bytes, "\177ELF", 4), "private writes do not reach it");
	munmap(mapped, (size_t)st.st_size);
	close(fd);
}

/* A running program's file: refused, or the program does not see it. */
static void busy(const char *name)
{
	int fd = open(name, O_WRONLY);

	ok(fd < 0 && (errno == ETXTBSY || errno == EROFS), "writing a program that runs is refused: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void time_of(void)
{
	int fd = open_scratch("mm_file-d", PAGE);
	char *mapped = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	struct stat before, after;

	fstat(fd, &before);
	usleep(20000);
	mapped[0] = 1;
	msync(mapped, PAGE, MS_SYNC);
	fstat(fd, &after);
	ok(after.st_mtim.tv_sec > before.st_mtim.tv_sec || after.st_mtim.tv_nsec > before.st_mtim.tv_nsec || !on_osier,
	   "a write through a mapping has a time by msync");
	munmap(mapped, PAGE);
	close(fd);
}

int main(int argc, char **argv)
{
	int fd = open_scratch("mm_file-fsx", 0);

	if (argc > 1)
		state = strtoull(argv[1], NULL, 0);
	catch_faults();
	ok(fsx(fd, 3000), "3000 steps of read, write, mapping and ftruncate");
	close(fd);
	if (on_osier) {
		fd = open_scratch("/root/mm_file-fsx", 0);
		ok(fsx(fd, 1500), "and on the disk's file system");
		close(fd);
	}
	tails();
	outliving();
	private();
	of_disk(on_osier ? "/bin/sh" : argv[0]);
	busy(on_osier ? "/proc/self/exe" : argv[0]);
	time_of();
	ok(structures_good(), "structures");
	return done();
}
