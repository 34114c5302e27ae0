/* Sockets. */
#include "osier.h"
#include <sys/socket.h>

int socket(int domain, int type, int protocol)
{
	return (int)call(SYS_socket, domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
	return (int)call(SYS_socketpair, domain, type, protocol, fds);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)call(SYS_bind, fd, address, length);
}

int listen(int fd, int backlog)
{
	return (int)call(SYS_listen, fd, backlog);
}

int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
	return (int)cancel_call(SYS_accept, fd, address, length, 0);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
	return (int)cancel_call(SYS_accept, fd, address, length, flags);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)cancel_call(SYS_connect, fd, address, length);
}

ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *address,
	       socklen_t length)
{
	return cancel_call(SYS_sendto, fd, buf, n, flags, address, length);
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	return cancel_call(SYS_sendto, fd, buf, n, flags, NULL, 0);
}

ssize_t recvfrom(int fd, void *restrict buf, size_t n, int flags,
		 struct sockaddr *restrict address, socklen_t *restrict length)
{
	return cancel_call(SYS_recvfrom, fd, buf, n, flags, address, length);
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	return cancel_call(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return cancel_call(SYS_sendmsg, fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return cancel_call(SYS_recvmsg, fd, message, flags);
}

int shutdown(int fd, int how)
{
	return (int)call(SYS_shutdown, fd, how);
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict length)
{
	return (int)call(SYS_getsockopt, fd, level, name, value, length);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)call(SYS_setsockopt, fd, level, name, value, length);
}

int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
	return (int)call(SYS_getsockname, fd, address, length);
}

int getpeername(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
	return (int)call(SYS_getpeername, fd, address, length);
}

/* There is no out-of-band data on Unix sockets, so never a mark to be at. */
int sockatmark(int fd)
{
	int type;
	socklen_t length = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ? -1 : 0;
}
