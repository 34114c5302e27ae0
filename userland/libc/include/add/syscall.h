/* System call numbers, for syscall(). */
#ifndef _SYSCALL_H
#define _SYSCALL_H

#include <sys/syscall.h>

#endif /* _SYSCALL_H */
