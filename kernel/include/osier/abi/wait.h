/*
 * wait4(2), waitid(2): options and the status word. Linux encoding.
 */
#ifndef OSIER_ABI_WAIT_H
#define OSIER_ABI_WAIT_H

#include <osier/abi/types.h>

#define WNOHANG		0x00000001
#define WUNTRACED	0x00000002
#define WSTOPPED	0x00000002
#define WEXITED		0x00000004
#define WCONTINUED	0x00000008
#define WNOWAIT		0x01000000

#define WEXITSTATUS(s)	(((s) & 0xff00) >> 8)
#define WTERMSIG(s)	((s) & 0x7f)
#define WSTOPSIG(s)	WEXITSTATUS(s)
#define WIFEXITED(s)	(WTERMSIG(s) == 0)
#define WIFSIGNALED(s)	(((s) & 0xffff) - 1U < 0xffU)
#define WIFSTOPPED(s)	((short)((((s) & 0xffff) * 0x10001U) >> 8) > 0x7f00)
#define WIFCONTINUED(s)	((s) == 0xffff)
#define WCOREDUMP(s)	((s) & 0x80)
#define W_EXITCODE(ret, sig)	((ret) << 8 | (sig))
#define W_STOPCODE(sig)	((sig) << 8 | 0x7f)

typedef enum { P_ALL = 0, P_PID = 1, P_PGID = 2 } idtype_t;

#endif /* OSIER_ABI_WAIT_H */
