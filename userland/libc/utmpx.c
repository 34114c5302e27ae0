/* The table of logins, /var/run/utmp: fixed-size records. */
#include "osier.h"
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <utmpx.h>

static char path[PATH_MAX] = _PATH_UTMP;
static int file = -1;
static struct utmpx record;

int utmpxname(const char *name)
{
	if (strlen(name) >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	endutxent();
	strcpy(path, name);
	return 0;
}

void setutxent(void)
{
	if (file >= 0)
		lseek(file, 0, SEEK_SET);
}

void endutxent(void)
{
	if (file >= 0)
		close(file);
	file = -1;
}

struct utmpx *getutxent(void)
{
	if (file < 0) {
		file = open(path, O_RDWR | O_CLOEXEC);
		if (file < 0)
			file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			return NULL;
	}
	return read(file, &record, sizeof record) == sizeof record ? &record : NULL;
}

static int same_id(const struct utmpx *a, const struct utmpx *b)
{
	if (b->ut_type >= RUN_LVL && b->ut_type <= OLD_TIME)
		return a->ut_type == b->ut_type;
	return a->ut_type >= INIT_PROCESS && a->ut_type <= DEAD_PROCESS &&
	       !memcmp(a->ut_id, b->ut_id, sizeof a->ut_id);
}

struct utmpx *getutxid(const struct utmpx *want)
{
	struct utmpx *entry;

	while ((entry = getutxent())) {
		if (same_id(entry, want))
			return entry;
	}
	errno = ESRCH;
	return NULL;
}

struct utmpx *getutxline(const struct utmpx *want)
{
	struct utmpx *entry;

	while ((entry = getutxent())) {
		if ((entry->ut_type == USER_PROCESS || entry->ut_type == LOGIN_PROCESS) &&
		    !strncmp(entry->ut_line, want->ut_line, sizeof entry->ut_line))
			return entry;
	}
	errno = ESRCH;
	return NULL;
}

struct utmpx *pututxline(const struct utmpx *entry)
{
	struct utmpx copy = *entry;
	off_t where;

	endutxent();
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0)
		return NULL;
	if (getutxid(&copy))
		where = lseek(file, -(off_t)sizeof record, SEEK_CUR);
	else
		where = lseek(file, 0, SEEK_END);
	if (where < 0 || write(file, &copy, sizeof copy) != sizeof copy)
		return NULL;
	record = copy;
	return &record;
}

void updwtmpx(const char *name, const struct utmpx *entry)
{
	int fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd >= 0) {
		write(fd, entry, sizeof *entry);
		close(fd);
	}
}
