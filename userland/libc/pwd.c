/* The user database, /etc/passwd: name:password:uid:gid:comment:home:shell. */
#include "database.h"
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define LINE 1024

/* => 1 with an entry, 0 at the end, -errno. Malformed lines are skipped. */
static int next_entry(struct database *db, struct passwd *pw, char *buf, size_t size)
{
	char *field[7];
	int got;

	while ((got = __osier_database_line(db, buf, size)) == 1) {
		if (__osier_database_split(buf, field, 7) != 7 || !*field[0] ||
		    __osier_database_number(field[2], &pw->pw_uid) < 0 ||
		    __osier_database_number(field[3], &pw->pw_gid) < 0)
			continue;
		pw->pw_name = field[0];
		pw->pw_passwd = field[1];
		pw->pw_comment = pw->pw_gecos = field[4];
		pw->pw_dir = field[5];
		pw->pw_shell = field[6];
		return 1;
	}
	return got;
}

static int find(const char *name, uid_t uid, struct passwd *pw, char *buf, size_t size,
		struct passwd **out)
{
	struct database db = { .path = "/etc/passwd", .fd = -1 };
	int got;

	*out = NULL;
	while ((got = next_entry(&db, pw, buf, size)) == 1) {
		if (name ? !strcmp(pw->pw_name, name) : pw->pw_uid == uid) {
			*out = pw;
			got = 0;
			break;
		}
	}
	__osier_database_rewind(&db);
	/* A database that is not there has no entries. */
	return got == -ENOENT ? 0 : -got;
}

int getpwnam_r(const char *name, struct passwd *pw, char *buf, size_t size, struct passwd **out)
{
	return find(name, 0, pw, buf, size, out);
}

int getpwuid_r(uid_t uid, struct passwd *pw, char *buf, size_t size, struct passwd **out)
{
	return find(NULL, uid, pw, buf, size, out);
}

static struct passwd entry;
static char line[LINE];

struct passwd *getpwnam(const char *name)
{
	struct passwd *out;
	int error = find(name, 0, &entry, line, sizeof line, &out);

	if (error)
		errno = error;
	return out;
}

struct passwd *getpwuid(uid_t uid)
{
	struct passwd *out;
	int error = find(NULL, uid, &entry, line, sizeof line, &out);

	if (error)
		errno = error;
	return out;
}

static struct database all = { .path = "/etc/passwd", .fd = -1 };

struct passwd *getpwent(void)
{
	int got;

	do
		got = next_entry(&all, &entry, line, sizeof line);
	while (got == -ERANGE);
	if (got < 0)
		errno = -got;
	return got == 1 ? &entry : NULL;
}

void setpwent(void)
{
	__osier_database_rewind(&all);
}

void endpwent(void)
{
	__osier_database_rewind(&all);
}

int setpassent(int stay_open)
{
	setpwent();
	return 1;
}
