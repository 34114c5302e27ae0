/* Waiting for children. */
#ifndef _SYS_WAIT_H
#define _SYS_WAIT_H

#include <sys/types.h>
#include <sys/resource.h>
#include <osier/abi/wait.h>
#include <osier/abi/signal.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
pid_t wait(int *);
pid_t waitpid(pid_t, int *, int);
int waitid(idtype_t, id_t, siginfo_t *, int);
#if __MISC_VISIBLE
pid_t wait3(int *, int, struct rusage *);
pid_t wait4(pid_t, int *, int, struct rusage *);
#endif
#ifdef _COMPILING_NEWLIB
pid_t _wait(int *);
#endif
__END_DECLS

#endif /* _SYS_WAIT_H */
