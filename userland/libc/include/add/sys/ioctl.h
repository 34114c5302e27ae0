/* Device control. */
#ifndef _SYS_IOCTL_H
#define _SYS_IOCTL_H

#include <sys/types.h>
#include <osier/abi/ioctl.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int ioctl(int, unsigned long, ...);
__END_DECLS

#endif /* _SYS_IOCTL_H */
