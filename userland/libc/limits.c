/* Resource limits, usage, priorities. */
#include "osier.h"
#include <unistd.h>
#include <sys/resource.h>

int getrlimit(int which, struct rlimit *limit)
{
	return (int)call(SYS_prlimit, 0, which, NULL, limit);
}

int setrlimit(int which, const struct rlimit *limit)
{
	return (int)call(SYS_prlimit, 0, which, limit, NULL);
}

int prlimit(pid_t pid, int which, const struct rlimit *new, struct rlimit *old)
{
	return (int)call(SYS_prlimit, pid, which, new, old);
}

int getrusage(int who, struct rusage *usage)
{
	return (int)call(SYS_getrusage, who, usage);
}

int getpriority(int which, id_t who)
{
	long value = call(SYS_getpriority, which, who);

	return value < 0 ? -1 : (int)(20 - value);
}

int setpriority(int which, id_t who, int nice)
{
	return (int)call(SYS_setpriority, which, who, nice);
}

int nice(int increment)
{
	int value;

	errno = 0;
	value = getpriority(PRIO_PROCESS, 0);
	if (value == -1 && errno)
		return -1;
	value += increment;
	if (value < -20)
		value = -20;
	if (value > 19)
		value = 19;
	if (setpriority(PRIO_PROCESS, 0, value) < 0) {
		if (errno == EACCES)
			errno = EPERM;
		return -1;
	}
	return value;
}
