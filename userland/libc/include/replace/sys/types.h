/* POSIX types: all those that cross the system call boundary come from the ABI. */
#ifndef _SYS_TYPES_H
#define _SYS_TYPES_H

#include <_ansi.h>
#include <sys/cdefs.h>
#include <machine/endian.h>
#include <sys/_types.h>
#include <sys/_stdint.h>
#include <stddef.h>
#include <osier/abi/types.h>

#if __MISC_VISIBLE
#ifndef _BSDTYPES_DEFINED
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
#define __u_char_defined
#define __u_short_defined
#define __u_int_defined
#define __u_long_defined
#define _BSDTYPES_DEFINED
#endif
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
#endif

typedef __uint8_t u_int8_t;
typedef __uint16_t u_int16_t;
typedef __uint32_t u_int32_t;
typedef __uint64_t u_int64_t;
typedef __uint64_t u_quad_t;
typedef __int64_t quad_t;
typedef __intptr_t register_t;
typedef __int64_t loff_t;
#define __BIT_TYPES_DEFINED__ 1

#ifndef __daddr_t_defined
typedef long daddr_t;
#define __daddr_t_defined
#endif
#ifndef __caddr_t_defined
typedef char *caddr_t;
#define __caddr_t_defined
#endif

#include <sys/features.h>
#include <sys/_pthreadtypes.h>

#if __MISC_VISIBLE
#include <sys/sysmacros.h>
#endif

/* Last: a program's own <sys/select.h> may lead back here, and then wants all types. */
#if __BSD_VISIBLE
#include <sys/select.h>
#endif

#endif /* _SYS_TYPES_H */
