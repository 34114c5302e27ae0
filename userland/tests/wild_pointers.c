/*
 * Seven bad pointers in every pointer argument of every system call: kernel, not canonical, null, read-only, no access,
 * unmapped, and the last valid byte before nothing. The call must fail with EFAULT (or with an errno that it finds first), the
 * kernel must live, and nothing may leak.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include "tap.h"

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

enum use { IN, OUT };

/*
 * One pointer argument: P marks it. `must`: EFAULT is the only right answer for a pointer that cannot be used that way; otherwise any
 * errno or success will do (null is often allowed).
 */
struct probe {
	const char *name;
	long number;
	long args[6];
	unsigned pointer;		/* which argument */
	enum use use;
	bool null_allowed;		/* null means something else, maybe waiting for ever: not tried */
	bool small;			/* one byte at the end of a page is enough for it */
	bool waits;			/* with a good pointer it waits: read-only memory is not tried */
	bool aligned;			/* an unaligned address is EINVAL */
	bool child;			/* needs a child to wait for */
};

#define TEXT 0x5eed0001			/* replaced by a good path */
#define FD 0x5eed0002			/* an open file, read and write */
#define PIPE_READ 0x5eed0003		/* a pipe with bytes in it */
#define BUFFER 0x5eed0004		/* good memory */
#define DIR 0x5eed0005

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const struct probe probes[] = {
	{ "read", SYS_read, { FD, 0, 16 }, 1, OUT },
	{ "read of a pipe", SYS_read, { PIPE_READ, 0, 16 }, 1, OUT },
	{ "write", SYS_write, { FD, 0, 16 }, 1, IN, .small = true },
	{ "openat", SYS_openat, { AT_FDCWD, 0, O_RDONLY }, 1, IN },
	{ "pread", SYS_pread, { FD, 0, 16, 0 }, 1, OUT },
	{ "pwrite", SYS_pwrite, { FD, 0, 16, 0 }, 1, IN, .small = true },
	{ "readv", SYS_readv, { FD, 0, 2 }, 1, IN },
	{ "writev", SYS_writev, { FD, 0, 2 }, 1, IN },
	{ "preadv", SYS_preadv, { FD, 0, 2, 0 }, 1, IN },
	{ "pwritev", SYS_pwritev, { FD, 0, 2, 0 }, 1, IN },
	{ "fstat", SYS_fstat, { FD, 0 }, 1, OUT },
	{ "fstatat path", SYS_fstatat, { AT_FDCWD, 0, BUFFER, 0 }, 1, IN },
	{ "fstatat buffer", SYS_fstatat, { AT_FDCWD, (long)"/tmp", 0, 0 }, 2, OUT },
	{ "faccessat", SYS_faccessat, { AT_FDCWD, 0, 0, 0 }, 1, IN },
	{ "chdir", SYS_chdir, { 0 }, 0, IN },
	{ "chroot", SYS_chroot, { 0 }, 0, IN },
	{ "getcwd", SYS_getcwd, { 0, 4096 }, 0, OUT },
	{ "mkdirat", SYS_mkdirat, { AT_FDCWD, 0, 0755 }, 1, IN },
	{ "mknodat", SYS_mknodat, { AT_FDCWD, 0, 0010644, 0 }, 1, IN },
	{ "unlinkat", SYS_unlinkat, { AT_FDCWD, 0, 0 }, 1, IN },
	{ "renameat old", SYS_renameat, { AT_FDCWD, 0, AT_FDCWD, TEXT, 0 }, 1, IN },
	{ "renameat new", SYS_renameat, { AT_FDCWD, TEXT, AT_FDCWD, 0, 0 }, 3, IN },
	{ "linkat old", SYS_linkat, { AT_FDCWD, 0, AT_FDCWD, TEXT, 0 }, 1, IN },
	{ "linkat new", SYS_linkat, { AT_FDCWD, TEXT, AT_FDCWD, 0, 0 }, 3, IN },
	{ "symlinkat target", SYS_symlinkat, { 0, AT_FDCWD, TEXT }, 0, IN },
	{ "symlinkat path", SYS_symlinkat, { TEXT, AT_FDCWD, 0 }, 2, IN },
	{ "readlinkat path", SYS_readlinkat, { AT_FDCWD, 0, BUFFER, 16 }, 1, IN },
	{ "readlinkat buffer", SYS_readlinkat, { AT_FDCWD, (long)"/proc/self", 0, 16 }, 2, OUT, false, true },
	{ "fchmodat", SYS_fchmodat, { AT_FDCWD, 0, 0644, 0 }, 1, IN },
	{ "fchownat", SYS_fchownat, { AT_FDCWD, 0, -1, -1, 0 }, 1, IN },
	{ "truncate", SYS_truncate, { 0, 0 }, 0, IN },
	{ "utimensat path", SYS_utimensat, { AT_FDCWD, 0, 0, 0 }, 1, IN, true },
	{ "utimensat times", SYS_utimensat, { AT_FDCWD, TEXT, 0, 0 }, 2, IN, true },
	{ "getdents", SYS_getdents, { DIR, 0, 4096 }, 1, OUT },
	{ "pipe2", SYS_pipe2, { 0, 0 }, 0, OUT },
	{ "fcntl F_SETLK", SYS_fcntl, { FD, F_SETLK, 0 }, 2, IN },
	{ "fcntl F_GETLK", SYS_fcntl, { FD, F_GETLK, 0 }, 2, OUT },
	{ "ioctl FIONREAD", SYS_ioctl, { PIPE_READ, 0x541b, 0 }, 2, OUT },
	{ "statvfs path", SYS_statvfs, { 0, BUFFER }, 0, IN },
	{ "statvfs buffer", SYS_statvfs, { (long)"/tmp", 0 }, 1, OUT },
	{ "fstatvfs", SYS_fstatvfs, { FD, 0 }, 1, OUT },
	{ "mount source", SYS_mount, { 0, TEXT, TEXT, 0, 0 }, 0, IN },
	{ "mount target", SYS_mount, { TEXT, 0, TEXT, 0, 0 }, 1, IN },
	{ "mount type", SYS_mount, { TEXT, TEXT, 0, 0, 0 }, 2, IN },
	{ "umount", SYS_umount, { 0, 0 }, 0, IN },
	{ "ppoll fds", SYS_ppoll, { 0, 2, BUFFER, 0 }, 0, OUT },
	{ "ppoll timeout", SYS_ppoll, { BUFFER, 0, 0, 0 }, 2, IN, true },
	{ "ppoll mask", SYS_ppoll, { BUFFER, 0, BUFFER, 0 }, 3, IN, true },
	{ "pselect read", SYS_pselect, { 64, 0, 0, 0, BUFFER, 0 }, 1, OUT, true },
	{ "pselect write", SYS_pselect, { 64, 0, 0, 0, BUFFER, 0 }, 2, OUT, true },
	{ "pselect except", SYS_pselect, { 64, 0, 0, 0, BUFFER, 0 }, 3, OUT, true },
	{ "pselect timeout", SYS_pselect, { 0, 0, 0, 0, 0, 0 }, 4, IN, true },
	{ "pselect mask", SYS_pselect, { 0, 0, 0, 0, BUFFER, 0 }, 5, IN, true },
	{ "memfd_create", SYS_memfd_create, { 0, 0 }, 0, IN },
	{ "mincore", SYS_mincore, { BUFFER, 4096, 0 }, 2, OUT, false, true },
	{ "execve path", SYS_execve, { 0, 0, 0 }, 0, IN },
	{ "execve arguments", SYS_execve, { (long)"/bin/true", 0, 0 }, 1, IN, true },
	{ "execve environment", SYS_execve, { (long)"/bin/true", 0, 0 }, 2, IN, true },
	{ "waitid info", SYS_waitid, { 0, 0, 0, 4 | 1, 0 }, 2, OUT, true, .child = true },
	{ "getresuid", SYS_getresuid, { 0, BUFFER, BUFFER }, 0, OUT },
	{ "getresuid", SYS_getresuid, { BUFFER, 0, BUFFER }, 1, OUT },
	{ "getresuid", SYS_getresuid, { BUFFER, BUFFER, 0 }, 2, OUT },
	{ "getresgid", SYS_getresgid, { 0, BUFFER, BUFFER }, 0, OUT },
	{ "setgroups", SYS_setgroups, { 4, 0 }, 1, IN },
	{ "prlimit new", SYS_prlimit, { 0, 4, 0, 0 }, 2, IN, true },
	{ "prlimit old", SYS_prlimit, { 0, 4, 0, 0 }, 3, OUT, true },
	{ "getrusage", SYS_getrusage, { 0, 0 }, 1, OUT },
	{ "times", SYS_times, { 0 }, 0, OUT, true },
	{ "sigaction new", SYS_sigaction, { 10, 0, 0 }, 1, IN, true },
	{ "sigaction old", SYS_sigaction, { 10, 0, 0 }, 2, OUT, true },
	{ "sigprocmask new", SYS_sigprocmask, { 0, 0, 0 }, 1, IN, true },
	{ "sigprocmask old", SYS_sigprocmask, { 0, 0, 0 }, 2, OUT, true },
	{ "sigpending", SYS_sigpending, { 0 }, 0, OUT },
	{ "sigsuspend", SYS_sigsuspend, { 0 }, 0, IN, .waits = true },
	{ "sigaltstack new", SYS_sigaltstack, { 0, 0 }, 0, IN, true },
	{ "sigaltstack old", SYS_sigaltstack, { 0, 0 }, 1, OUT, true },
	{ "sigtimedwait set", SYS_sigtimedwait, { 0, 0, BUFFER }, 0, IN },
	{ "sigtimedwait timeout", SYS_sigtimedwait, { BUFFER, 0, 0 }, 2, IN, true },
	{ "sigqueue", SYS_sigqueue, { 1, 0, 0 }, 2, IN },
	{ "futex", SYS_futex, { 0, 0, 0, BUFFER }, 0, IN, .aligned = true },
	{ "futex timeout", SYS_futex, { BUFFER, 0, 0, 0 }, 3, IN, true },
	{ "clock_gettime", SYS_clock_gettime, { 1, 0 }, 1, OUT },
	{ "clock_settime", SYS_clock_settime, { 1, 0 }, 1, IN },
	{ "clock_getres", SYS_clock_getres, { 1, 0 }, 1, OUT, true },
	{ "clock_nanosleep", SYS_clock_nanosleep, { 4, 0, 0, 0 }, 2, IN },
	{ "setitimer new", SYS_setitimer, { 1, 0, 0 }, 1, IN },
	{ "getitimer", SYS_getitimer, { 0, 0 }, 1, OUT },
	{ "timer_create event", SYS_timer_create, { 4, 0, BUFFER }, 1, IN, true },
	{ "timer_create id", SYS_timer_create, { 4, 0, 0 }, 2, OUT },
	{ "uname", SYS_uname, { 0 }, 0, OUT },
	{ "sethostname", SYS_sethostname, { 0, 16 }, 0, IN },
	{ "sysinfo", SYS_sysinfo, { 0 }, 0, OUT },
	{ "getrandom", SYS_getrandom, { 0, 16, 0 }, 0, OUT },
	{ "prctl PR_SET_NAME", SYS_prctl, { 15, 0 }, 1, IN, false, true },
	{ "prctl PR_GET_NAME", SYS_prctl, { 16, 0 }, 1, OUT },
	{ "klog", SYS_klog, { 0, 0, 4096 }, 1, OUT },
	{ "failpoint", SYS_failpoint, { 0, 0, 2 }, 0, IN, false, true },
};

