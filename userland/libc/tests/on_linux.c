/*
 * Runs an Osier program on the Linux host, so that libc is tested without the kernel:
 *     on_linux PROGRAM [ARGUMENT...]
 *
 * It traces the program and turns each Osier system call into the Linux one: most have the same
 * arguments and structures, only the numbers differ. Error numbers are turned back. What Linux does
 * in another way (mounts, the log, tests' own calls) fails with ENOSYS. Programs that are executed
 * must be Osier's too; OSIER_SH says what stands in for /bin/sh. Exit status: the program's, 128 + signal, 125 when this tool fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

/* Osier's numbers, under names that do not clash with the host's. */
enum {
#define CALL(name, number) OSIER_##name = number,
#include "osier_calls.inc"
#undef CALL
};

static const int linux_number[256] = {
#define SAME(name)		[OSIER_##name] = SYS_##name + 1
#define OTHER(name, linux)	[OSIER_##name] = SYS_##linux + 1
	SAME(read), SAME(write), SAME(openat), SAME(close), SAME(lseek), OTHER(pread, pread64),
	OTHER(pwrite, pwrite64), SAME(readv), SAME(writev), SAME(fstat), OTHER(fstatat, newfstatat),
	OTHER(faccessat, faccessat2), SAME(chdir), SAME(fchdir), SAME(getcwd), SAME(mkdirat),
	SAME(mknodat), SAME(unlinkat), OTHER(renameat, renameat2), SAME(linkat), SAME(symlinkat),
	SAME(readlinkat), SAME(fchmod), SAME(fchmodat), SAME(fchown), SAME(fchownat), SAME(umask),
	SAME(truncate), SAME(ftruncate), SAME(fallocate), OTHER(fadvise, fadvise64),
	SAME(utimensat), OTHER(getdents, getdents64), SAME(dup), SAME(dup2), SAME(dup3),
	SAME(pipe2), SAME(fcntl), SAME(ioctl), SAME(fsync), SAME(fdatasync), SAME(sync),
	SAME(flock), SAME(ppoll), OTHER(pselect, pselect6), SAME(memfd_create), SAME(mmap),
	SAME(munmap), SAME(mprotect), SAME(mremap), SAME(msync), SAME(madvise), SAME(mincore),
	SAME(mlock), SAME(mlock2), SAME(munlock), SAME(mlockall), SAME(munlockall), SAME(brk),
	SAME(shmget), SAME(shmat), SAME(shmdt), SAME(shmctl), SAME(fork), SAME(vfork), SAME(execve),
	OTHER(exit, exit_group), SAME(wait4), SAME(waitid), SAME(getpid), SAME(getppid),
	SAME(gettid), SAME(getpgid), SAME(setpgid), SAME(getsid), SAME(setsid), SAME(getuid),
	SAME(geteuid), SAME(getgid), SAME(getegid), SAME(getresuid), SAME(getresgid),
	SAME(setuid), SAME(setgid), SAME(setreuid), SAME(setregid), SAME(setresuid),
	SAME(setresgid), SAME(getgroups), SAME(setgroups), OTHER(prlimit, prlimit64),
	SAME(getrusage), SAME(getpriority), SAME(setpriority), SAME(sched_yield), SAME(times),
	SAME(kill), SAME(tgkill), OTHER(sigaction, rt_sigaction), OTHER(sigprocmask, rt_sigprocmask),
	OTHER(sigpending, rt_sigpending), OTHER(sigsuspend, rt_sigsuspend),
	OTHER(sigreturn, rt_sigreturn), SAME(sigaltstack), OTHER(sigtimedwait, rt_sigtimedwait),
	OTHER(sigqueue, rt_sigqueueinfo), OTHER(thread_create, clone), OTHER(thread_exit, exit),
	SAME(futex), OTHER(set_tls, arch_prctl), SAME(set_tid_address), SAME(clock_gettime),
	SAME(clock_getres), SAME(clock_nanosleep), SAME(setitimer), SAME(getitimer),
	SAME(timer_create), SAME(timer_delete), SAME(timer_settime), SAME(timer_gettime),
	SAME(timer_getoverrun), SAME(uname), SAME(sysinfo), SAME(getrandom), SAME(socket),
	SAME(socketpair), SAME(bind), SAME(listen), OTHER(accept, accept4), SAME(connect),
	SAME(sendto), SAME(recvfrom), SAME(sendmsg), SAME(recvmsg), SAME(shutdown),
	SAME(getsockopt), SAME(setsockopt), SAME(getsockname), SAME(getpeername),
};

