/* File control. The flags are the ABI's, not newlib's own. */
#ifndef _SYS__DEFAULT_FCNTL_H
#define _SYS__DEFAULT_FCNTL_H

#include <_ansi.h>
#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <osier/abi/fcntl.h>

#define FREAD		1	/* BSD names, for open file descriptions */
#define FWRITE		2
#define FAPPEND		O_APPEND
#define FNONBLOCK	O_NONBLOCK
#define FNDELAY		O_NONBLOCK
#define FASYNC		O_ASYNC
#define FSYNC		O_SYNC

__BEGIN_DECLS
int open(const char *, int, ...);
int openat(int, const char *, int, ...);
int creat(const char *, mode_t);
int fcntl(int, int, ...);
int posix_fadvise(int, off_t, off_t, int);
int posix_fallocate(int, off_t, off_t);
#if __MISC_VISIBLE
int flock(int, int);
#endif
#if __GNU_VISIBLE
int fallocate(int, int, off_t, off_t);
#endif
#ifdef _COMPILING_NEWLIB
int _open(const char *, int, ...);
int _fcntl(int, int, ...);
#endif
__END_DECLS

#endif /* _SYS__DEFAULT_FCNTL_H */
