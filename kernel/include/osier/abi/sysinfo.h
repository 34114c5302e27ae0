/*
 * sysinfo(2). Linux layout.
 */
#ifndef OSIER_ABI_SYSINFO_H
#define OSIER_ABI_SYSINFO_H

struct sysinfo {
	long uptime;			/* seconds */
	unsigned long loads[3];		/* 1, 5, 15 minutes, times 65536 */
	unsigned long totalram;		/* in units of mem_unit bytes, as all sizes here */
	unsigned long freeram;
	unsigned long sharedram;
	unsigned long bufferram;
	unsigned long totalswap;
	unsigned long freeswap;
	unsigned short procs;
	unsigned short pad;
	unsigned long totalhigh;
	unsigned long freehigh;
	unsigned int mem_unit;
};

#endif /* OSIER_ABI_SYSINFO_H */
