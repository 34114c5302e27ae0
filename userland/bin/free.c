/*
 * free: how much memory there is and what it is used for, in KiB, from /proc/meminfo.
 */
#include <stdio.h>
#include <string.h>

static unsigned long value_of(const char *text, const char *name)
{
	size_t length = strlen(name);
	unsigned long value = 0;

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			sscanf(line + length + 1, "%lu", &value);
			break;
		}
	return value;
}

int main(void)
{
	char text[4096];
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long total, unused, cached;
	size_t length;

	if (!file) {
		perror("free: /proc/meminfo");
		return 1;
	}
	length = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[length] = '\0';
	total = value_of(text, "MemTotal");
	unused = value_of(text, "MemFree");
	cached = value_of(text, "Cached") + value_of(text, "Buffers");
	printf("%12s %12s %12s %12s %12s\n", "total", "used", "free", "page cache", "available");
	printf("%12lu %12lu %12lu %12lu %12lu\n", total, total - unused - cached, unused, cached,
		value_of(text, "MemAvailable"));
	return 0;
}
