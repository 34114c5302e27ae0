/* Random bytes from the kernel. */
#ifndef _SYS_RANDOM_H
#define _SYS_RANDOM_H

#include <sys/types.h>
#include <osier/abi/random.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
ssize_t getrandom(void *, size_t, unsigned int);
int getentropy(void *, size_t);
__END_DECLS

#endif /* _SYS_RANDOM_H */
