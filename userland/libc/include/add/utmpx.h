/* Who is logged in: records in /var/run/utmp. */
#ifndef _UTMPX_H
#define _UTMPX_H

#include <sys/types.h>
#include <sys/time.h>

#define EMPTY		0
#define RUN_LVL		1
#define BOOT_TIME	2
#define NEW_TIME	3
#define OLD_TIME	4
#define INIT_PROCESS	5
#define LOGIN_PROCESS	6
#define USER_PROCESS	7
#define DEAD_PROCESS	8

#define UT_LINESIZE	32
#define UT_NAMESIZE	32
#define UT_HOSTSIZE	256

#define _PATH_UTMP	"/var/run/utmp"
#define _PATH_WTMP	"/var/log/wtmp"
#define _PATH_UTMPX	_PATH_UTMP
#define _PATH_WTMPX	_PATH_WTMP
#define UTMP_FILE	_PATH_UTMP
#define WTMP_FILE	_PATH_WTMP
#define UTMPX_FILE	_PATH_UTMP
#define WTMPX_FILE	_PATH_WTMP

struct __exit_status {
	short e_termination;
	short e_exit;
};

struct utmpx {
	short ut_type;
	pid_t ut_pid;
	char ut_line[UT_LINESIZE];
	char ut_id[4];
	char ut_user[UT_NAMESIZE];
	char ut_host[UT_HOSTSIZE];
	struct __exit_status ut_exit;
	int ut_session;
	struct timeval ut_tv;
	char __ut_spare[16];
};

#include <sys/cdefs.h>

__BEGIN_DECLS
void endutxent(void);
struct utmpx *getutxent(void);
struct utmpx *getutxid(const struct utmpx *);
struct utmpx *getutxline(const struct utmpx *);
struct utmpx *pututxline(const struct utmpx *);
void setutxent(void);
#if __MISC_VISIBLE
int utmpxname(const char *);
void updwtmpx(const char *, const struct utmpx *);
#endif
__END_DECLS

#endif /* _UTMPX_H */
