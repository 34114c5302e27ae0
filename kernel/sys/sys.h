/*
 * The system calls. Each takes its arguments as user mode gave them (pointers as vaddr_t), checks them, copies in, calls the layers
 * below, copies out. => a result >= 0 or -errno. Numbers and arguments: abi/syscall.h.
 */
#ifndef OSIER_SYS_SYS_H
#define OSIER_SYS_SYS_H

#include <osier/abi/types.h>
#include <osier/types.h>

/* sys_file.c: names */
long sys_openat(int dirfd, vaddr_t path, int flags, mode_t mode);
long sys_fstatat(int dirfd, vaddr_t path, vaddr_t stat, int at_flags);
long sys_faccessat(int dirfd, vaddr_t path, int mode, int at_flags);
long sys_chdir(vaddr_t path);
long sys_fchdir(int fd);
long sys_chroot(vaddr_t path);
long sys_getcwd(vaddr_t buffer, size_t size);
long sys_mkdirat(int dirfd, vaddr_t path, mode_t mode);
long sys_mknodat(int dirfd, vaddr_t path, mode_t mode, dev_t dev);
long sys_unlinkat(int dirfd, vaddr_t path, int at_flags);
long sys_renameat(int old_dirfd, vaddr_t old_path, int new_dirfd, vaddr_t new_path, unsigned flags);
long sys_linkat(int old_dirfd, vaddr_t old_path, int new_dirfd, vaddr_t new_path, int at_flags);
long sys_symlinkat(vaddr_t target, int dirfd, vaddr_t path);
long sys_readlinkat(int dirfd, vaddr_t path, vaddr_t buffer, size_t size);
long sys_fchmodat(int dirfd, vaddr_t path, mode_t mode, int at_flags);
long sys_fchownat(int dirfd, vaddr_t path, uid_t uid, gid_t gid, int at_flags);
long sys_umask(mode_t mask);
long sys_truncate(vaddr_t path, off_t length);
long sys_utimensat(int dirfd, vaddr_t path, vaddr_t times, int at_flags);
long sys_statvfs(vaddr_t path, vaddr_t buffer);
long sys_mount(vaddr_t source, vaddr_t target, vaddr_t type, unsigned long flags, vaddr_t data);
long sys_umount(vaddr_t target, int flags);
long sys_sync(void);

/* sys_fd.c: descriptors */
long sys_read(int fd, vaddr_t buffer, size_t count);
long sys_write(int fd, vaddr_t buffer, size_t count);
long sys_pread(int fd, vaddr_t buffer, size_t count, off_t offset);
long sys_pwrite(int fd, vaddr_t buffer, size_t count, off_t offset);
long sys_readv(int fd, vaddr_t vector, int count);
long sys_writev(int fd, vaddr_t vector, int count);
long sys_preadv(int fd, vaddr_t vector, int count, off_t offset);
long sys_pwritev(int fd, vaddr_t vector, int count, off_t offset);
long sys_close(int fd);
long sys_lseek(int fd, off_t offset, int whence);
long sys_fstat(int fd, vaddr_t stat);
long sys_fchmod(int fd, mode_t mode);
long sys_fchown(int fd, uid_t uid, gid_t gid);
long sys_ftruncate(int fd, off_t length);
long sys_fallocate(int fd, int mode, off_t offset, off_t length);
long sys_fadvise(int fd, off_t offset, off_t length, int advice);
long sys_getdents(int fd, vaddr_t buffer, size_t size);
long sys_dup(int fd);
long sys_dup2(int from, int to);
long sys_dup3(int from, int to, int flags);
long sys_pipe2(vaddr_t fds, int flags);
long sys_fcntl(int fd, int command, uint64_t arg);
long sys_ioctl(int fd, unsigned long request, vaddr_t arg);
long sys_fsync(int fd);
long sys_fdatasync(int fd);
long sys_syncfs(int fd);
long sys_flock(int fd, int operation);
long sys_fstatvfs(int fd, vaddr_t buffer);
long sys_memfd_create(vaddr_t name, unsigned flags);

/* sys_poll.c */
long sys_ppoll(vaddr_t fds, uint64_t count, vaddr_t timeout, vaddr_t mask);
long sys_pselect(int count, vaddr_t read, vaddr_t write, vaddr_t except, vaddr_t timeout, vaddr_t mask);

