/* The old name of <utmpx.h>. */
#ifndef _UTMP_H
#define _UTMP_H

#include <utmpx.h>

#define utmp utmpx
#define ut_name ut_user
#define ut_time ut_tv.tv_sec

#endif /* _UTMP_H */
