/*
 * Addresses of Unix-domain sockets.
 */
#ifndef OSIER_ABI_UN_H
#define OSIER_ABI_UN_H

#include <osier/abi/socket.h>

struct sockaddr_un {
	sa_family_t sun_family;
	char sun_path[108];
};

#endif /* OSIER_ABI_UN_H */
