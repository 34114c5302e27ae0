/* System call numbers, for syscall(). */
#ifndef _SYS_SYSCALL_H
#define _SYS_SYSCALL_H

#include <osier/abi/syscall.h>

#endif /* _SYS_SYSCALL_H */
