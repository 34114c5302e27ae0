/* struct timeval. */
#ifndef _SYS__TIMEVAL_H
#define _SYS__TIMEVAL_H

#include <sys/_types.h>
#include <osier/abi/timespec.h>

#endif /* _SYS__TIMEVAL_H */
