/* Mounting. */
#ifndef _SYS_MOUNT_H
#define _SYS_MOUNT_H

#include <sys/types.h>
#include <osier/abi/mount.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount(const char *);
int umount2(const char *, int);
__END_DECLS

#endif /* _SYS_MOUNT_H */
