/*
 * System call numbers, shared by kernel and libc. Append only: a number is never given to another
 * call, because programs on old images keep using it.
 *
 * Convention: rax = number, arguments in rdi rsi rdx r10 r8 r9; result or -errno in rax; rcx and r11
 * are lost, everything else is kept. Where a call exists only in its wider form (openat, fstatat,
 * unlinkat, ppoll, prlimit, clock_nanosleep, ...), libc makes the narrower ones (open, stat, lstat,
 * rmdir, poll, getrlimit, sleep, ...) out of it.
 *
 * thread_create: the new thread starts at entry with rdi = arg, rsp = stack_top, FS base = tls; tid is
 * written to *parent_tid (if not NULL) before either thread goes on in user mode. When the thread ends,
 * *clear_tid (if not NULL) is set to 0 and one futex waiter on it is woken.
 * fork: the child has one thread, a copy of the caller. vfork: the parent thread waits until the child
 * has called exec or exit; sharing the space meanwhile is allowed, not promised.
 */
#ifndef OSIER_ABI_SYSCALL_H
#define OSIER_ABI_SYSCALL_H

enum syscall_number {
	/* files */
	SYS_read = 0,		/* (fd, buf, n) */
	SYS_write = 1,		/* (fd, buf, n) */
	SYS_openat = 2,		/* (dirfd, path, flags, mode) */
	SYS_close = 3,		/* (fd) */
	SYS_lseek = 4,		/* (fd, offset, whence) */
	SYS_pread = 5,		/* (fd, buf, n, offset) */
	SYS_pwrite = 6,		/* (fd, buf, n, offset) */
	SYS_readv = 7,		/* (fd, iov, count) */
	SYS_writev = 8,		/* (fd, iov, count) */
	SYS_preadv = 9,		/* (fd, iov, count, offset) */
	SYS_pwritev = 10,	/* (fd, iov, count, offset) */
	SYS_fstat = 11,		/* (fd, stat) */
	SYS_fstatat = 12,	/* (dirfd, path, stat, AT_*) */
	SYS_faccessat = 13,	/* (dirfd, path, mode, AT_*) */
	SYS_chdir = 14,		/* (path) */
	SYS_fchdir = 15,	/* (fd) */
	SYS_chroot = 16,	/* (path) */
	SYS_getcwd = 17,	/* (buf, n): bytes with the NUL */
	SYS_mkdirat = 18,	/* (dirfd, path, mode) */
	SYS_mknodat = 19,	/* (dirfd, path, mode, dev) */
	SYS_unlinkat = 20,	/* (dirfd, path, AT_*) */
	SYS_renameat = 21,	/* (olddirfd, old, newdirfd, new, RENAME_*) */
	SYS_linkat = 22,	/* (olddirfd, old, newdirfd, new, AT_*) */
	SYS_symlinkat = 23,	/* (target, dirfd, path) */
	SYS_readlinkat = 24,	/* (dirfd, path, buf, n) */
	SYS_fchmod = 25,	/* (fd, mode) */
	SYS_fchmodat = 26,	/* (dirfd, path, mode, AT_*) */
	SYS_fchown = 27,	/* (fd, uid, gid) */
	SYS_fchownat = 28,	/* (dirfd, path, uid, gid, AT_*) */
	SYS_umask = 29,		/* (mask) */
	SYS_truncate = 30,	/* (path, length) */
	SYS_ftruncate = 31,	/* (fd, length) */
	SYS_fallocate = 32,	/* (fd, mode, offset, length) */
	SYS_fadvise = 33,	/* (fd, offset, length, POSIX_FADV_*) */
	SYS_utimensat = 34,	/* (dirfd, path or NULL, timespec[2], AT_*) */
	SYS_getdents = 35,	/* (fd, buf, n): bytes, 0 at the end */
	SYS_dup = 36,		/* (fd) */
	SYS_dup2 = 37,		/* (fd, newfd) */
	SYS_dup3 = 38,		/* (fd, newfd, O_CLOEXEC) */
	SYS_pipe2 = 39,		/* (int[2], flags) */
	SYS_fcntl = 40,		/* (fd, F_*, arg) */
	SYS_ioctl = 41,		/* (fd, request, arg) */
	SYS_fsync = 42,		/* (fd) */
	SYS_fdatasync = 43,	/* (fd) */
	SYS_sync = 44,		/* () */
	SYS_syncfs = 45,	/* (fd) */
	SYS_flock = 46,		/* (fd, LOCK_*) */
	SYS_statvfs = 47,	/* (path, statvfs) */
	SYS_fstatvfs = 48,	/* (fd, statvfs) */
	SYS_mount = 49,		/* (source, target, type, MS_*, data) */
	SYS_umount = 50,	/* (target, MNT_*) */
	SYS_ppoll = 51,		/* (pollfd, n, timespec or NULL, sigset or NULL) */
	SYS_pselect = 52,	/* (n, read, write, except, timespec or NULL, sigset or NULL) */
	SYS_memfd_create = 53,	/* (name, MFD_*) */

