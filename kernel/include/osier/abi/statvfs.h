/*
 * statvfs(2). Linux layout of the user structure.
 */
#ifndef OSIER_ABI_STATVFS_H
#define OSIER_ABI_STATVFS_H

#include <osier/abi/types.h>

struct statvfs {
	unsigned long f_bsize;
	unsigned long f_frsize;
	fsblkcnt_t f_blocks;
	fsblkcnt_t f_bfree;
	fsblkcnt_t f_bavail;
	fsfilcnt_t f_files;
	fsfilcnt_t f_ffree;
	fsfilcnt_t f_favail;
	unsigned long f_fsid;
	unsigned long f_flag;		/* ST_* */
	unsigned long f_namemax;
	unsigned int f_type;		/* magic number of the file system */
	unsigned int __f_spare[5];
};

#define ST_RDONLY	1
#define ST_NOSUID	2
#define ST_NODEV	4
#define ST_NOEXEC	8
#define ST_SYNCHRONOUS	16
#define ST_NOATIME	1024

#endif /* OSIER_ABI_STATVFS_H */
