/*
 * ps: the processes, one a line, from /proc. No options: it always shows all of them.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct row {
	int pid, parent, group, session;
	char state;
	unsigned long ticks, bytes;
	long pages;
	char name[64];
};

/* Reads /proc/PID/stat. => 0, or -1 when the process is gone. */
static int read_row(const char *pid, struct row *row)
{
	char path[64], text[1024], *open, *close;
	unsigned long user, system;
	size_t length;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return -1;
	length = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[length] = '\0';
	/* The name stands in parentheses and may itself hold some: the last one closes. */
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || sscanf(close + 1,
			" %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %lu %ld",
			&row->state, &row->parent, &row->group, &row->session, &user, &system, &row->bytes, &row->pages) < 8)
		return -1;
	row->pid = atoi(text);
	row->ticks = user + system;
	snprintf(row->name, sizeof row->name, "%.*s", (int)(close - open - 1), open + 1);
	return 0;
}

/* The command line, its words separated by spaces; the name in brackets where there is none. */
static void print_command(const struct row *row)
{
	char path[64], text[256];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/cmdline", row->pid);
	file = fopen(path, "r");
	if (file) {
		length = fread(text, 1, sizeof text - 1, file);
		fclose(file);
	}
	while (length && text[length - 1] == '\0')
		length--;
	if (!length) {
		printf("[%s]\n", row->name);
		return;
	}
	for (size_t i = 0; i < length; i++)
		putchar(isprint((unsigned char)text[i]) ? text[i] : ' ');
	putchar('\n');
}

static int by_pid(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

int main(void)
{
	DIR *folder = opendir("/proc");
	long hertz = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
	struct row *rows = NULL;
	size_t count = 0;
	struct dirent *entry;

	if (!folder) {
		perror("ps: /proc");
		return 1;
	}
	if (hertz <= 0)
		hertz = 100;
	while ((entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (count % 64 == 0) {
			struct row *more = realloc(rows, (count + 64) * sizeof *rows);

			if (!more) {
				fprintf(stderr, "ps: out of memory\n");
				return 1;
			}
			rows = more;
		}
		if (read_row(entry->d_name, &rows[count]) == 0)
			count++;
	}
	closedir(folder);
	qsort(rows, count, sizeof *rows, by_pid);
	printf("%5s %5s %5s %5s S %8s %8s %7s COMMAND\n", "PID", "PPID", "PGID", "SID", "KiB", "RES KiB", "TIME");
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		unsigned long seconds = row->ticks / hertz;

		printf("%5d %5d %5d %5d %c %8lu %8lu %4lu:%02lu ", row->pid, row->parent, row->group, row->session,
			row->state, row->bytes / 1024, (unsigned long)row->pages * (page / 1024), seconds / 60, seconds % 60);
		print_command(row);
	}
	free(rows);
	return 0;
}
