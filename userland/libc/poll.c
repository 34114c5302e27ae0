/* Waiting for descriptors. */
#include "osier.h"
#include <poll.h>
#include <sys/select.h>

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec ts;

	if (timeout)
		ts = *timeout;		/* the kernel may write what is left */
	return (int)cancel_call(SYS_ppoll, fds, n, timeout ? &ts : NULL, mask);
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	return (int)cancel_call(SYS_ppoll, fds, n, ms < 0 ? NULL : &ts, NULL);
}

int pselect(int n, fd_set *restrict r, fd_set *restrict w, fd_set *restrict e,
	    const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
	struct timespec ts;

	if (timeout)
		ts = *timeout;
	return (int)cancel_call(SYS_pselect, n, r, w, e, timeout ? &ts : NULL, mask);
}

int select(int n, fd_set *restrict r, fd_set *restrict w, fd_set *restrict e,
	   struct timeval *restrict timeout)
{
	struct timespec ts;

	if (timeout) {
		if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
			errno = EINVAL;
			return -1;
		}
		ts.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
		ts.tv_nsec = timeout->tv_usec % 1000000 * 1000;
	}
	return (int)cancel_call(SYS_pselect, n, r, w, e, timeout ? &ts : NULL, NULL);
}
