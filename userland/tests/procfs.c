/*
 * /proc: what programs read there, in the formats they expect.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tap.h"

static char text[65536], *kept;

int main(int argc, char **argv);

/* The whole of a file. => its length, -1 on error. */
static ssize_t slurp(const char *name)
{
	int fd = open(name, O_RDONLY);
	size_t length = 0;
	ssize_t got;

	text[0] = 0;
	if (fd < 0)
		return -1;
	while ((got = read(fd, text + length, sizeof text - 1 - length)) > 0)
		length += (size_t)got;
	close(fd);
	text[length] = 0;
	return got < 0 ? -1 : (ssize_t)length;
}

static void maps(void)
{
	char *a = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long start, end, offset, inode, previous = 0;
	char prot[8], dev[16], path[256], line[64], *at;
	int lines = 0, wrong = 0, stack = 0, heap = 0, program = 0, holds_main = 0;

	mprotect(a + 4096, 4096, PROT_READ);
	*(char *volatile *)&kept = malloc(100000);
	ok(slurp("/proc/self/maps") > 0, "/proc/self/maps");
	for (at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
		path[0] = 0;
		if (sscanf(at, "%lx-%lx %7s %lx %15s %lu %255s", &start, &end, prot, &offset, dev, &inode, path) < 6 ||
		    start >= end || start < previous || strlen(prot) != 4)
			wrong++;
		if (path[0] && strchr(at, path[0] == '/' ? '/' : '[') - at != 73)
			wrong++;
		previous = end;
		lines++;
		stack += !strcmp(path, "[stack]");
		heap += !strcmp(path, "[heap]");
		program += strstr(path, "procfs") != NULL;
		if (start <= (unsigned long)main && (unsigned long)main < end)
			holds_main = !strcmp(prot, "r-xp") && strstr(path, "procfs");
	}
	ok(lines >= 6 && !wrong, "every line has Linux's format, in order (%d lines, %d wrong)", lines, wrong);
	ok(stack == 1 && heap == 1 && program >= 2, "stack, heap and program are named");
	ok(holds_main, "main lies in the program's text");
	slurp("/proc/self/maps");
	snprintf(line, sizeof line, "%08lx-%08lx r--p", (unsigned long)a + 4096, (unsigned long)a + 8192);
	ok(strstr(text, line) != NULL, "mprotect's split shows");
	ok(slurp("/proc/self/smaps") > 0 && strstr(text, "Rss:") && strstr(text, "Private_Dirty:"), "/proc/self/smaps");
}

static void identity(void)
{
	char link[256] = { 0 }, expected[64], *args;
	unsigned long size, resident;
	char name[64], state;
	int pid, parent;
	ssize_t length;

	snprintf(expected, sizeof expected, "%d", (int)getpid());
	readlink("/proc/self", link, sizeof link);
	ok(!strcmp(link, expected), "/proc/self is this process");
	slurp("/proc/self/stat");
	ok(sscanf(text, "%d (%63[^)]) %c %d", &pid, name, &state, &parent) == 4 && pid == getpid() && parent == getppid() &&
	   state == 'R' && !strcmp(name, "procfs"), "/proc/self/stat");
	slurp("/proc/self/statm");
	ok(sscanf(text, "%lu %lu", &size, &resident) == 2 && size > resident && resident > 0, "/proc/self/statm");
	slurp("/proc/self/status");
	ok(strstr(text, "Name:\tprocfs\n") && strstr(text, "VmRSS:") && strstr(text, "Uid:\t0\t0\t0\t0\n"), "/proc/self/status");
	slurp("/proc/self/comm");
	ok(!strcmp(text, "procfs\n"), "/proc/self/comm");
	length = slurp("/proc/self/cmdline");
	args = text;
	ok(length > 0 && strstr(args, "procfs") && text[length - 1] == 0, "/proc/self/cmdline");
	memset(link, 0, sizeof link);
	chdir("/tmp");
	readlink("/proc/self/cwd", link, sizeof link);
	ok(!strcmp(link, "/tmp"), "/proc/self/cwd");
	memset(link, 0, sizeof link);
	readlink("/proc/self/exe", link, sizeof link);
	ok(strstr(link, "/procfs") != NULL, "/proc/self/exe");
}

static void descriptors(void)
{
	char link[256] = { 0 }, name[64];
	struct dirent *entry;
	int fds[2], fd, seen = 0;
	DIR *dir;

	fd = open("/etc/passwd", O_RDONLY);
	(void)!pipe(fds);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	readlink(name, link, sizeof link);
	ok(!strcmp(link, "/etc/passwd"), "a descriptor's file");
	ok(slurp(name) > 0, "... can be opened there");
	memset(link, 0, sizeof link);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fds[0]);
	readlink(name, link, sizeof link);
	ok(!strncmp(link, "pipe:[", 6), "a pipe's name");
	dir = opendir("/proc/self/fd");
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			seen++;
	if (dir)
		closedir(dir);
	ok(seen >= 6, "all of them are listed (%d)", seen);
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

static void others(void)
{
	char name[64];
	int status, seen = 0;
	struct dirent *entry;
	struct stat st;
	pid_t pid = fork();
	DIR *dir;

	if (pid == 0) {
		setuid(500);
		pause();
		_exit(0);
	}
	usleep(50000);
	snprintf(name, sizeof name, "/proc/%d/status", pid);
	ok(slurp(name) > 0 && strstr(text, "State:\tS"), "another process sleeps");
	ok(strstr(text, "Uid:\t500\t500\t500\t500\n") != NULL, "as another user");
	dir = opendir("/proc");
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) == pid || atoi(entry->d_name) == 1 || atoi(entry->d_name) == getpid())
			seen++;
	closedir(dir);
	is(seen, 3, "processes are listed");
	kill(pid, SIGKILL);
	usleep(50000);
	ok(slurp(name) > 0 && strstr(text, "State:\tZ"), "a zombie");
	waitpid(pid, &status, 0);
	fails_with(ENOENT, stat(name, &st));
	fails_with(ENOENT, stat("/proc/99999", &st));
	fails_with(ENOENT, stat("/proc/01", &st));
}

static void system_files(void)
{
	static const char *const names[] = { "meminfo", "uptime", "stat", "loadavg", "version", "cpuinfo", "mounts",
					     "cmdline", "filesystems", "interrupts", "slabinfo", "kmsg" };
	unsigned long total = 0, free = 0, hundredths;
	char name[64], *at;
	unsigned up;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(name, sizeof name, "/proc/%s", names[i]);
		ok(slurp(name) > 0, "%s", name);
	}
	slurp("/proc/meminfo");
	if ((at = strstr(text, "MemTotal:")))
		sscanf(at, "MemTotal: %lu kB", &total);
	if ((at = strstr(text, "MemFree:")))
		sscanf(at, "MemFree: %lu kB", &free);
	ok(total > free && free > 0, "memory adds up");
	slurp("/proc/uptime");
	ok(sscanf(text, "%u.%lu", &up, &hundredths) == 2, "uptime in seconds");
	slurp("/proc/mounts");
	ok(strstr(text, " / ext2 ") && strstr(text, " /proc proc ") && strstr(text, " /tmp tmpfs "), "what is mounted");
	is(exit_of_child({
		   setuid(500);
		   _exit(open("/proc/kmsg", O_RDONLY) < 0 && errno == EACCES && open("/proc/1/environ", O_RDONLY) < 0 ? 0 : 1);
	   }), 0, "what is root's is not read by others");
}

int main(int argc, char **argv)
{
	maps();
	identity();
	descriptors();
	others();
	system_files();
	return done();
}
