/*
 * pselect(2): descriptor sets of FD_SETSIZE bits in 64-bit words.
 */
#ifndef OSIER_ABI_SELECT_H
#define OSIER_ABI_SELECT_H

#include <osier/abi/types.h>

#define FD_SETSIZE	1024

typedef unsigned long fd_mask;
#define NFDBITS		(8 * (int)sizeof(fd_mask))

typedef struct {
	fd_mask fds_bits[FD_SETSIZE / (8 * sizeof(fd_mask))];
} fd_set;

#define FD_SET(n, p)	((p)->fds_bits[(n) / NFDBITS] |= 1UL << ((n) % NFDBITS))
#define FD_CLR(n, p)	((p)->fds_bits[(n) / NFDBITS] &= ~(1UL << ((n) % NFDBITS)))
#define FD_ISSET(n, p)	(((p)->fds_bits[(n) / NFDBITS] >> ((n) % NFDBITS)) & 1)
#define FD_ZERO(p)	__builtin_memset((p), 0, sizeof(fd_set))

#endif /* OSIER_ABI_SELECT_H */
