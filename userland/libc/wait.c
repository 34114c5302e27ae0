/* Waiting for children. */
#include "osier.h"
#include <sys/wait.h>

pid_t wait(int *status)
{
	return (pid_t)cancel_call(SYS_wait4, -1, status, 0, NULL);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return (pid_t)cancel_call(SYS_wait4, pid, status, options, NULL);
}

pid_t wait3(int *status, int options, struct rusage *usage)
{
	return (pid_t)cancel_call(SYS_wait4, -1, status, options, usage);
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	return (pid_t)cancel_call(SYS_wait4, pid, status, options, usage);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	return (int)cancel_call(SYS_waitid, type, id, info, options, NULL);
}
