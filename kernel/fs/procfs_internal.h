/* For vfs_init.c. */
#ifndef OSIER_FS_PROCFS_INTERNAL_H
#define OSIER_FS_PROCFS_INTERNAL_H

void procfs_init(void);

#endif