	/* memory */
	SYS_mmap = 54,		/* (addr, length, PROT_*, MAP_*, fd, offset) */
	SYS_munmap = 55,	/* (addr, length) */
	SYS_mprotect = 56,	/* (addr, length, PROT_*) */
	SYS_mremap = 57,	/* (addr, old, new, MREMAP_*, newaddr) */
	SYS_msync = 58,		/* (addr, length, MS_*) */
	SYS_madvise = 59,	/* (addr, length, MADV_*) */
	SYS_mincore = 60,	/* (addr, length, vec) */
	SYS_mlock = 61,		/* (addr, length) */
	SYS_mlock2 = 62,	/* (addr, length, MLOCK_*) */
	SYS_munlock = 63,	/* (addr, length) */
	SYS_mlockall = 64,	/* (MCL_*) */
	SYS_munlockall = 65,	/* () */
	SYS_brk = 66,		/* (addr): the break after the call, unchanged when it cannot be moved */
	SYS_shmget = 67,	/* (key, size, flags) */
	SYS_shmat = 68,		/* (id, addr, flags): address */
	SYS_shmdt = 69,		/* (addr) */
	SYS_shmctl = 70,	/* (id, IPC_*, shmid_ds) */

	/* processes */
	SYS_fork = 71,		/* () */
	SYS_vfork = 72,		/* () */
	SYS_execve = 73,	/* (path, argv, envp) */
	SYS_exit = 74,		/* (status): ends the process, all threads */
	SYS_wait4 = 75,		/* (pid, int *status, options, rusage) */
	SYS_waitid = 76,	/* (idtype, id, siginfo, options, rusage) */
	SYS_getpid = 77,	/* () */
	SYS_getppid = 78,	/* () */
	SYS_gettid = 79,	/* () */
	SYS_getpgid = 80,	/* (pid) */
	SYS_setpgid = 81,	/* (pid, pgid) */
	SYS_getsid = 82,	/* (pid) */
	SYS_setsid = 83,	/* () */
	SYS_getuid = 84,	/* () */
	SYS_geteuid = 85,	/* () */
	SYS_getgid = 86,	/* () */
	SYS_getegid = 87,	/* () */
	SYS_getresuid = 88,	/* (uid_t *, uid_t *, uid_t *) */
	SYS_getresgid = 89,	/* (gid_t *, gid_t *, gid_t *) */
	SYS_setuid = 90,	/* (uid) */
	SYS_setgid = 91,	/* (gid) */
	SYS_setreuid = 92,	/* (r, e): -1 leaves one */
	SYS_setregid = 93,	/* (r, e) */
	SYS_setresuid = 94,	/* (r, e, s) */
	SYS_setresgid = 95,	/* (r, e, s) */
	SYS_getgroups = 96,	/* (n, gid_t *) */
	SYS_setgroups = 97,	/* (n, gid_t *) */
	SYS_prlimit = 98,	/* (pid, resource, new or NULL, old or NULL) */
	SYS_getrusage = 99,	/* (who, rusage) */
	SYS_getpriority = 100,	/* (which, who): 20 - nice, so never negative */
	SYS_setpriority = 101,	/* (which, who, nice) */
	SYS_sched_yield = 102,	/* () */
	SYS_times = 103,	/* (tms): ticks since boot */

