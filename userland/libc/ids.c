/* Who and where in the tree of processes: process, group, session, user and group numbers. */
#include "osier.h"
#include <grp.h>
#include <unistd.h>

pid_t getpid(void)
{
	return (pid_t)raw(SYS_getpid);
}

pid_t getppid(void)
{
	return (pid_t)raw(SYS_getppid);
}

pid_t gettid(void)
{
	return (pid_t)raw(SYS_gettid);
}

pid_t getpgid(pid_t pid)
{
	return (pid_t)call(SYS_getpgid, pid);
}

pid_t getpgrp(void)
{
	return (pid_t)raw(SYS_getpgid, 0);
}

int setpgid(pid_t pid, pid_t pgid)
{
	return (int)call(SYS_setpgid, pid, pgid);
}

int setpgrp(void)
{
	return (int)call(SYS_setpgid, 0, 0);
}

pid_t getsid(pid_t pid)
{
	return (pid_t)call(SYS_getsid, pid);
}

pid_t setsid(void)
{
	return (pid_t)call(SYS_setsid);
}

uid_t getuid(void)
{
	return (uid_t)raw(SYS_getuid);
}

uid_t geteuid(void)
{
	return (uid_t)raw(SYS_geteuid);
}

gid_t getgid(void)
{
	return (gid_t)raw(SYS_getgid);
}

gid_t getegid(void)
{
	return (gid_t)raw(SYS_getegid);
}

int getresuid(uid_t *r, uid_t *e, uid_t *s)
{
	return (int)call(SYS_getresuid, r, e, s);
}

int getresgid(gid_t *r, gid_t *e, gid_t *s)
{
	return (int)call(SYS_getresgid, r, e, s);
}

int setuid(uid_t uid)
{
	return (int)call(SYS_setuid, uid);
}

int setgid(gid_t gid)
{
	return (int)call(SYS_setgid, gid);
}

int seteuid(uid_t uid)
{
	return (int)call(SYS_setresuid, -1, uid, -1);
}

int setegid(gid_t gid)
{
	return (int)call(SYS_setresgid, -1, gid, -1);
}

int setreuid(uid_t r, uid_t e)
{
	return (int)call(SYS_setreuid, r, e);
}

int setregid(gid_t r, gid_t e)
{
	return (int)call(SYS_setregid, r, e);
}

int setresuid(uid_t r, uid_t e, uid_t s)
{
	return (int)call(SYS_setresuid, r, e, s);
}

int setresgid(gid_t r, gid_t e, gid_t s)
{
	return (int)call(SYS_setresgid, r, e, s);
}

int getgroups(int n, gid_t list[])
{
	return (int)call(SYS_getgroups, n, list);
}

int setgroups(int n, const gid_t *list)
{
	return (int)call(SYS_setgroups, n, list);
}

int issetugid(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}
