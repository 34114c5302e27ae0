/* sysconf, pathconf, confstr: what a program may ask about the system instead of guessing. */
#include "osier.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

int getpagesize(void)
{
	return 4096;
}

int getdtablesize(void)
{
	return (int)sysconf(_SC_OPEN_MAX);
}

/* /proc/stat has a line "cpuN ..." for each; one where it cannot be read. */
static int count_cpus(void)
{
	char buf[4096];
	int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t n;

	if (fd < 0)
		return 1;
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	if (n <= 0)
		return 1;
	buf[n] = 0;
	for (char *line = buf; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (!strncmp(line, "cpu", 3) && line[3] >= '0' && line[3] <= '9')
			count++;
	}
	return count ? count : 1;
}

int get_nprocs(void)
{
	return count_cpus();
}

int get_nprocs_conf(void)
{
	return count_cpus();
}

static long limit(int which)
{
	struct rlimit l;

	if (getrlimit(which, &l) < 0 || l.rlim_cur == RLIM_INFINITY)
		return -1;
	return (long)l.rlim_cur;
}

static int invalid(void)
{
	errno = EINVAL;
	return -1;
}

long sysconf(int name)
{
	switch (name) {
	case _SC_ARG_MAX:		return ARG_MAX;
	case _SC_CHILD_MAX:		return limit(RLIMIT_NPROC);
	case _SC_CLK_TCK:		return 100;
	case _SC_NGROUPS_MAX:		return NGROUPS_MAX;
	case _SC_OPEN_MAX:		return limit(RLIMIT_NOFILE);
	case _SC_PAGESIZE:		return 4096;
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:	return count_cpus();
	case _SC_PHYS_PAGES:		return get_phys_pages();
	case _SC_AVPHYS_PAGES:		return get_avphys_pages();
	case _SC_JOB_CONTROL:
	case _SC_SAVED_IDS:
	case _SC_REGEXP:
	case _SC_SHELL:			return 1;
	case _SC_VERSION:		return _POSIX_VERSION;
	case _SC_2_VERSION:
	case _SC_2_C_BIND:		return _POSIX2_VERSION;
	case _SC_XOPEN_VERSION:		return _XOPEN_VERSION;
	case _SC_XOPEN_SHM:
	case _SC_V7_LP64_OFF64:		return 1;
	case _SC_FSYNC:
	case _SC_MAPPED_FILES:
	case _SC_MEMLOCK:
	case _SC_MEMLOCK_RANGE:
	case _SC_MEMORY_PROTECTION:
	case _SC_REALTIME_SIGNALS:
	case _SC_SEMAPHORES:
	case _SC_SHARED_MEMORY_OBJECTS:
	case _SC_SYNCHRONIZED_IO:
	case _SC_TIMERS:
	case _SC_THREADS:
	case _SC_THREAD_ATTR_STACKADDR:
	case _SC_THREAD_ATTR_STACKSIZE:
	case _SC_THREAD_PROCESS_SHARED:
	case _SC_THREAD_SAFE_FUNCTIONS:
	case _SC_THREAD_CPUTIME:
	case _SC_CPUTIME:
	case _SC_ADVISORY_INFO:
	case _SC_BARRIERS:
	case _SC_CLOCK_SELECTION:
	case _SC_MONOTONIC_CLOCK:
	case _SC_READER_WRITER_LOCKS:
	case _SC_SPAWN:
	case _SC_SPIN_LOCKS:
	case _SC_TIMEOUTS:		return 200809L;
	case _SC_RTSIG_MAX:		return RTSIG_MAX;
	case _SC_SEM_NSEMS_MAX:		return SEM_NSEMS_MAX;
	case _SC_SEM_VALUE_MAX:		return SEM_VALUE_MAX;
	case _SC_SIGQUEUE_MAX:		return SIGQUEUE_MAX;
	case _SC_TIMER_MAX:		return TIMER_MAX;
	case _SC_DELAYTIMER_MAX:	return DELAYTIMER_MAX;
	case _SC_TZNAME_MAX:		return TZNAME_MAX;
	case _SC_THREAD_KEYS_MAX:	return PTHREAD_KEYS_MAX;
	case _SC_THREAD_STACK_MIN:	return PTHREAD_STACK_MIN;
	case _SC_THREAD_THREADS_MAX:	return PTHREAD_THREADS_MAX;
	case _SC_THREAD_DESTRUCTOR_ITERATIONS: return PTHREAD_DESTRUCTOR_ITERATIONS;
	case _SC_TTY_NAME_MAX:		return TTY_NAME_MAX;
	case _SC_GETGR_R_SIZE_MAX:
	case _SC_GETPW_R_SIZE_MAX:	return 1024;
	case _SC_LOGIN_NAME_MAX:	return LOGIN_NAME_MAX;
	case _SC_HOST_NAME_MAX:		return HOST_NAME_MAX;
	case _SC_ATEXIT_MAX:		return ATEXIT_MAX;
	case _SC_BC_BASE_MAX:		return BC_BASE_MAX;
	case _SC_BC_DIM_MAX:		return BC_DIM_MAX;
	case _SC_BC_SCALE_MAX:		return BC_SCALE_MAX;
	case _SC_BC_STRING_MAX:		return BC_STRING_MAX;
	case _SC_COLL_WEIGHTS_MAX:	return COLL_WEIGHTS_MAX;
	case _SC_EXPR_NEST_MAX:		return EXPR_NEST_MAX;
	case _SC_IOV_MAX:		return IOV_MAX;
	case _SC_LINE_MAX:		return LINE_MAX;
	case _SC_RE_DUP_MAX:		return RE_DUP_MAX;
	case _SC_STREAM_MAX:		return STREAM_MAX;
	case _SC_SYMLOOP_MAX:		return SYMLOOP_MAX;
	}
	/* What is not offered is -1 with errno kept; an unknown name is an error. */
	if (name >= 0 && name <= _SC_POSIX_26_VERSION)
		return -1;
	return invalid();
}

