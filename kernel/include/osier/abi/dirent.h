/*
 * What getdents(2) writes: records of d_reclen bytes, a multiple of 8, d_name ends with a NUL.
 */
#ifndef OSIER_ABI_DIRENT_H
#define OSIER_ABI_DIRENT_H

#include <osier/abi/types.h>

#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10
#define DT_SOCK		12
#define DT_WHT		14

struct dirent {
	ino_t d_ino;
	off_t d_off;			/* cookie: lseek(fd, d_off, SEEK_SET) goes on after this entry */
	unsigned short d_reclen;
	unsigned char d_type;		/* DT_* */
	char d_name[256];		/* in a record only as long as needed */
};

#define IFTODT(mode)	(((mode) & 0170000) >> 12)
#define DTTOIF(type)	((type) << 12)

#endif /* OSIER_ABI_DIRENT_H */
