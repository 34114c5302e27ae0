/*
 * Limits that kernel and libc agree on.
 */
#ifndef OSIER_ABI_LIMITS_H
#define OSIER_ABI_LIMITS_H

#ifndef PATH_MAX
#define PATH_MAX	4096		/* with the NUL */
#endif
#ifndef NAME_MAX
#define NAME_MAX	255
#endif
#ifndef OPEN_MAX
#define OPEN_MAX	1024		/* default RLIMIT_NOFILE */
#endif
#ifndef ARG_MAX
#define ARG_MAX		(2 * 1024 * 1024)	/* arguments, environment and their pointers, bytes */
#endif
#ifndef NGROUPS_MAX
#define NGROUPS_MAX	64
#endif
#ifndef PIPE_BUF
#define PIPE_BUF	4096
#endif
#ifndef IOV_MAX
#define IOV_MAX		1024
#endif
#ifndef LINK_MAX
#define LINK_MAX	65000
#endif
#ifndef MAX_CANON
#define MAX_CANON	255
#endif
#ifndef MAX_INPUT
#define MAX_INPUT	4096
#endif
#ifndef HOST_NAME_MAX
#define HOST_NAME_MAX	64
#endif
#ifndef LOGIN_NAME_MAX
#define LOGIN_NAME_MAX	33
#endif
#ifndef SYMLOOP_MAX
#define SYMLOOP_MAX	40
#endif
#ifndef NZERO
#define NZERO		20
#endif

#endif /* OSIER_ABI_LIMITS_H */