/* => st is what the name refers to, for the few answers that depend on it. */
static long path_limit(int name, const struct statvfs *st)
{
	switch (name) {
	case _PC_LINK_MAX:		return LINK_MAX;
	case _PC_MAX_CANON:		return MAX_CANON;
	case _PC_MAX_INPUT:		return MAX_INPUT;
	case _PC_NAME_MAX:		return st->f_namemax ? (long)st->f_namemax : NAME_MAX;
	case _PC_PATH_MAX:		return PATH_MAX;
	case _PC_PIPE_BUF:		return PIPE_BUF;
	case _PC_CHOWN_RESTRICTED:
	case _PC_NO_TRUNC:
	case _PC_2_SYMLINKS:
	case _PC_SYNC_IO:		return 1;
	case _PC_VDISABLE:		return 0;
	case _PC_FILESIZEBITS:		return 64;
	case _PC_SYMLINK_MAX:		return PATH_MAX - 1;
	case _PC_ALLOC_SIZE_MIN:
	case _PC_REC_MIN_XFER_SIZE:
	case _PC_REC_XFER_ALIGN:	return st->f_bsize ? (long)st->f_bsize : 4096;
	case _PC_TIMESTAMP_RESOLUTION:	return 1;
	case _PC_ASYNC_IO:
	case _PC_PRIO_IO:
	case _PC_REC_INCR_XFER_SIZE:
	case _PC_REC_MAX_XFER_SIZE:	return -1;
	}
	return invalid();
}

long pathconf(const char *path, int name)
{
	struct statvfs st;

	if (statvfs(path, &st) < 0)
		return -1;
	return path_limit(name, &st);
}

long fpathconf(int fd, int name)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0) {
		if (errno == EBADF)
			return -1;
		memset(&st, 0, sizeof st);
	}
	return path_limit(name, &st);
}

size_t confstr(int name, char *buf, size_t size)
{
	const char *value;
	size_t length;

	switch (name) {
	case _CS_PATH:
		value = "/usr/bin:/bin";
		break;
	case _CS_POSIX_V7_WIDTH_RESTRICTED_ENVS:
		value = "POSIX_V7_LP64_OFF64";
		break;
	case _CS_V7_ENV:
		value = "POSIXLY_CORRECT=1";
		break;
	default:
		if (name < 0 || name > _CS_V7_ENV) {
			errno = EINVAL;
			return 0;
		}
		value = "";
	}
	length = strlen(value) + 1;
	if (size) {
		size_t n = length < size ? length : size;

		memcpy(buf, value, n);
		buf[n - 1] = 0;
	}
	return length;
}
