/* poll(). */
#ifndef _POLL_H
#define _POLL_H

#include <sys/types.h>
#include <sys/_timespec.h>
#include <sys/_sigset.h>
#include <osier/abi/poll.h>

#ifndef _SIGSET_T_DECLARED
#define _SIGSET_T_DECLARED
typedef __sigset_t sigset_t;
#endif

#include <sys/cdefs.h>

__BEGIN_DECLS
int poll(struct pollfd *, nfds_t, int);
int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
__END_DECLS

#endif /* _POLL_H */