static int file, fds[2], directory;
static char *buffer, *read_only, *no_access, *unmapped, *last_byte;

static long good(long argument)
{
	switch (argument) {
	case TEXT:
		return (long)"/no/such/place";
	case FD:
		return file;
	case PIPE_READ:
		return fds[0];
	case BUFFER:
		return (long)buffer;
	case DIR:
		return directory;
	default:
		return argument;
	}
}

static void map_bad_memory(void)
{
	char *pages;

	buffer = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	no_access = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(pages + 4096, 4096);
	unmapped = pages + 4096 + 100;
	/* One byte, not a NUL, and then nothing. */
	last_byte = pages + 4095;
	*last_byte = 'x';
}

static void rewind_files(void)
{
	char byte[64] = "bytes";

	lseek(file, 0, SEEK_SET);
	lseek(directory, 0, SEEK_SET);
	if (write(fds[1], byte, 16) != 16)
		note("pipe: %s", strerror(errno));
}

/* In a child: an execve or a signal may change it. => the call's result. */
static long attempt(const struct probe *probe, char *bad)
{
	long args[6];

	for (int i = 0; i < 6; i++)
		args[i] = good(probe->args[i]);
	args[probe->pointer] = (long)bad;
	memset(buffer, 0, 4096);
	rewind_files();
	if (probe->child && fork() == 0)
		pause();
	return call(probe->number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

static void probe_one(const struct probe *probe)
{
	struct {
		const char *name;
		char *pointer;
		bool must;
	} bads[] = {
		{ "kernel", (char *)0xffffffff80100000, true },
		{ "direct map", (char *)0xffff800000001000, true },
		{ "not canonical", (char *)0x0000800000000000, true },
		{ "far up", (char *)-8, true },
		{ "null", NULL, !probe->null_allowed },
		{ "read-only", read_only, probe->use == OUT },
		{ "no access", no_access, true },
		{ "unmapped", unmapped, true },
		{ "last byte", last_byte, !probe->small },
	};
	int wrong = 0;

	for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
		int pipe_fds[2], status;
		long result = 0;
		pid_t pid;

		if (!bads[i].pointer && probe->null_allowed)
			continue;
		if ((bads[i].pointer == read_only && probe->waits) ||
		    (bads[i].pointer == last_byte && probe->aligned))
			continue;
		if (pipe(pipe_fds))
			return;
		pid = fork();
		if (pid == 0) {
			fcntl(pipe_fds[1], F_SETFD, FD_CLOEXEC);
			alarm(5);
			setpgid(0, 0);
			result = attempt(probe, bads[i].pointer);
			(void)!write(pipe_fds[1], &result, sizeof result);
			if (probe->child)
				kill(0, SIGKILL);
			_exit(0);
		}
		close(pipe_fds[1]);
		if (read(pipe_fds[0], &result, sizeof result) != sizeof result)
			result = 1000000;
		close(pipe_fds[0]);
		waitpid(pid, &status, 0);
		if (WIFSIGNALED(status) && !probe->child) {
			note("%s, %s: died of signal %d", probe->name, bads[i].name, WTERMSIG(status));
			wrong++;
		} else if (bads[i].must && result != -EFAULT) {
			note("%s, %s: %ld, not EFAULT", probe->name, bads[i].name, result);
			wrong++;
		}
	}
	is(wrong, 0, "%s (argument %u) survives bad pointers with EFAULT", probe->name, probe->pointer);
}

/* A vector whose pieces are bad. */
static void vectors(void)
{
	struct { void *base; size_t length; } pieces[2] = { { buffer, 8 }, { unmapped, 8 } };

	rewind_files();
	memset(buffer, 'a', 8);
	is(call(SYS_writev, file, (long)pieces, 2, 0, 0, 0), 8, "writev: what comes before a bad piece is written");
	pieces[0].base = unmapped;
	is(call(SYS_writev, file, (long)pieces, 2, 0, 0, 0), -EFAULT, "writev: a bad first piece");
	pieces[0].length = -1ul;
	is(call(SYS_writev, file, (long)pieces, 2, 0, 0, 0), -EINVAL, "writev: a length beyond everything");
	is(call(SYS_writev, file, (long)pieces, -1, 0, 0, 0), -EINVAL, "writev: a negative count");
	is(call(SYS_writev, file, (long)pieces, 1025, 0, 0, 0), -EINVAL, "writev: too many pieces");
	is(call(SYS_write, file, (long)(last_byte - 7), 16, 0, 0, 0), 8, "write: up to the last valid byte");
}

static void unknown_calls(void)
{
	is(call(SYS_COUNT, 0, 0, 0, 0, 0, 0), -ENOSYS, "the number after the last");
	is(call(-1, 0, 0, 0, 0, 0, 0), -ENOSYS, "number -1");
	is(call(0x7fffffffffffffff, 0, 0, 0, 0, 0, 0), -ENOSYS, "a huge number");
}

static unsigned long free_frames(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram + info.bufferram;
}

int main(void)
{
	unsigned long before, after;

	map_bad_memory();
	file = open("/tmp/wild", O_RDWR | O_CREAT | O_TRUNC, 0600);
	(void)!write(file, buffer, 4096);
	directory = open("/", O_RDONLY | O_DIRECTORY);
	if (pipe(fds))
		return 1;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
		char drain[4096];

		probe_one(&probes[i]);
		while (read(fds[0], drain, sizeof drain) > 0)
			;
	}
	vectors();
	unknown_calls();
	/* Once more, now that every cache is warm: memory must not shrink. */
	before = free_frames();
	for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
		for (int n = 0; n < 3; n++)
			if (!probes[i].child)
				in_child(attempt(&probes[i], unmapped));
	after = free_frames();
	ok(after + 32 >= before, "no frames leak (%lu before, %lu after)", before, after);
	unlink("/tmp/wild");
	return done();
}