	/* signals */
	SYS_kill = 104,		/* (pid, sig) */
	SYS_tgkill = 105,	/* (pid, tid, sig) */
	SYS_sigaction = 106,	/* (sig, new or NULL, old or NULL) */
	SYS_sigprocmask = 107,	/* (how, new or NULL, old or NULL): of the calling thread */
	SYS_sigpending = 108,	/* (sigset) */
	SYS_sigsuspend = 109,	/* (sigset) */
	SYS_sigreturn = 110,	/* (): see signal.h */
	SYS_sigaltstack = 111,	/* (new or NULL, old or NULL) */
	SYS_sigtimedwait = 112,	/* (sigset, siginfo or NULL, timespec or NULL): signal number */
	SYS_sigqueue = 113,	/* (pid, sig, siginfo) */

	/* threads */
	SYS_thread_create = 114,	/* (entry, stack_top, arg, tls, int *parent_tid, int *clear_tid): tid */
	SYS_thread_exit = 115,	/* (status): ends the calling thread; the last one ends the process with status */
	SYS_futex = 116,	/* (uaddr, FUTEX_*, val, timeout, uaddr2, val3) */
	SYS_set_tls = 117,	/* (address): FS base of the calling thread */
	SYS_set_tid_address = 118,	/* (int *clear_tid): tid */

	/* time */
	SYS_clock_gettime = 119,	/* (clock, timespec) */
	SYS_clock_settime = 120,	/* (clock, timespec) */
	SYS_clock_getres = 121,	/* (clock, timespec) */
	SYS_clock_nanosleep = 122,	/* (clock, TIMER_ABSTIME or 0, timespec, timespec or NULL) */
	SYS_setitimer = 123,	/* (which, new, old or NULL) */
	SYS_getitimer = 124,	/* (which, itimerval) */
	SYS_timer_create = 125,	/* (clock, sigevent or NULL, int *id) */
	SYS_timer_delete = 126,	/* (id) */
	SYS_timer_settime = 127,	/* (id, flags, new, old or NULL) */
	SYS_timer_gettime = 128,	/* (id, itimerspec) */
	SYS_timer_getoverrun = 129,	/* (id) */

	/* system */
	SYS_uname = 130,	/* (utsname) */
	SYS_sethostname = 131,	/* (name, n) */
	SYS_sysinfo = 132,	/* (sysinfo) */
	SYS_getrandom = 133,	/* (buf, n, GRND_*) */
	SYS_reboot = 134,	/* (RB_*) */
	SYS_prctl = 135,	/* (PR_*, arg2, arg3, arg4, arg5) */
	SYS_ptrace = 136,	/* (PTRACE_*, pid, addr, data) */
	SYS_klog = 137,		/* (op, buf, n): 0 read the kernel log into buf */

	/* sockets */
	SYS_socket = 138,	/* (domain, type, protocol) */
	SYS_socketpair = 139,	/* (domain, type, protocol, int[2]) */
	SYS_bind = 140,		/* (fd, sockaddr, length) */
	SYS_listen = 141,	/* (fd, backlog) */
	SYS_accept = 142,	/* (fd, sockaddr or NULL, socklen_t *, SOCK_*) */
	SYS_connect = 143,	/* (fd, sockaddr, length) */
	SYS_sendto = 144,	/* (fd, buf, n, flags, sockaddr or NULL, length) */
	SYS_recvfrom = 145,	/* (fd, buf, n, flags, sockaddr or NULL, socklen_t *) */
	SYS_sendmsg = 146,	/* (fd, msghdr, flags) */
	SYS_recvmsg = 147,	/* (fd, msghdr, flags) */
	SYS_shutdown = 148,	/* (fd, how) */
	SYS_getsockopt = 149,	/* (fd, level, name, value, socklen_t *) */
	SYS_setsockopt = 150,	/* (fd, level, name, value, length) */
	SYS_getsockname = 151,	/* (fd, sockaddr, socklen_t *) */
	SYS_getpeername = 152,	/* (fd, sockaddr, socklen_t *) */

	/* teaching and tests */
	SYS_memtrace = 153,	/* (op, arg, buf, n): see debug/ and docs */
	SYS_failpoint = 154,	/* (name, nth, flags) */

	SYS_COUNT = 155
};

#endif /* OSIER_ABI_SYSCALL_H */
