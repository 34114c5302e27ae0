/* Tracing of processes. */
#ifndef _SYS_PTRACE_H
#define _SYS_PTRACE_H

#include <sys/types.h>
#include <osier/abi/ptrace.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
long ptrace(int, ...);
__END_DECLS

#endif /* _SYS_PTRACE_H */
