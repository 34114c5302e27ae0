/*
 * The scalar types that cross the system call boundary. The guards are newlib's own, so that
 * its headers and these can be included in any order.
 */
#ifndef OSIER_ABI_TYPES_H
#define OSIER_ABI_TYPES_H

#ifndef _DEV_T_DECLARED
typedef unsigned long dev_t;
#define _DEV_T_DECLARED
#endif
#ifndef _INO_T_DECLARED
typedef unsigned long ino_t;
#define _INO_T_DECLARED
#endif
#ifndef _NLINK_T_DECLARED
typedef unsigned long nlink_t;
#define _NLINK_T_DECLARED
#endif
#ifndef _MODE_T_DECLARED
typedef unsigned int mode_t;
#define _MODE_T_DECLARED
#endif
#ifndef _UID_T_DECLARED
typedef unsigned int uid_t;
#define _UID_T_DECLARED
#endif
#ifndef _GID_T_DECLARED
typedef unsigned int gid_t;
#define _GID_T_DECLARED
#endif
#ifndef _ID_T_DECLARED
typedef unsigned int id_t;
#define _ID_T_DECLARED
#endif
#ifndef _PID_T_DECLARED
typedef int pid_t;
#define _PID_T_DECLARED
#endif
#ifndef _OFF_T_DECLARED
typedef long off_t;
#define _OFF_T_DECLARED
#endif
#ifndef _SSIZE_T_DECLARED
typedef long ssize_t;
#define _SSIZE_T_DECLARED
#endif
#ifndef _BLKSIZE_T_DECLARED
typedef long blksize_t;
#define _BLKSIZE_T_DECLARED
#endif
#ifndef _BLKCNT_T_DECLARED
typedef long blkcnt_t;
#define _BLKCNT_T_DECLARED
#endif
#ifndef _FSBLKCNT_T_DECLARED
typedef unsigned long fsblkcnt_t;
typedef unsigned long fsfilcnt_t;
#define _FSBLKCNT_T_DECLARED
#endif
#ifndef _KEY_T_DECLARED
typedef int key_t;
#define _KEY_T_DECLARED
#endif
#ifndef _SUSECONDS_T_DECLARED
typedef long suseconds_t;
#define _SUSECONDS_T_DECLARED
#endif
#ifndef _USECONDS_T_DECLARED
typedef unsigned int useconds_t;
#define _USECONDS_T_DECLARED
#endif
#if !defined(__time_t_defined) && !defined(_TIME_T_DECLARED)
typedef long time_t;
#define __time_t_defined
#define _TIME_T_DECLARED
#endif
#if !defined(__clock_t_defined) && !defined(_CLOCK_T_DECLARED)
typedef unsigned long clock_t;
#define __clock_t_defined
#define _CLOCK_T_DECLARED
#endif
#if !defined(__clockid_t_defined) && !defined(_CLOCKID_T_DECLARED)
typedef unsigned long clockid_t;
#define __clockid_t_defined
#define _CLOCKID_T_DECLARED
#endif
#if !defined(__timer_t_defined) && !defined(_TIMER_T_DECLARED)
typedef unsigned long timer_t;
#define __timer_t_defined
#define _TIMER_T_DECLARED
#endif
#ifndef _SIZE_T_DECLARED
typedef __SIZE_TYPE__ size_t;
#define _SIZE_T_DECLARED
#endif

#endif /* OSIER_ABI_TYPES_H */
