/* Scheduling parameters. */
#ifndef _SYS_SCHED_H
#define _SYS_SCHED_H

#include <sys/_timespec.h>
#include <osier/abi/sched.h>

#endif /* _SYS_SCHED_H */
