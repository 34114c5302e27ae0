/* System V IPC keys. */
#ifndef _SYS_IPC_H
#define _SYS_IPC_H

#include <sys/types.h>
#include <osier/abi/ipc.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
key_t ftok(const char *, int);
__END_DECLS

#endif /* _SYS_IPC_H */
