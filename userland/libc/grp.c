/* The group database, /etc/group: name:password:gid:member,member. */
#include "database.h"
#include <grp.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define LINE 4096

/* Parses buf in place; the member pointers go behind the text. => 0, -ERANGE, -EINVAL. */
static int parse(struct group *gr, char *buf, size_t size)
{
	size_t length = strlen(buf) + 1, n = 0;
	char **members, *field[4], *end = buf + size;

	members = (char **)(((uintptr_t)buf + length + 7) & ~(uintptr_t)7);
	if (__osier_database_split(buf, field, 4) != 4 || !*field[0] ||
	    __osier_database_number(field[2], &gr->gr_gid) < 0)
		return -EINVAL;
	for (char *p = field[3]; *p;) {
		char *comma = strchr(p, ',');

		if ((char *)(members + n + 2) > end)
			return -ERANGE;
		members[n++] = p;
		if (!comma)
			break;
		*comma = 0;
		p = comma + 1;
	}
	if ((char *)(members + n + 1) > end)
		return -ERANGE;
	members[n] = NULL;
	gr->gr_name = field[0];
	gr->gr_passwd = field[1];
	gr->gr_mem = members;
	return 0;
}

/* => 1 with an entry, 0 at the end, -errno. Malformed lines are skipped. */
static int next_entry(struct database *db, struct group *gr, char *buf, size_t size)
{
	int got;

	while ((got = __osier_database_line(db, buf, size)) == 1) {
		int error = parse(gr, buf, size);

		if (error == 0)
			return 1;
		if (error == -ERANGE)
			return error;
	}
	return got;
}

static int find(const char *name, gid_t gid, struct group *gr, char *buf, size_t size,
		struct group **out)
{
	struct database db = { .path = "/etc/group", .fd = -1 };
	int got;

	*out = NULL;
	while ((got = next_entry(&db, gr, buf, size)) == 1) {
		if (name ? !strcmp(gr->gr_name, name) : gr->gr_gid == gid) {
			*out = gr;
			got = 0;
			break;
		}
	}
	__osier_database_rewind(&db);
	return got == -ENOENT ? 0 : -got;
}

int getgrnam_r(const char *name, struct group *gr, char *buf, size_t size, struct group **out)
{
	return find(name, 0, gr, buf, size, out);
}

int getgrgid_r(gid_t gid, struct group *gr, char *buf, size_t size, struct group **out)
{
	return find(NULL, gid, gr, buf, size, out);
}

static struct group entry;
static char line[LINE];

struct group *getgrnam(const char *name)
{
	struct group *out;
	int error = find(name, 0, &entry, line, sizeof line, &out);

	if (error)
		errno = error;
	return out;
}

struct group *getgrgid(gid_t gid)
{
	struct group *out;
	int error = find(NULL, gid, &entry, line, sizeof line, &out);

	if (error)
		errno = error;
	return out;
}

static struct database all = { .path = "/etc/group", .fd = -1 };

struct group *getgrent(void)
{
	int got;

	do
		got = next_entry(&all, &entry, line, sizeof line);
	while (got == -ERANGE);
	if (got < 0)
		errno = -got;
	return got == 1 ? &entry : NULL;
}

void setgrent(void)
{
	__osier_database_rewind(&all);
}

void endgrent(void)
{
	__osier_database_rewind(&all);
}

/* => the number of groups, or -1 when there are more than *n; *n is the number in any case. */
int getgrouplist(const char *user, gid_t first, gid_t *list, int *n)
{
	struct database db = { .path = "/etc/group", .fd = -1 };
	struct group gr;
	char buf[LINE];
	int room = *n, count = 0, got;

	if (count < room)
		list[count] = first;
	count++;
	while ((got = next_entry(&db, &gr, buf, sizeof buf)) != 0) {
		if (got == -ERANGE)
			continue;
		if (got < 0)
			break;
		if (gr.gr_gid == first)
			continue;
		for (char **member = gr.gr_mem; *member; member++) {
			if (!strcmp(*member, user)) {
				if (count < room)
					list[count] = gr.gr_gid;
				count++;
				break;
			}
		}
	}
	__osier_database_rewind(&db);
	*n = count;
	return count > room ? -1 : count;
}

int initgroups(const char *user, gid_t first)
{
	gid_t list[NGROUPS_MAX];
	int n = NGROUPS_MAX;

	if (getgrouplist(user, first, list, &n) < 0)
		n = NGROUPS_MAX;
	return setgroups(n, list);
}