/* Linux's error numbers above 34 in newlib's. */
static const unsigned char newlib_errno[134] = {
	[EDEADLK] = 45, [ENAMETOOLONG] = 91, [ENOLCK] = 46, [ENOSYS] = 88, [ENOTEMPTY] = 90,
	[ELOOP] = 92, [ENOMSG] = 35, [EIDRM] = 36, [EOVERFLOW] = 139, [EILSEQ] = 138,
	[ENOTSOCK] = 108, [EDESTADDRREQ] = 121, [EMSGSIZE] = 122, [EPROTOTYPE] = 107,
	[ENOPROTOOPT] = 109, [EPROTONOSUPPORT] = 123, [ESOCKTNOSUPPORT] = 124, [EOPNOTSUPP] = 95,
	[EAFNOSUPPORT] = 106, [EADDRINUSE] = 112, [EADDRNOTAVAIL] = 125, [ECONNABORTED] = 113,
	[ECONNRESET] = 104, [ENOBUFS] = 105, [EISCONN] = 127, [ENOTCONN] = 128, [ESHUTDOWN] = 110,
	[ETIMEDOUT] = 116, [ECONNREFUSED] = 111, [EALREADY] = 120, [EINPROGRESS] = 119,
	[ENODATA] = 61, [ECANCELED] = 140,
};

struct kernel_sigaction {
	uint64_t handler, flags, restorer, mask;
};

struct osier_sigaction {
	uint64_t handler, mask;
	int32_t flags, pad;
	uint64_t restorer;
};

enum { MAX_TASKS = 4096 };

static struct task {
	pid_t pid;
	int call;			/* the Osier call under way, -1 outside */
	uint64_t old;			/* sigaction: where the program wants the old one */
	uint64_t entry, argument;	/* thread_create: for the child */
	int started;
	struct user_regs_struct regs;	/* at entry: a call keeps its arguments' registers */
} tasks[MAX_TASKS];

static struct task *find(pid_t pid)
{
	struct task *empty = NULL;

	for (int i = 0; i < MAX_TASKS; i++) {
		if (tasks[i].pid == pid)
			return &tasks[i];
		if (!tasks[i].pid && !empty)
			empty = &tasks[i];
	}
	if (!empty)
		exit(125);
	*empty = (struct task){ .pid = pid, .call = -1 };
	return empty;
}

static void peek(pid_t pid, uint64_t addr, void *buf, size_t n)
{
	struct iovec here = { buf, n }, there = { (void *)addr, n };

	process_vm_readv(pid, &here, 1, &there, 1, 0);
}

static void poke(pid_t pid, uint64_t addr, const void *buf, size_t n)
{
	struct iovec here = { (void *)buf, n }, there = { (void *)addr, n };

	process_vm_writev(pid, &here, 1, &there, 1, 0);
}

static uint64_t host_clock(uint64_t clock)
{
	switch (clock) {
	case 0: return 5;	/* coarse */
	case 1: return 0;
	case 4: return 1;
	case 5: return 4;
	case 6: return 6;
	case 7: return 7;
	}
	return clock;
}

