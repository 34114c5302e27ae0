/* Mount tables: /proc/mounts and files like it. */
#include "osier.h"
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FILE *setmntent(const char *path, const char *mode)
{
	return fopen(path, mode);
}

int endmntent(FILE *f)
{
	if (f)
		fclose(f);
	return 1;
}

/* Undoes \040 and the like, in place. */
static char *unescape(char *text)
{
	char *to = text;

	for (char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' &&
		    from[2] >= '0' && from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
	return text;
}

struct mntent *getmntent_r(FILE *f, struct mntent *entry, char *buf, int size)
{
	while (fgets(buf, size, f)) {
		char *save = NULL, *field[6] = { NULL };
		int n = 0;

		/* A line that does not fit is not cut into a wrong one: it is skipped. */
		if (!strchr(buf, '\n') && !feof(f)) {
			int c;

			while ((c = getc(f)) != EOF && c != '\n')
				;
			continue;
		}
		for (char *p = strtok_r(buf, " \t\n", &save); p && n < 6;
		     p = strtok_r(NULL, " \t\n", &save))
			field[n++] = p;
		if (n < 3 || field[0][0] == '#')
			continue;
		entry->mnt_fsname = unescape(field[0]);
		entry->mnt_dir = unescape(field[1]);
		entry->mnt_type = unescape(field[2]);
		entry->mnt_opts = n > 3 ? unescape(field[3]) : (char *)"";
		entry->mnt_freq = n > 4 ? atoi(field[4]) : 0;
		entry->mnt_passno = n > 5 ? atoi(field[5]) : 0;
		return entry;
	}
	return NULL;
}

struct mntent *getmntent(FILE *f)
{
	static struct mntent entry;
	static char line[2048];

	return getmntent_r(f, &entry, line, sizeof line);
}

static void put_escaped(const char *text, FILE *f)
{
	for (; *text; text++) {
		if (strchr(" \t\n\\", *text))
			fprintf(f, "\\%03o", (unsigned char)*text);
		else
			putc(*text, f);
	}
	putc(' ', f);
}

int addmntent(FILE *f, const struct mntent *entry)
{
	if (fseek(f, 0, SEEK_END) < 0)
		return 1;
	put_escaped(entry->mnt_fsname, f);
	put_escaped(entry->mnt_dir, f);
	put_escaped(entry->mnt_type, f);
	put_escaped(entry->mnt_opts, f);
	fprintf(f, "%d %d\n", entry->mnt_freq, entry->mnt_passno);
	return fflush(f) || ferror(f) ? 1 : 0;
}

/* => where the option begins in mnt_opts, as a whole word or with =value. */
char *hasmntopt(const struct mntent *entry, const char *option)
{
	size_t length = strlen(option);

	for (char *p = entry->mnt_opts; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		if (!strncmp(p, option, length) &&
		    (!p[length] || p[length] == ',' || p[length] == '='))
			return p;
	}
	return NULL;
}
