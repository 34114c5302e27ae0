/*
 * What the system calls itself.
 */
#ifndef OSIER_PROC_SYSTEM_NAME_H
#define OSIER_PROC_SYSTEM_NAME_H

#include <osier/abi/utsname.h>

void system_name(struct utsname *);
/* At most HOST_NAME_MAX_LEN bytes. */
void system_set_host_name(const char *);

#endif
