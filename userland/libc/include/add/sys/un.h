/* Addresses of Unix-domain sockets. */
#ifndef _SYS_UN_H
#define _SYS_UN_H

#include <sys/socket.h>
#include <string.h>
#include <osier/abi/un.h>

#define SUN_LEN(un) \
	(__builtin_offsetof(struct sockaddr_un, sun_path) + strlen((un)->sun_path))

#endif /* _SYS_UN_H */