static void enter(struct task *t)
{
	struct user_regs_struct r;
	int n;

	ptrace(PTRACE_GETREGS, t->pid, 0, &r);
	t->regs = r;
	n = (int)r.orig_rax;
	t->call = n;
	t->old = 0;
	if (n < 0 || n > 255 || !linux_number[n]) {
		r.orig_rax = (uint64_t)-1;	/* fails with ENOSYS */
		ptrace(PTRACE_SETREGS, t->pid, 0, &r);
		return;
	}
	r.orig_rax = (uint64_t)(linux_number[n] - 1);
	switch (n) {
	case OSIER_sigprocmask:
	case OSIER_sigtimedwait:
		r.r10 = 8;
		break;
	case OSIER_sigpending:
	case OSIER_sigsuspend:
		r.rsi = 8;
		break;
	case OSIER_ppoll:
		r.r8 = 8;
		break;
	case OSIER_pselect:
		r.r9 = 0;
		break;
	case OSIER_sigaction: {
		struct kernel_sigaction k;
		struct osier_sigaction o;

		if (r.rsi) {
			peek(t->pid, r.rsi, &o, sizeof o);
			k = (struct kernel_sigaction){ o.handler, (uint32_t)o.flags, o.restorer, o.mask };
			r.rsi = r.rsp - 512;
			poke(t->pid, r.rsi, &k, sizeof k);
		}
		if (r.rdx) {
			t->old = r.rdx;
			r.rdx = r.rsp - 448;
		}
		r.r10 = 8;
		break;
	}
	case OSIER_execve:
	case OSIER_faccessat: {
		/* The shell behind system() and popen() must be Osier's as well. */
		unsigned long long *path = n == OSIER_execve ? &r.rdi : &r.rsi;
		const char *shell = getenv("OSIER_SH");
		char text[8] = "";

		peek(t->pid, *path, text, sizeof text);
		if (shell && !memcmp(text, "/bin/sh", 8)) {
			*path = r.rsp - 1024;
			poke(t->pid, *path, shell, strlen(shell) + 1);
		}
		break;
	}
	case OSIER_set_tls:
		r.rsi = r.rdi;
		r.rdi = 0x1002;
		break;
	case OSIER_thread_create: {
		uint64_t stack = r.rsi, tls = r.r10, parent = r.r8, clear = r.r9;

		t->entry = r.rdi;
		t->argument = r.rdx;
		r.rdi = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000 |
			(parent ? 0x100000 : 0) | (clear ? 0x200000 : 0);
		r.rsi = stack;
		r.rdx = parent;
		r.r10 = clear;
		r.r8 = tls;
		break;
	}
	case OSIER_clock_nanosleep:
		r.rsi = r.rsi ? 1 : 0;
		/* fall through */
	case OSIER_clock_gettime:
	case OSIER_clock_getres:
	case OSIER_timer_create:
		r.rdi = host_clock(r.rdi);
		break;
	case OSIER_timer_settime:
		r.rsi = r.rsi ? 1 : 0;
		break;
	}
	ptrace(PTRACE_SETREGS, t->pid, 0, &r);
}

static void leave(struct task *t)
{
	struct user_regs_struct r;
	long value;

	ptrace(PTRACE_GETREGS, t->pid, 0, &r);
	if (t->call == OSIER_sigreturn || t->call == OSIER_execve) {
		value = (long)r.rax;
		if (t->call == OSIER_execve && value < 0 && value > -134 && newlib_errno[-value]) {
			r.rax = (uint64_t)-(long)newlib_errno[-value];
			ptrace(PTRACE_SETREGS, t->pid, 0, &r);
		}
		t->call = -1;
		return;
	}
	value = (long)r.rax;
	if (value < 0 && value > -134 && newlib_errno[-value])
		r.rax = (uint64_t)-(long)newlib_errno[-value];
	else if (value == -ENOSYS)
		r.rax = (uint64_t)-88L;
	if (t->call == OSIER_sigaction && t->old && value == 0) {
		struct kernel_sigaction k;
		struct osier_sigaction o;

		peek(t->pid, r.rsp - 448, &k, sizeof k);
		o = (struct osier_sigaction){ k.handler, k.mask, (int32_t)k.flags, 0, k.restorer };
		poke(t->pid, t->old, &o, sizeof o);
	}
	r.rdi = t->regs.rdi;
	r.rsi = t->regs.rsi;
	r.rdx = t->regs.rdx;
	r.r10 = t->regs.r10;
	r.r8 = t->regs.r8;
	r.r9 = t->regs.r9;
	ptrace(PTRACE_SETREGS, t->pid, 0, &r);
	t->call = -1;
}

