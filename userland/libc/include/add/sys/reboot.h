/* Rebooting and powering off. */
#ifndef _SYS_REBOOT_H
#define _SYS_REBOOT_H

#include <osier/abi/reboot.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int reboot(int);
__END_DECLS

#endif /* _SYS_REBOOT_H */
