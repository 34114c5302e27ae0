/* The exec family: everything ends in execve. */
#include "osier.h"
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int execve(const char *path, char *const argv[], char *const envp[])
{
	return (int)call(SYS_execve, path, argv, envp);
}

int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* A file without a magic number is a shell script, as POSIX has it for the p variants. */
static void exec_script(const char *path, char *const argv[], char *const envp[])
{
	size_t argc = 0;

	while (argv[argc])
		argc++;
	{
		const char *shell[argc + 3];

		shell[0] = "sh";
		shell[1] = path;
		for (size_t i = 1; i <= argc; i++)
			shell[i + 1] = argv[i];
		if (argc == 0)
			shell[2] = NULL;
		execve(_PATH_BSHELL, (char *const *)shell, envp);
	}
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
	const char *path = getenv("PATH"), *end;
	size_t length = strlen(file);
	int denied = 0;

	if (!*file) {
		errno = ENOENT;
		return -1;
	}
	if (strchr(file, '/')) {
		execve(file, argv, envp);
		if (errno == ENOEXEC)
			exec_script(file, argv, envp);
		return -1;
	}
	if (!path)
		path = _PATH_DEFPATH;
	if (length > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (;; path = end + 1) {
		char name[PATH_MAX];
		size_t dir;

		end = strchr(path, ':');
		if (!end)
			end = path + strlen(path);
		dir = (size_t)(end - path);
		if (dir + 1 + length + 1 <= sizeof name) {
			memcpy(name, path, dir);
			if (dir)
				name[dir++] = '/';
			memcpy(name + dir, file, length + 1);
			execve(name, argv, envp);
			switch (errno) {
			case ENOEXEC:
				exec_script(name, argv, envp);
				return -1;
			case EACCES:
				denied = 1;
				break;
			case ENOENT:
			case ENOTDIR:
			case ENAMETOOLONG:
			case ELOOP:
				break;
			default:
				return -1;
			}
		}
		if (!*end)
			break;
	}
	errno = denied ? EACCES : ENOENT;
	return -1;
}

int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

int fexecve(int fd, char *const argv[], char *const envp[])
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return execve(path, argv, envp);
}

/* Collects the arguments up to the NULL and what follows it. */
#define COLLECT(first)								\
	va_list ap;								\
	size_t argc = 1;							\
	va_start(ap, first);							\
	while (va_arg(ap, char *))						\
		argc++;								\
	va_end(ap);								\
	char *argv[argc + 1];							\
	argv[0] = (char *)first;						\
	va_start(ap, first);							\
	for (size_t i = 1; i <= argc; i++)					\
		argv[i] = va_arg(ap, char *)

int execl(const char *path, const char *arg, ...)
{
	COLLECT(arg);
	va_end(ap);
	return execve(path, argv, environ);
}

int execle(const char *path, const char *arg, ...)
{
	char *const *envp;

	COLLECT(arg);
	envp = va_arg(ap, char *const *);
	va_end(ap);
	return execve(path, argv, envp);
}

int execlp(const char *file, const char *arg, ...)
{
	COLLECT(arg);
	va_end(ap);
	return execvpe(file, argv, environ);
}

int execlpe(const char *file, const char *arg, ...)
{
	char *const *envp;

	COLLECT(arg);
	envp = va_arg(ap, char *const *);
	va_end(ap);
	return execvpe(file, argv, envp);
}
