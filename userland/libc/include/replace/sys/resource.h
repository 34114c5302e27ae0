/* Limits, usage and priorities. */
#ifndef _SYS_RESOURCE_H
#define _SYS_RESOURCE_H

#include <sys/time.h>
#include <osier/abi/resource.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
int getrlimit(int, struct rlimit *);
int setrlimit(int, const struct rlimit *);
int getrusage(int, struct rusage *);
int getpriority(int, id_t);
int setpriority(int, id_t, int);
#if __GNU_VISIBLE
int prlimit(pid_t, int, const struct rlimit *, struct rlimit *);
#endif
__END_DECLS

#endif /* _SYS_RESOURCE_H */
