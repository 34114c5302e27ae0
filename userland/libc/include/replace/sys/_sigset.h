/* The signal set that other headers mention. */
#ifndef _SYS__SIGSET_H
#define _SYS__SIGSET_H

typedef unsigned long __sigset_t;

#endif /* _SYS__SIGSET_H */
