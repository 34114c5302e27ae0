/* major(), minor(), makedev(). */
#ifndef _SYS_SYSMACROS_H
#define _SYS_SYSMACROS_H

#include <osier/abi/sysmacros.h>

#define major(d)	OSIER_MAJOR(d)
#define minor(d)	OSIER_MINOR(d)
#define makedev(ma, mi)	OSIER_MKDEV(ma, mi)

#endif /* _SYS_SYSMACROS_H */
