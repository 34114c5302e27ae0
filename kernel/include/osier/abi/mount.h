/*
 * mount(2), umount(2).
 */
#ifndef OSIER_ABI_MOUNT_H
#define OSIER_ABI_MOUNT_H

#define MS_RDONLY	1
#define MS_NOSUID	2
#define MS_NODEV	4
#define MS_NOEXEC	8
#define MS_SYNCHRONOUS	16
#define MS_REMOUNT	32
#define MS_NOATIME	1024

#define MNT_FORCE	1
#define MNT_DETACH	2

#endif /* OSIER_ABI_MOUNT_H */
