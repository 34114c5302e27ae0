/* times(). */
#ifndef _SYS_TIMES_H
#define _SYS_TIMES_H

#include <sys/types.h>
#include <osier/abi/time.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
clock_t times(struct tms *);
#ifdef _COMPILING_NEWLIB
clock_t _times(struct tms *);
#endif
__END_DECLS

#endif /* _SYS_TIMES_H */
