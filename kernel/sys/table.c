/*
 * The one table of system calls.
 *
 * Calls that read or change the whole frame of user registers say so: they take the slower way in and out.
 */
#include <osier/abi/syscall.h>

#include "arch/x86_64/trap_frame.h"
#include "arch/x86_64/upcalls.h"
#include "sys/sys.h"

/* Through a type that fits every function: the callee takes as many registers as it has parameters. */
#define ENTRY(name, entry_flags) { (syscall_function)(void (*)(void))sys_##name, (entry_flags) }
#define CALL(name) [SYS_##name] = ENTRY(name, 0)
#define CALL_FULL_FRAME(name) [SYS_##name] = ENTRY(name, SYSCALL_FULL_FRAME)
#define MISSING(name) [SYS_##name] = ENTRY(missing, 0)

const struct syscall_entry syscall_table[] = {
	CALL(read), CALL(write), CALL(openat), CALL(close), CALL(lseek), CALL(pread), CALL(pwrite),
	CALL(readv), CALL(writev), CALL(preadv), CALL(pwritev), CALL(fstat), CALL(fstatat),
	CALL(faccessat), CALL(chdir), CALL(fchdir), CALL(chroot), CALL(getcwd), CALL(mkdirat),
	CALL(mknodat), CALL(unlinkat), CALL(renameat), CALL(linkat), CALL(symlinkat), CALL(readlinkat),
	CALL(fchmod), CALL(fchmodat), CALL(fchown), CALL(fchownat), CALL(umask), CALL(truncate),
	CALL(ftruncate), CALL(fallocate), CALL(fadvise), CALL(utimensat), CALL(getdents), CALL(dup),
	CALL(dup2), CALL(dup3), CALL(pipe2), CALL(fcntl), CALL(ioctl), CALL(fsync), CALL(fdatasync),
	CALL(sync), CALL(syncfs), CALL(flock), CALL(statvfs), CALL(fstatvfs), CALL(mount), CALL(umount),
	CALL(ppoll), CALL(pselect), CALL(memfd_create),

	CALL(mmap), CALL(munmap), CALL(mprotect), CALL(mremap), CALL(msync), CALL(madvise),
	CALL(mincore), CALL(mlock), CALL(mlock2), CALL(munlock), CALL(mlockall),
	CALL(munlockall), CALL(brk), CALL(shmget), CALL(shmat), CALL(shmdt), CALL(shmctl),

	CALL_FULL_FRAME(fork), CALL_FULL_FRAME(vfork), CALL_FULL_FRAME(execve), CALL(exit), CALL(wait4),
	CALL(waitid), CALL(getpid), CALL(getppid), CALL(gettid), CALL(getpgid), CALL(setpgid),
	CALL(getsid), CALL(setsid), CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid),
	CALL(getresuid), CALL(getresgid), CALL(setuid), CALL(setgid), CALL(setreuid), CALL(setregid),
	CALL(setresuid), CALL(setresgid), CALL(getgroups), CALL(setgroups), CALL(prlimit),
	CALL(getrusage), CALL(getpriority), CALL(setpriority), CALL(sched_yield), CALL(times),

	CALL(kill), CALL(tgkill), CALL(sigaction), CALL(sigprocmask), CALL(sigpending), CALL(sigsuspend),
	CALL_FULL_FRAME(sigreturn), CALL(sigaltstack), CALL(sigtimedwait), CALL(sigqueue),

	CALL(thread_create), CALL(thread_exit), CALL(futex), CALL(set_tls), CALL(set_tid_address),

	CALL(clock_gettime), CALL(clock_settime), CALL(clock_getres), CALL(clock_nanosleep),
	CALL(setitimer), CALL(getitimer), CALL(timer_create), CALL(timer_delete), CALL(timer_settime),
	CALL(timer_gettime), CALL(timer_getoverrun),

	CALL(uname), CALL(sethostname), CALL(sysinfo), CALL(getrandom), CALL(reboot), CALL(prctl),
	MISSING(ptrace), CALL(klog),

	MISSING(socket), MISSING(socketpair), MISSING(bind), MISSING(listen), MISSING(accept),
	MISSING(connect), MISSING(sendto), MISSING(recvfrom), MISSING(sendmsg), MISSING(recvmsg),
	MISSING(shutdown), MISSING(getsockopt), MISSING(setsockopt), MISSING(getsockname),
	MISSING(getpeername),

	MISSING(memtrace), CALL(failpoint),
};

const uint32_t syscall_count = sizeof(syscall_table) / sizeof(syscall_table[0]);

static_assert(sizeof(syscall_table) / sizeof(syscall_table[0]) == SYS_COUNT, "every number has its slot");

long syscall_dispatch(struct trap_frame *frame)
{
	if (frame->error >= syscall_count)
		return sys_missing();
	return syscall_table[frame->error].function(frame->rdi, frame->rsi, frame->rdx, frame->r10,
						    frame->r8, frame->r9);
}
