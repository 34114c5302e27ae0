/* File system figures. */
#ifndef _SYS_STATVFS_H
#define _SYS_STATVFS_H

#include <sys/types.h>
#include <osier/abi/statvfs.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int statvfs(const char *__restrict, struct statvfs *__restrict);
int fstatvfs(int, struct statvfs *);
__END_DECLS

#endif /* _SYS_STATVFS_H */
