/* File status. */
#ifndef _SYS_STAT_H
#define _SYS_STAT_H

#include <_ansi.h>
#include <time.h>
#include <sys/cdefs.h>
#include <sys/types.h>
#include <osier/abi/stat.h>

#define _IFMT	S_IFMT		/* newlib's own sources use these */
#define _IFDIR	S_IFDIR
#define _IFCHR	S_IFCHR
#define _IFBLK	S_IFBLK
#define _IFREG	S_IFREG
#define _IFLNK	S_IFLNK
#define _IFSOCK	S_IFSOCK
#define _IFIFO	S_IFIFO

#if __MISC_VISIBLE
#define S_BLKSIZE	512
#define S_IREAD		S_IRUSR
#define S_IWRITE	S_IWUSR
#define S_IEXEC		S_IXUSR
#define ACCESSPERMS	0777
#define ALLPERMS	07777
#define DEFFILEMODE	0666
#endif

__BEGIN_DECLS
int chmod(const char *, mode_t);
int fchmod(int, mode_t);
int fchmodat(int, const char *, mode_t, int);
int fstat(int, struct stat *);
int fstatat(int, const char *__restrict, struct stat *__restrict, int);
int lstat(const char *__restrict, struct stat *__restrict);
int stat(const char *__restrict, struct stat *__restrict);
int mkdir(const char *, mode_t);
int mkdirat(int, const char *, mode_t);
int mkfifo(const char *, mode_t);
int mkfifoat(int, const char *, mode_t);
int mknod(const char *, mode_t, dev_t);
int mknodat(int, const char *, mode_t, dev_t);
mode_t umask(mode_t);
int utimensat(int, const char *, const struct timespec [2], int);
int futimens(int, const struct timespec [2]);
#if __MISC_VISIBLE
int lchmod(const char *, mode_t);
#endif
#ifdef _COMPILING_NEWLIB
int _fstat(int, struct stat *);
int _stat(const char *__restrict, struct stat *__restrict);
int _mkdir(const char *, mode_t);
#endif
__END_DECLS

#endif /* _SYS_STAT_H */
