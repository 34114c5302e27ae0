/*
 * System V IPC: keys and permissions.
 */
#ifndef OSIER_ABI_IPC_H
#define OSIER_ABI_IPC_H

#include <osier/abi/types.h>

#define IPC_CREAT	01000
#define IPC_EXCL	02000
#define IPC_NOWAIT	04000
#define IPC_RMID	0
#define IPC_SET		1
#define IPC_STAT	2
#define IPC_INFO	3
#define IPC_PRIVATE	((key_t)0)

struct ipc_perm {
	key_t __key;
	uid_t uid;
	gid_t gid;
	uid_t cuid;
	gid_t cgid;
	mode_t mode;
	int __seq;
	int __pad;
	long __spare[2];
};
#define __ipc_perm_key	__key

#endif /* OSIER_ABI_IPC_H */
