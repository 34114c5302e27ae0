/* Figures on the whole system. */
#ifndef _SYS_SYSINFO_H
#define _SYS_SYSINFO_H

#include <osier/abi/sysinfo.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int sysinfo(struct sysinfo *);
int get_nprocs(void);
int get_nprocs_conf(void);
long get_phys_pages(void);
long get_avphys_pages(void);
__END_DECLS

#endif /* _SYS_SYSINFO_H */
