/*
 * The table of calls and errors: every address and length that wraps, is not aligned, belongs to the kernel, is not canonical or is
 * zero; every wrong flag, descriptor and offset. The errno is Linux's where POSIX leaves the choice, and after each error
 * /proc/self/maps is what it was.
 *
 * Mutations this catches: an addition that wraps before it is compared; a check made after the first change (maps differ); errno
 * swapped between EINVAL and ENOMEM; a flag that is ignored instead of refused; a descriptor checked for read but not for write.
 */
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "mm.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

/* The call fails with this errno and leaves maps as it was. */
#define refused(wanted, expression)                                                                \
	do {                                                                                       \
		maps_remember();                                                                   \
		errno = 0;                                                                         \
		judge(wanted, (long)(expression), #expression, __LINE__);                          \
	} while (0)

/* Where Linux goes another way, or does half of it, and the manual says so. */
#define refused_here(wanted, expression)                                                           \
	do {                                                                                       \
		if (on_osier)                                                                      \
			refused(wanted, expression);                                               \
	} while (0)

static char *five;			/* five pages, read-write, but for the hole: the fourth */
static int file, read_only, write_only, folder, pipes[2];

static void judge(int wanted, long result, const char *what, int line)
{
	int error = errno;

	if (!tap_report(result == -1 && error == wanted && maps_same(), __FILE__, line, "%s: %s", what,
			strerror(wanted)))
		printf("# returned %ld, errno %d (%s)\n", result, error, strerror(error));
}

static void test_mmap(void)
{
	char *const high[] = { KERNEL_ADDRESS, NOT_CANONICAL, USER_END, (char *)-PAGE, (char *)(-2 * PAGE) };

	refused(EINVAL, mmap(NULL, 0, RW, ANONYMOUS, -1, 0));
	refused(ENOMEM, mmap(NULL, SIZE_MAX, RW, ANONYMOUS, -1, 0));
	refused(ENOMEM, mmap(NULL, SIZE_MAX - PAGE + 1, RW, ANONYMOUS, -1, 0));
	refused(ENOMEM, mmap(NULL, 1ul << 47, PROT_NONE, ANONYMOUS, -1, 0));
	refused(ENOMEM, mmap(NULL, 1ul << 63, PROT_NONE, ANONYMOUS, -1, 0));
	refused(EINVAL, mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
	refused(EINVAL, mmap(NULL, PAGE, RW, MAP_ANONYMOUS | 4, -1, 0));
	refused(EINVAL, mmap(NULL, PAGE, RW, MAP_ANONYMOUS | 0xf, -1, 0));
	refused(EINVAL, mmap(five + 1, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
	refused(EINVAL, mmap(five + 2048, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
	refused(EINVAL, mmap(five + 8, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	for (unsigned i = 0; i < sizeof high / sizeof *high; i++)
		refused(ENOMEM, mmap(high[i], PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
	refused(ENOMEM, mmap(USER_END - PAGE, 2 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
	refused(ENOMEM, mmap(five, SIZE_MAX - 2 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
	refused_here(EPERM, mmap(NULL, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
	refused(EEXIST, mmap(five + 2 * PAGE, 2 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	refused(EOPNOTSUPP, mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, file, 0));
	refused_here(EOPNOTSUPP, mmap(NULL, PAGE, RW, ANONYMOUS | MAP_GROWSDOWN, -1, 0));

	refused(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
	refused(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, 12345, 0));
	refused(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, write_only, 0));
	refused(EACCES, mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE, write_only, 0));
	refused(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, write_only, 0));
	refused(EACCES, mmap(NULL, PAGE, RW, MAP_SHARED, read_only, 0));
	refused(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, read_only, 0));
	refused(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, folder, 0));
	refused(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, pipes[0], 0));
	refused(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 1));
	refused(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 2048));
	refused(EINVAL, mmap(NULL, 0, PROT_READ, MAP_PRIVATE, file, 0));
	refused(EOVERFLOW, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, (off_t)-PAGE));
	refused(EOVERFLOW, mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, file, INT64_MAX & ~(PAGE - 1)));

	/* What is allowed though it looks wrong. */
	char *at = mmap(five + 1, PAGE, RW, ANONYMOUS, -1, 0);

	ok(at != MAP_FAILED && ((uintptr_t)at & (PAGE - 1)) == 0, "a hint need not be aligned");
	is(munmap(at, 1), 0, "a length of one byte unmaps a page");
	at = mmap(KERNEL_ADDRESS, PAGE, RW, ANONYMOUS, -1, 0);
	ok(at != MAP_FAILED && at < USER_END, "a hint in the kernel is a hint");
	munmap(at, PAGE);
	at = mmap(NULL, PAGE, RW, ANONYMOUS, 12345, 0);
	ok(at != MAP_FAILED, "anonymous: the descriptor says nothing");
	munmap(at, PAGE);
	at = mmap(NULL, PAGE, PROT_READ | 0x100, ANONYMOUS, -1, 0);
	ok(at != MAP_FAILED, "unknown bits of prot are not mmap's affair");
	munmap(at, PAGE);
	at = mmap(NULL, PAGE, RW, MAP_PRIVATE, read_only, 0);
	ok(at != MAP_FAILED, "private and writable of a read-only descriptor");
	munmap(at, PAGE);
}

static void test_munmap(void)
{
	refused(EINVAL, munmap(five, 0));
	refused(EINVAL, munmap(five + 1, PAGE));
	refused(EINVAL, munmap(five + 2048, PAGE));
	refused(EINVAL, munmap(KERNEL_ADDRESS, PAGE));
	refused(EINVAL, munmap(NOT_CANONICAL, PAGE));
	refused(EINVAL, munmap(USER_END, PAGE));
	refused(EINVAL, munmap((char *)-PAGE, PAGE));
	refused(EINVAL, munmap(five, SIZE_MAX));
	refused(EINVAL, munmap(five, SIZE_MAX - PAGE + 1));
	refused(EINVAL, munmap(five, -(size_t)five));
	refused(EINVAL, munmap(five, 1ul << 47));
	maps_remember();
	is(munmap(five + 3 * PAGE, PAGE), 0, "unmapping a hole is no error");
	is(munmap(NULL, PAGE), 0, "nor is page zero");
	ok(maps_same(), "... and changes nothing");
}

static void test_mprotect(void)
{
	char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, read_only, 0);

	refused(EINVAL, mprotect(five + 1, PAGE, PROT_READ));
	refused(EINVAL, mprotect(five, PAGE, 0x100));
	refused(EINVAL, mprotect(five, PAGE, -1));
	refused(ENOMEM, mprotect(five + 3 * PAGE, PAGE, PROT_READ));
	refused(ENOMEM, mprotect(KERNEL_ADDRESS, PAGE, PROT_READ));
	refused(ENOMEM, mprotect(NOT_CANONICAL, PAGE, PROT_READ));
	refused(ENOMEM, mprotect((char *)-PAGE, PAGE, PROT_READ));
	refused(ENOMEM, mprotect(five, SIZE_MAX, PROT_READ));
	refused(ENOMEM, mprotect(five, -(size_t)five, PROT_READ));
	refused(ENOMEM, mprotect(NULL, PAGE, PROT_READ));
	refused(EACCES, mprotect(shared, PAGE, RW));
	refused(EACCES, mprotect(shared, PAGE, PROT_WRITE));
	/* Linux protects what lies before the hole. */
	refused_here(ENOMEM, mprotect(five, 5 * PAGE, PROT_READ));
	maps_remember();
	is(mprotect(five, 0, PROT_NONE), 0, "a length of zero does nothing");
	is(mprotect(KERNEL_ADDRESS, 0, PROT_READ), 0, "... anywhere");
	ok(maps_same(), "... and changes nothing");
	munmap(shared, PAGE);
}

static void test_mremap(void)
{
	char *room = free_room(64), *two = map_anonymous(8, RW);

	mprotect(two + 2 * PAGE, 2 * PAGE, PROT_READ);
	refused(EINVAL, mremap(five + 1, PAGE, PAGE, 0));
	refused(EINVAL, mremap(five, PAGE, 0, MREMAP_MAYMOVE));
	refused(EINVAL, mremap(five, PAGE, 2 * PAGE, 0x100));
	refused(EINVAL, mremap(five, PAGE, PAGE, MREMAP_FIXED, room));
	refused(EINVAL, mremap(five, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 1));
	refused(EINVAL, mremap(five, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, KERNEL_ADDRESS));
	refused(EINVAL, mremap(five, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, NOT_CANONICAL));
	refused(EINVAL, mremap(five, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)-PAGE));
	refused(EINVAL, mremap(five, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, five + PAGE));
	refused(EINVAL, mremap(five, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, five));
	refused(EINVAL, mremap(five + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, five));
	refused(EINVAL, mremap(five, 0, PAGE, MREMAP_MAYMOVE));
	refused(EFAULT, mremap(five + 3 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	refused(EFAULT, mremap(five, 5 * PAGE, 6 * PAGE, MREMAP_MAYMOVE));
	refused(EFAULT, mremap(two, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE));
	refused(EFAULT, mremap(two, 8 * PAGE, 9 * PAGE, MREMAP_MAYMOVE));
	refused(EFAULT, mremap(NULL, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	refused(EFAULT, mremap(KERNEL_ADDRESS, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	refused(EFAULT, mremap(NOT_CANONICAL, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	refused(ENOMEM, mremap(two, PAGE, 2 * PAGE, 0));
	refused(ENOMEM, mremap(two, PAGE, 1ul << 46, 0));
	maps_remember();
	ok(mremap(five, 2 * PAGE, 2 * PAGE, 0) == five, "the same size is no change");
	ok(maps_same(), "... indeed");
	munmap(two, 8 * PAGE);
}

static void test_advice(void)
{
	static unsigned char vector[16];
	char *mapped = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, file, 0);
	char *protected = map_anonymous(1, PROT_READ);

	refused(EINVAL, msync(five + 1, PAGE, MS_SYNC));
	refused(EINVAL, msync(five, PAGE, MS_SYNC | MS_ASYNC));
	refused(EINVAL, msync(five, PAGE, 0x100));
	refused(ENOMEM, msync(five + 3 * PAGE, PAGE, MS_SYNC));
	refused(ENOMEM, msync(five, 5 * PAGE, MS_SYNC));
	refused(ENOMEM, msync(five, 5 * PAGE, MS_ASYNC));
	refused(ENOMEM, msync(five, -(size_t)five - PAGE, MS_SYNC));
	refused(ENOMEM, msync(five, -(size_t)five - 2 * PAGE, MS_ASYNC));
	refused(ENOMEM, msync(KERNEL_ADDRESS, PAGE, MS_SYNC));
	is(msync(five, 0, MS_SYNC), 0, "msync of nothing");
	is(msync(mapped, 2 * PAGE, MS_SYNC | MS_INVALIDATE), 0, "MS_INVALIDATE");
	is(mlock(mapped, PAGE), 0, "mlock");
	refused(EBUSY, msync(mapped, 2 * PAGE, MS_SYNC | MS_INVALIDATE));
	refused(EINVAL, madvise(mapped, PAGE, MADV_DONTNEED));
	is(munlock(mapped, PAGE), 0, "munlock");

	refused(EINVAL, madvise(five + 1, PAGE, MADV_NORMAL));
	refused(EINVAL, madvise(five, PAGE, 12345));
	refused(EINVAL, madvise(five, PAGE, -1));
	refused(EINVAL, madvise(five, SIZE_MAX, MADV_DONTNEED));
	refused(EINVAL, madvise(five, -(size_t)five - PAGE, 77));
	refused(EINVAL, madvise((char *)(-2 * PAGE), 4 * PAGE, MADV_DONTNEED));
	refused(ENOMEM, madvise(five + 3 * PAGE, PAGE, MADV_NORMAL));
	refused(ENOMEM, madvise(five + 3 * PAGE, PAGE, MADV_DONTNEED));
	refused(ENOMEM, madvise(KERNEL_ADDRESS, PAGE, MADV_DONTNEED));
	refused(ENOMEM, madvise(five + 3 * PAGE, PAGE, MADV_POPULATE_READ));
	refused(EINVAL, madvise(mapped, PAGE, MADV_FREE));
	refused(EINVAL, madvise(protected, PAGE, MADV_POPULATE_WRITE));
	is(madvise(protected, PAGE, MADV_POPULATE_READ), 0, "populating what may only be read");
	is(madvise(mapped, 2 * PAGE, MADV_POPULATE_WRITE), 0, "populating what may be written");
	write_byte(five + 4 * PAGE, 7);
	refused(ENOMEM, madvise(five, 5 * PAGE, MADV_DONTNEED));
	is(five[4 * PAGE], 0, "... and the pages behind the hole are done");
	refused(ENOMEM, madvise(five, 5 * PAGE, MADV_WILLNEED));
	is(madvise(five, 0, MADV_DONTNEED), 0, "advice about nothing");
	refused(EINVAL, madvise(five, 0, 12345));

	refused(EINVAL, mincore(five + 1, PAGE, vector));
	refused(ENOMEM, mincore(five, 5 * PAGE, vector));
	refused(ENOMEM, mincore(KERNEL_ADDRESS, PAGE, vector));
	refused(ENOMEM, mincore(five, SIZE_MAX, vector));
	refused(EFAULT, mincore(five, PAGE, (void *)KERNEL_ADDRESS));
	refused(EFAULT, mincore(five, PAGE, (void *)(five + 3 * PAGE)));
	is(mincore(five, 0, vector), 0, "mincore of nothing");
	munmap(mapped, 2 * PAGE);
}

static void test_locks(void)
{
	refused(ENOMEM, mlock(five + 3 * PAGE, PAGE));
	refused(ENOMEM, mlock(KERNEL_ADDRESS, PAGE));
	refused(ENOMEM, mlock(NULL, PAGE));
	refused(EINVAL, mlock(five, -PAGE));
	refused(ENOMEM, munlock(five + 3 * PAGE, PAGE));
	refused(EINVAL, mlock2(five, PAGE, 2));
	refused(EINVAL, mlockall(0));
	refused(EINVAL, mlockall(0x100));
	refused(EINVAL, mlockall(4));
	is(mlock(five + 100, 1), 0, "mlock takes any address");
	is(mlock(five, 0), 0, "... and no length");
	is(munlock(five, PAGE), 0, "munlock");
	is(munlock(five, PAGE), 0, "... twice");
}

static void test_brk(void)
{
	char *top = sbrk(0);

	refused(ENOMEM, sbrk(1l << 46));
	refused_here(ENOMEM, brk((void *)PAGE));
	refused(ENOMEM, brk(KERNEL_ADDRESS));
	ok(sbrk(0) == top, "the break stays");
	char *blocker = mmap((void *)(((uintptr_t)top + 16 * PAGE) & ~(PAGE - 1)), PAGE, RW,
			     ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ok(blocker != MAP_FAILED, "a mapping above the heap");
	refused(ENOMEM, sbrk(32 * PAGE));
	munmap(blocker, PAGE);
	ok(sbrk(32 * PAGE) == top, "without it the heap grows");
	top[31 * PAGE] = 1;
	sbrk(-32 * (long)PAGE);
	sbrk(32 * PAGE);
	is(top[31 * PAGE], 0, "what was given back comes back as zeros");
	sbrk(-32 * (long)PAGE);
}

static void test_posix_shm(void)
{
	char name[400] = "/mm_calls-a";
	int fd;

	shm_unlink("/mm_calls-a");
	refused(ENOENT, shm_open("/mm_calls-a", O_RDWR, 0600));
	refused(ENOENT, shm_unlink("/mm_calls-a"));
	fd = shm_open("/mm_calls-a", O_RDWR | O_CREAT | O_EXCL, 0600);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC), "shm_open makes it, close-on-exec");
	refused(EEXIST, shm_open("/mm_calls-a", O_RDWR | O_CREAT | O_EXCL, 0600));
	is(shm_unlink("/mm_calls-a"), 0, "shm_unlink");
	is(ftruncate(fd, PAGE), 0, "still there for who has it open");
	close(fd);
	refused(EINVAL, shm_open("/", O_RDWR | O_CREAT, 0600));
	refused(EINVAL, shm_open("", O_RDWR | O_CREAT, 0600));
	refused(EINVAL, shm_open("/a/b", O_RDWR | O_CREAT, 0600));
	memset(name, 'x', sizeof name - 1);
	name[0] = '/';
	refused_here(ENAMETOOLONG, shm_open(name, O_RDWR | O_CREAT, 0600));

	refused(EINVAL, memfd_create("x", 0x10000));
	refused(EINVAL, memfd_create(name, 0));
	refused(EFAULT, memfd_create((char *)KERNEL_ADDRESS, 0));
	fd = memfd_create("x", MFD_CLOEXEC);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) && !ftruncate(fd, PAGE), "memfd_create");
	close(fd);
}

static void test_sysv(void)
{
	key_t key = 0x4d4d0001;
	struct shmid_ds data;
	int id = shmget(key, 0, 0);
	char *at;

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	refused(ENOENT, shmget(key, PAGE, 0600));
	refused(EINVAL, shmget(key, 0, IPC_CREAT | 0600));
	refused(EINVAL, shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600));
	refused(EINVAL, shmget(key, SIZE_MAX, IPC_CREAT | 0600));
	id = shmget(key, 2 * PAGE, IPC_CREAT | IPC_EXCL | 0600);
	ok(id >= 0, "shmget");
	refused(EEXIST, shmget(key, PAGE, IPC_CREAT | IPC_EXCL | 0600));
	refused(EINVAL, shmget(key, 3 * PAGE, 0600));
	is(shmget(key, 0, 0), id, "size 0 of one that is there");
	refused(EINVAL, shmat(-1, NULL, 0));
	refused(EINVAL, shmat(id + 1, NULL, 0));
	refused(EINVAL, shmat(id, five + 1, 0));
	refused(EINVAL, shmat(id, five, 0));
	refused(EINVAL, shmat(id, NULL, SHM_REMAP));
	refused(EINVAL, shmat(id, KERNEL_ADDRESS + 1, 0));
	refused(ENOMEM, shmat(id, KERNEL_ADDRESS, 0));
	refused(EINVAL, shmdt(five));
	refused(EINVAL, shmdt(NULL));
	refused(EINVAL, shmdt(KERNEL_ADDRESS));
	refused(EINVAL, shmctl(id, 12345, &data));
	refused(EINVAL, shmctl(id + 1, IPC_STAT, &data));
	refused(EINVAL, shmctl(-1, IPC_STAT, &data));
	refused(EFAULT, shmctl(id, IPC_STAT, (void *)KERNEL_ADDRESS));
	refused(EFAULT, shmctl(id, IPC_SET, (void *)KERNEL_ADDRESS));
	at = shmat(id, NULL, 0);
	ok(at != (void *)-1, "shmat");
	refused(EINVAL, shmdt(at + 1));
	refused(EINVAL, shmdt(at + PAGE));
	is(shmdt(at), 0, "shmdt");
	refused(EINVAL, shmdt(at));
	is(shmctl(id, IPC_RMID, NULL), 0, "IPC_RMID");
	refused(EINVAL, shmctl(id, IPC_RMID, NULL));
	refused(EINVAL, shmat(id, NULL, 0));
	refused(ENOENT, shmget(key, 0, 0));
}

int main(void)
{
	file = open_scratch("mm_calls-file", 2 * PAGE);
	close(open("mm_calls-mode", O_RDWR | O_CREAT, 0600));
	read_only = open("mm_calls-mode", O_RDONLY);
	write_only = open("mm_calls-mode", O_WRONLY);
	unlink("mm_calls-mode");
	folder = open(".", O_RDONLY);
	(void)!pipe(pipes);
	/* Far from where the next mapping goes, so that the hole stays one. */
	five = mmap((void *)0x2000000000, 5 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	munmap(five + 3 * PAGE, PAGE);
	ok(five != MAP_FAILED && folder >= 0 && write_only >= 0, "ready");

	test_mmap();
	test_munmap();
	test_mprotect();
	test_mremap();
	test_advice();
	test_locks();
	test_brk();
	test_posix_shm();
	test_sysv();
	ok(structures_good(), "structures");
	return done();
}
