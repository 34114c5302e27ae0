/* Reading of /etc/passwd and /etc/group. */
#include "database.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

hidden void __osier_database_rewind(struct database *db)
{
	if (db->fd >= 0)
		close(db->fd);
	db->fd = -1;
	db->next = db->filled = 0;
}

/* => the next byte, -1 at the end, or -errno - 1. */
static int next_byte(struct database *db)
{
	if (db->next == db->filled) {
		long n;

		do
			n = raw(SYS_read, db->fd, db->buf, sizeof db->buf);
		while (n == -EINTR);
		if (n <= 0)
			return n < 0 ? (int)n - 1 : -1;
		db->filled = (size_t)n;
		db->next = 0;
	}
	return (unsigned char)db->buf[db->next++];
}

hidden int __osier_database_line(struct database *db, char *out, size_t size)
{
	if (db->fd < 0) {
		long fd = raw(SYS_openat, AT_FDCWD, db->path, O_RDONLY | O_CLOEXEC, 0);

		if (fd < 0)
			return (int)fd;
		db->fd = (int)fd;
		db->next = db->filled = 0;
	}
	for (;;) {
		size_t n = 0;
		int c;

		while ((c = next_byte(db)) >= 0 && c != '\n') {
			if (n + 1 < size)
				out[n] = (char)c;
			n++;
		}
		if (c < -1)
			return c + 1;
		if (c == -1 && n == 0)
			return 0;
		if (n == 0 || *out == '#')
			continue;
		if (n + 1 > size)
			return -ERANGE;
		out[n] = 0;
		return 1;
	}
}

hidden int __osier_database_split(char *line, char **fields, int max)
{
	int n = 0;

	for (;;) {
		fields[n++] = line;
		if (n == max)
			return n;
		line = strchr(line, ':');
		if (!line)
			return n;
		*line++ = 0;
	}
}

hidden int __osier_database_number(const char *field, unsigned int *number)
{
	unsigned long value = 0;

	if (!*field)
		return -1;
	for (; *field; field++) {
		if (*field < '0' || *field > '9')
			return -1;
		value = value * 10 + (unsigned long)(*field - '0');
		if (value > 0xffffffffUL)
			return -1;
	}
	*number = (unsigned int)value;
	return 0;
}
