/* The auxiliary vector. */
#ifndef _SYS_AUXV_H
#define _SYS_AUXV_H

#include <osier/abi/auxv.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
unsigned long getauxval(unsigned long);
__END_DECLS

#endif /* _SYS_AUXV_H */
