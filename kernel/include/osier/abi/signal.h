/*
 * Signals. Linux x86_64 numbers, codes and layouts; sigset_t is one 64-bit word (signal n is bit
 * n - 1).
 *
 * Delivery. The kernel builds on the (possibly alternate) stack, from low to high:
 *   restorer address, ucontext_t, siginfo_t, FPU state (if used)
 * and enters the handler with rdi = signal, rsi = siginfo_t *, rdx = ucontext_t *, rsp at the
 * restorer address, rsp + 8 a multiple of 16. The handler returns into sa_restorer, which is nothing
 * but SYS_sigreturn; the call finds the ucontext_t at rsp.
 */
#ifndef OSIER_ABI_SIGNAL_H
#define OSIER_ABI_SIGNAL_H

#include <osier/abi/types.h>

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGIOT		SIGABRT
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGSTKFLT	16
#define SIGCHLD		17
#define SIGCLD		SIGCHLD
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGXCPU		24
#define SIGXFSZ		25
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGWINCH	28
#define SIGIO		29
#define SIGPOLL		SIGIO
#define SIGPWR		30
#define SIGSYS		31
#define OSIER_SIGRTMIN	32	/* libc keeps the first three for itself */
#define OSIER_SIGRTMAX	64
#define NSIG		65
#define _NSIG		NSIG

#ifndef _SIGSET_T_DECLARED
#define _SIGSET_T_DECLARED
typedef unsigned long sigset_t;
#endif

typedef void (*__osier_sighandler)(int);

#define SIG_DFL		((__osier_sighandler)0)
#define SIG_IGN		((__osier_sighandler)1)
#define SIG_ERR		((__osier_sighandler)-1)

#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2

#define SA_NOCLDSTOP	0x00000001
#define SA_NOCLDWAIT	0x00000002
#define SA_SIGINFO	0x00000004
#define SA_RESTORER	0x04000000
#define SA_ONSTACK	0x08000000
#define SA_RESTART	0x10000000
#define SA_NODEFER	0x40000000
#define SA_RESETHAND	0x80000000
#define SA_NOMASK	SA_NODEFER
#define SA_ONESHOT	SA_RESETHAND

union sigval {
	int sival_int;
	void *sival_ptr;
};

typedef struct siginfo {		/* 128 bytes */
	int si_signo;
	int si_errno;
	int si_code;
	int __si_pad;
	union {
		struct {
			pid_t pid;
			uid_t uid;
			union {
				int status;
				union sigval value;
			} u;
			long utime;
			long stime;
		} __proc;		/* kill, sigqueue, SIGCHLD */
		struct {
			int timerid;
			int overrun;
			union sigval value;
		} __timer;
		struct {
			void *addr;
			short addr_lsb;
		} __fault;		/* SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP */
		struct {
			long band;
			int fd;
		} __poll;
		struct {
			void *call_addr;
			int syscall;
			unsigned int arch;
		} __sys;
		char __fill[112];
	} __si;
} siginfo_t;

#define si_pid		__si.__proc.pid
#define si_uid		__si.__proc.uid
#define si_status	__si.__proc.u.status
#define si_value	__si.__proc.u.value
#define si_int		__si.__proc.u.value.sival_int
#define si_ptr		__si.__proc.u.value.sival_ptr
#define si_utime	__si.__proc.utime
#define si_stime	__si.__proc.stime
#define si_addr		__si.__fault.addr
#define si_addr_lsb	__si.__fault.addr_lsb
#define si_timerid	__si.__timer.timerid
#define si_overrun	__si.__timer.overrun
#define si_band		__si.__poll.band
#define si_fd		__si.__poll.fd
#define si_call_addr	__si.__sys.call_addr
#define si_syscall	__si.__sys.syscall

/* si_code: by whom (<= 0: by a process) */
#define SI_USER		0
#define SI_KERNEL	0x80
#define SI_QUEUE	(-1)
#define SI_TIMER	(-2)
#define SI_MESGQ	(-3)
#define SI_ASYNCIO	(-4)
#define SI_TKILL	(-6)

#define ILL_ILLOPC	1
#define ILL_ILLOPN	2
#define ILL_ILLADR	3
#define ILL_ILLTRP	4
#define ILL_PRVOPC	5
#define ILL_PRVREG	6
#define ILL_COPROC	7
#define ILL_BADSTK	8

#define FPE_INTDIV	1
#define FPE_INTOVF	2
#define FPE_FLTDIV	3
#define FPE_FLTOVF	4
#define FPE_FLTUND	5
#define FPE_FLTRES	6
#define FPE_FLTINV	7
#define FPE_FLTSUB	8

#define SEGV_MAPERR	1	/* nothing is mapped there */
#define SEGV_ACCERR	2	/* the mapping does not allow it */

#define BUS_ADRALN	1
#define BUS_ADRERR	2	/* no such page in the object: past the end of file */
#define BUS_OBJERR	3	/* the object's I/O failed */

#define TRAP_BRKPT	1
#define TRAP_TRACE	2

#define CLD_EXITED	1
#define CLD_KILLED	2
#define CLD_DUMPED	3
#define CLD_TRAPPED	4
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

#define POLL_IN		1
#define POLL_OUT	2
#define POLL_MSG	3
#define POLL_ERR	4
#define POLL_PRI	5
#define POLL_HUP	6

/* What sigaction(2) reads and writes. libc fills in sa_restorer and SA_RESTORER. */
struct sigaction {
	union {
		__osier_sighandler __handler;
		void (*__action)(int, siginfo_t *, void *);
	} __sa;
	sigset_t sa_mask;
	int sa_flags;
	void (*sa_restorer)(void);
};

#define sa_handler	__sa.__handler
#define sa_sigaction	__sa.__action

#define SIGEV_SIGNAL	0
#define SIGEV_NONE	1
#define SIGEV_THREAD	2	/* done in libc */
#define SIGEV_THREAD_ID	4

struct sigevent {
	union sigval sigev_value;
	int sigev_signo;
	int sigev_notify;
	void (*sigev_notify_function)(union sigval);
	void *sigev_notify_attributes;
	int sigev_notify_thread_id;
};

#define SS_ONSTACK	1
#define SS_DISABLE	2
#define MINSIGSTKSZ	2048
#define SIGSTKSZ	16384

typedef struct {
	void *ss_sp;
	int ss_flags;
	size_t ss_size;
} stack_t;

/* Indices into mcontext_t.gregs */
enum {
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
	REG_RDI, REG_RSI, REG_RBP, REG_RBX, REG_RDX, REG_RAX, REG_RCX, REG_RSP,
	REG_RIP, REG_EFL, REG_CSGSFS, REG_ERR, REG_TRAPNO, REG_OLDMASK, REG_CR2
};
#define NGREG	23

typedef long long greg_t;
typedef greg_t gregset_t[NGREG];

typedef struct {
	gregset_t gregs;
	void *fpregs;		/* FXSAVE or XSAVE image, 64-byte aligned; NULL: FPU not used */
	unsigned long long __reserved[8];
} mcontext_t;

typedef struct ucontext {
	unsigned long uc_flags;
	struct ucontext *uc_link;
	stack_t uc_stack;
	mcontext_t uc_mcontext;
	sigset_t uc_sigmask;
	unsigned char __uc_fpstate[512] __attribute__((aligned(16)));	/* get/setcontext only */
} ucontext_t;

#endif /* OSIER_ABI_SIGNAL_H */
