/* struct dirent and DIR; <dirent.h> declares the functions. */
#ifndef _SYS_DIRENT_H
#define _SYS_DIRENT_H

#include <sys/types.h>
#include <osier/abi/dirent.h>

typedef struct __dir DIR;

#define _DIRENT_HAVE_D_TYPE	1
#define _DIRENT_HAVE_D_RECLEN	1
#define _DIRENT_HAVE_D_OFF	1
#define d_fileno		d_ino
#define MAXNAMLEN		255

#endif /* _SYS_DIRENT_H */
