/* struct timespec. */
#ifndef _SYS__TIMESPEC_H
#define _SYS__TIMESPEC_H

#include <sys/_types.h>
#include <osier/abi/timespec.h>

#endif /* _SYS__TIMESPEC_H */
