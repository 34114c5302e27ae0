/*
 * Vectors of readv(2), writev(2), sendmsg(2).
 */
#ifndef OSIER_ABI_UIO_H
#define OSIER_ABI_UIO_H

#include <osier/abi/types.h>

struct iovec {
	void *iov_base;
	size_t iov_len;
};
#define UIO_MAXIOV	1024

#endif /* OSIER_ABI_UIO_H */