/*
 * => a program has just been executed. libc ends at once when it finds AT_PLATFORM, which only Linux
 * hands out; here Linux is on purpose, so the entry is made one to be ignored.
 */
static void hide_linux(pid_t pid)
{
	struct user_regs_struct r;
	uint64_t at, word[2];

	ptrace(PTRACE_GETREGS, pid, 0, &r);
	peek(pid, r.rsp, word, 8);
	at = r.rsp + 8 * (word[0] + 2);
	do {
		peek(pid, at, word, 8);
		at += 8;
	} while (word[0]);
	for (;; at += 16) {
		peek(pid, at, word, 16);
		if (word[0] == 0)
			break;
		if (word[0] == 15) {
			word[0] = 1;
			poke(pid, at, word, 8);
		}
	}
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int result = 125, status;
	pid_t main_pid;

	if (argc < 2) {
		fprintf(stderr, "usage: on_linux PROGRAM [ARGUMENT...]\n");
		return 125;
	}
	main_pid = fork();
	if (main_pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[1], argv + 1);
		perror(argv[1]);
		_exit(125);
	}
	waitpid(main_pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, main_pid, 0, options);
	/* Until the program has replaced us its calls are Linux's. */
	ptrace(PTRACE_CONT, main_pid, 0, 0);

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		struct task *t;
		int sig = 0, event;

		if (pid < 0)
			break;
		t = find(pid);
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == main_pid)
				result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			t->pid = 0;
			continue;
		}
		event = status >> 16;
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			if (t->call < 0)
				enter(t);
			else
				leave(t);
			sig = 0;
		} else if (event == PTRACE_EVENT_EXEC) {
			/* The call that brought us here ends in the new program. */
			t->call = OSIER_execve;
			t->started = 2;
			hide_linux(pid);
			sig = 0;
		} else if (event == PTRACE_EVENT_CLONE && t->call == OSIER_thread_create) {
			unsigned long child;

			ptrace(PTRACE_GETEVENTMSG, pid, 0, &child);
			struct task *c = find((pid_t)child);
			c->entry = t->entry;
			c->argument = t->argument;
			if (c->started) {
				struct user_regs_struct r;

				ptrace(PTRACE_GETREGS, c->pid, 0, &r);
				r.rip = c->entry;
				r.rdi = c->argument;
				ptrace(PTRACE_SETREGS, c->pid, 0, &r);
				ptrace(PTRACE_SYSCALL, c->pid, 0, 0);
				c->started = 2;
			}
			sig = 0;
		} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
			unsigned long child;

			ptrace(PTRACE_GETEVENTMSG, pid, 0, &child);
			struct task *c = find((pid_t)child);
			int known = c->started;

			c->entry = 1;		/* not a thread */
			if (known == 1) {
				c->started = 2;
				ptrace(PTRACE_SYSCALL, c->pid, 0, 0);
			}
			sig = 0;
		} else if (sig == SIGSTOP && !t->started) {
			/* A new task's first stop; its parent's event may come before or after. */
			t->started = 1;
			if (!t->entry)
				continue;
			if (t->entry != 1) {
				struct user_regs_struct r;

				ptrace(PTRACE_GETREGS, pid, 0, &r);
				r.rip = t->entry;
				r.rdi = t->argument;
				ptrace(PTRACE_SETREGS, pid, 0, &r);
			}
			t->started = 2;
			sig = 0;
		} else if (event) {
			sig = 0;
		}
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	return result;
}
