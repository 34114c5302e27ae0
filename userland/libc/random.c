/* Random bytes from the kernel. */
#include "osier.h"
#include <sys/random.h>

ssize_t getrandom(void *buf, size_t n, unsigned int flags)
{
	return call(SYS_getrandom, buf, n, flags);
}

int getentropy(void *buf, size_t n)
{
	if (n > 256) {
		errno = EIO;
		return -1;
	}
	while (n) {
		long got = raw(SYS_getrandom, buf, n, 0);

		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)result(got);
		buf = (char *)buf + got;
		n -= (size_t)got;
	}
	return 0;
}
