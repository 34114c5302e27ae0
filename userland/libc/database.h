/*
 * The text databases /etc/passwd and /etc/group: lines of fields with colons between them.
 */
#ifndef OSIER_LIBC_DATABASE_H
#define OSIER_LIBC_DATABASE_H

#include <stddef.h>
#include "osier.h"

struct database {
	const char *path;
	int fd;			/* -1: not open */
	size_t next, filled;
	char buf[1024];
};

/*
 * The next line without its newline, into out. Empty lines and those that begin with # are skipped.
 * => 1 with a line, 0 at the end, -ERANGE when the line does not fit (it is skipped), -errno.
 */
hidden int __osier_database_line(struct database *db, char *out, size_t size);
hidden void __osier_database_rewind(struct database *db);

/* Cuts the line at its colons. => the number of fields, at most max. */
hidden int __osier_database_split(char *line, char **fields, int max);

/* A decimal number that is the whole field. => 0 or -1. */
hidden int __osier_database_number(const char *field, unsigned int *number);

#endif /* OSIER_LIBC_DATABASE_H */
