/* newlib's <sys/unistd.h> and what it leaves out. */
#ifndef _UNISTD_H
#define _UNISTD_H

#include <sys/unistd.h>
#include <sys/features.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
int chroot(const char *);
char *ctermid(char *);
int lchown(const char *, uid_t, gid_t);
void swab(const void *__restrict, void *__restrict, ssize_t);
#if __MISC_VISIBLE || __XSI_VISIBLE
char *crypt(const char *, const char *);
pid_t getpgid(pid_t);
pid_t getsid(pid_t);
pid_t vfork(void);
int getdomainname(char *, size_t);
int brk(void *);
int syncfs(int);
int getresuid(uid_t *, uid_t *, uid_t *);
int getresgid(gid_t *, gid_t *, gid_t *);
int setresuid(uid_t, uid_t, uid_t);
int setresgid(gid_t, gid_t, gid_t);
int setregid(gid_t, gid_t);
int setreuid(uid_t, uid_t);
pid_t gettid(void);
long syscall(long, ...);
#endif

#define F_ULOCK	0
#define F_LOCK	1
#define F_TLOCK	2
#define F_TEST	3
int lockf(int, int, off_t);

/* confstr() names */
#define _CS_PATH			0
#define _CS_POSIX_V7_ILP32_OFF32_CFLAGS	1
#define _CS_POSIX_V7_ILP32_OFF32_LDFLAGS 2
#define _CS_POSIX_V7_ILP32_OFF32_LIBS	3
#define _CS_POSIX_V7_ILP32_OFFBIG_CFLAGS 4
#define _CS_POSIX_V7_ILP32_OFFBIG_LDFLAGS 5
#define _CS_POSIX_V7_ILP32_OFFBIG_LIBS	6
#define _CS_POSIX_V7_LP64_OFF64_CFLAGS	7
#define _CS_POSIX_V7_LP64_OFF64_LDFLAGS	8
#define _CS_POSIX_V7_LP64_OFF64_LIBS	9
#define _CS_POSIX_V7_LPBIG_OFFBIG_CFLAGS 10
#define _CS_POSIX_V7_LPBIG_OFFBIG_LDFLAGS 11
#define _CS_POSIX_V7_LPBIG_OFFBIG_LIBS	12
#define _CS_POSIX_V7_THREADS_CFLAGS	13
#define _CS_POSIX_V7_THREADS_LDFLAGS	14
#define _CS_POSIX_V7_WIDTH_RESTRICTED_ENVS 15
#define _CS_V7_ENV			16
__END_DECLS

#endif /* _UNISTD_H */
