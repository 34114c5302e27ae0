/* Operations on the calling process. */
#ifndef _SYS_PRCTL_H
#define _SYS_PRCTL_H

#include <osier/abi/prctl.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int prctl(int, ...);
__END_DECLS

#endif /* _SYS_PRCTL_H */