/* sys_memory.c */
long sys_mmap(vaddr_t address, size_t length, int prot, int flags, int fd, off_t offset);
long sys_munmap(vaddr_t address, size_t length);
long sys_mprotect(vaddr_t address, size_t length, int prot);
long sys_msync(vaddr_t address, size_t length, int flags);
long sys_madvise(vaddr_t address, size_t length, int advice);
long sys_mremap(vaddr_t address, size_t old_size, size_t new_size, int flags, vaddr_t new_address);
long sys_mincore(vaddr_t address, size_t length, vaddr_t vector);
long sys_mlock(vaddr_t address, size_t length);
long sys_mlock2(vaddr_t address, size_t length, int flags);
long sys_munlock(vaddr_t address, size_t length);
long sys_mlockall(int flags);
long sys_munlockall(void);
long sys_shmget(int key, size_t size, int flags);
long sys_shmat(int id, vaddr_t address, int flags);
long sys_shmdt(vaddr_t address);
long sys_shmctl(int id, int command, vaddr_t buffer);
long sys_brk(vaddr_t address);

/* sys_process.c */
long sys_fork(void);
long sys_vfork(void);
long sys_execve(vaddr_t path, vaddr_t arguments, vaddr_t environment);
long sys_exit(int status);
long sys_wait4(pid_t pid, vaddr_t status, int options, vaddr_t usage);
long sys_waitid(int kind, pid_t id, vaddr_t info, int options, vaddr_t usage);
long sys_getpid(void);
long sys_getppid(void);
long sys_getpgid(pid_t pid);
long sys_setpgid(pid_t pid, pid_t group);
long sys_getsid(pid_t pid);
long sys_setsid(void);
long sys_prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* sys_identity.c */
long sys_getuid(void);
long sys_geteuid(void);
long sys_getgid(void);
long sys_getegid(void);
long sys_getresuid(vaddr_t r, vaddr_t e, vaddr_t s);
long sys_getresgid(vaddr_t r, vaddr_t e, vaddr_t s);
long sys_setuid(uid_t uid);
long sys_setgid(gid_t gid);
long sys_setreuid(uid_t r, uid_t e);
long sys_setregid(gid_t r, gid_t e);
long sys_setresuid(uid_t r, uid_t e, uid_t s);
long sys_setresgid(gid_t r, gid_t e, gid_t s);
long sys_getgroups(int count, vaddr_t list);
long sys_setgroups(int count, vaddr_t list);

/* sys_resource.c */
long sys_prlimit(pid_t pid, unsigned resource, vaddr_t new_limit, vaddr_t old_limit);
long sys_getrusage(int who, vaddr_t usage);
long sys_getpriority(int which, int who);
long sys_setpriority(int which, int who, int nice);
long sys_sched_yield(void);
long sys_times(vaddr_t tms);

/* sys_signal.c */
long sys_kill(pid_t pid, int signal);
long sys_tgkill(pid_t pid, pid_t tid, int signal);
long sys_sigaction(int signal, vaddr_t action, vaddr_t old);
long sys_sigprocmask(int how, vaddr_t set, vaddr_t old);
long sys_sigpending(vaddr_t set);
long sys_sigsuspend(vaddr_t set);
long sys_sigreturn(void);
long sys_sigaltstack(vaddr_t stack, vaddr_t old);
long sys_sigtimedwait(vaddr_t set, vaddr_t info, vaddr_t timeout);
long sys_sigqueue(pid_t pid, int signal, vaddr_t info);

/* sys_thread.c */
long sys_gettid(void);
long sys_thread_create(vaddr_t entry, vaddr_t stack_top, uint64_t argument, vaddr_t tls,
		       vaddr_t parent_tid, vaddr_t clear_tid);
long sys_thread_exit(int status);
long sys_futex(vaddr_t address, int operation, uint32_t value, uint64_t timeout, vaddr_t address2,
	       uint32_t value3);
long sys_set_tls(vaddr_t base);
long sys_set_tid_address(vaddr_t clear_tid);

/* sys_time.c */
long sys_clock_gettime(clockid_t clock, vaddr_t time);
long sys_clock_settime(clockid_t clock, vaddr_t time);
long sys_clock_getres(clockid_t clock, vaddr_t time);
long sys_clock_nanosleep(clockid_t clock, int flags, vaddr_t request, vaddr_t remaining);
long sys_setitimer(unsigned which, vaddr_t new_value, vaddr_t old_value);
long sys_getitimer(unsigned which, vaddr_t value);
long sys_timer_create(clockid_t clock, vaddr_t event, vaddr_t id);
long sys_timer_delete(int id);
long sys_timer_settime(int id, int flags, vaddr_t new_value, vaddr_t old_value);
long sys_timer_gettime(int id, vaddr_t value);
long sys_timer_getoverrun(int id);

/* sys_misc.c */
long sys_uname(vaddr_t buffer);
long sys_sethostname(vaddr_t name, size_t length);
long sys_sysinfo(vaddr_t buffer);
long sys_getrandom(vaddr_t buffer, size_t size, unsigned flags);
long sys_reboot(unsigned command);
long sys_klog(int operation, vaddr_t buffer, size_t size);
long sys_failpoint(vaddr_t name, uint64_t nth, unsigned flags);

/* Every number that belongs to no call yet. */
long sys_missing(void);

#endif
