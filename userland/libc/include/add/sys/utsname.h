/* uname(). */
#ifndef _SYS_UTSNAME_H
#define _SYS_UTSNAME_H

#include <osier/abi/utsname.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int uname(struct utsname *);
__END_DECLS

#endif /* _SYS_UTSNAME_H */
