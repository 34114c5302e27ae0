/*
 * vmmap PID...: a process's regions, one a line, with sizes and a word on what each is. Without PID: its own.
 *
 * It formats /proc/PID/maps and knows nothing more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What /proc says beside the addresses, in words. */
static const char *describe(const char *permissions, const char *name)
{
	int shared = permissions[3] == 's';

	if (*name == '\0')
		return shared ? "shared anonymous" : strncmp(permissions, "---", 3) == 0 ? "reserved" : "private anonymous";
	if (strcmp(name, "[heap]") == 0)
		return "heap (brk)";
	if (strncmp(name, "[stack", 6) == 0)
		return "stack";
	if (*name == '[')
		return "kernel's";
	return shared ? "file, shared" : permissions[2] == 'x' ? "file, text" : permissions[1] == 'w' ?
		"file, private copy" : "file, private";
}

static int show(const char *pid)
{
	char path[64], line[1024];
	unsigned long total = 0;
	FILE *maps;

	snprintf(path, sizeof path, "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	if (!maps) {
		fprintf(stderr, "vmmap: %s: %s\n", pid, errno == ENOENT ? "no such process" : strerror(errno));
		return 1;
	}
	printf("%-29s %9s  %-5s %-19s %s\n", "region", "KiB", "may", "what", "where from");
	while (fgets(line, sizeof line, maps)) {
		unsigned long start, end, offset;
		char permissions[8], device[16], inode[24];
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lx-%lx %7s %lx %15s %23s %n", &start, &end, permissions, &offset, device, inode, &at) < 6 ||
				strlen(permissions) < 4)
			continue;
		printf("%012lx - %012lx %11lu  %-5.3s %-19s %s", start, end, (end - start) / 1024, permissions,
			describe(permissions, line + at), line + at);
		if (line[at] == '/')
			printf(" +0x%lx", offset);
		putchar('\n');
		total += end - start;
	}
	fclose(maps);
	printf("%-29s %9lu\n", "promised in all", total / 1024);
	return 0;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		return show("self");
	for (int i = 1; i < argc; i++) {
		if (argv[i][strspn(argv[i], "0123456789")] != '\0' && strcmp(argv[i], "self") != 0) {
			fprintf(stderr, "usage: vmmap [PID...]\n");
			return 2;
		}
		if (argc > 2)
			printf("%s%s:\n", i > 1 ? "\n" : "", argv[i]);
		status |= show(argv[i]);
	}
	return status;
}
