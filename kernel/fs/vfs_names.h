/*
 * What the files that change names share. Private to vfs_*.c.
 */
#ifndef OSIER_FS_VFS_NAMES_H
#define OSIER_FS_VFS_NAMES_H

struct inode;

/* In a sticky directory only the file's owner, the directory's and the superuser remove names. => 0 or -EPERM. */
int vfs_check_sticky(const struct inode *directory, const struct inode *inode);

#endif
