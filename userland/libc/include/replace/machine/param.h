/* Page size and clock tick for <sys/param.h>. */
#ifndef _MACHINE_PARAM_H
#define _MACHINE_PARAM_H

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096
#define HZ		100
#define NOFILE		1024
#define PATHSIZE	4096
#define NODEV		((dev_t)-1)
#define MAXSYMLINKS	40
#define MAXHOSTNAMELEN	65
#define NGROUPS		64
#define NCARGS		(2 * 1024 * 1024)
#define DEV_BSIZE	512
#define roundup(x, y)	((((x) + ((y) - 1)) / (y)) * (y))
#define powerof2(x)	((((x) - 1) & (x)) == 0)
#define setbit(a, i)	((a)[(i) / 8] |= 1 << ((i) % 8))
#define clrbit(a, i)	((a)[(i) / 8] &= ~(1 << ((i) % 8)))
#define isset(a, i)	((a)[(i) / 8] & (1 << ((i) % 8)))
#define isclr(a, i)	(((a)[(i) / 8] & (1 << ((i) % 8))) == 0)

#endif /* _MACHINE_PARAM_H */
