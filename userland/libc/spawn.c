/*
 * posix_spawn: vfork, the file actions, the attributes, exec. An error in the child travels back
 * through a pipe that exec closes.
 */
#include "osier.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

struct __posix_spawnattr {
	short flags;
	pid_t pgroup;
	struct sched_param param;
	int policy;
	sigset_t sigdefault;
	sigset_t sigmask;
};

struct action {
	struct action *next;
	enum { ACTION_OPEN, ACTION_DUP2, ACTION_CLOSE } kind;
	int fd;
	int from;
	int flags;
	mode_t mode;
	char path[];
};

struct __posix_spawn_file_actions {
	struct action *first, **last;
};

/* => in the child: returns an error number, or does not return. */
static int spawn_child(const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const argv[],
		       char *const envp[], int search, const sigset_t *mask, int report)
{
	const struct __posix_spawnattr *attr = attributes ? *attributes : NULL;

	if (attr) {
		if ((attr->flags & POSIX_SPAWN_SETPGROUP) && setpgid(0, attr->pgroup) < 0)
			return errno;
		if ((attr->flags & POSIX_SPAWN_RESETIDS) &&
		    (setegid(getgid()) < 0 || seteuid(getuid()) < 0))
			return errno;
		if (attr->flags & POSIX_SPAWN_SETSIGDEF) {
			for (int sig = 1; sig < NSIG; sig++) {
				struct sigaction action = { .sa_flags = 0 };

				if (attr->sigdefault >> (sig - 1) & 1)
					sigaction(sig, &action, NULL);
			}
		}
	}
	for (struct action *a = actions && *actions ? (*actions)->first : NULL; a; a = a->next) {
		/* The pipe must not be in the way of a descriptor the caller names. */
		if (a->fd == report) {
			int moved = fcntl(report, F_DUPFD_CLOEXEC, report + 1);

			if (moved < 0)
				return errno;
			report = moved;
		}
		switch (a->kind) {
		case ACTION_CLOSE:
			close(a->fd);
			break;
		case ACTION_DUP2:
			if (a->from == a->fd) {
				if (fcntl(a->fd, F_SETFD, 0) < 0)
					return errno;
			} else if (dup2(a->from, a->fd) < 0) {
				return errno;
			}
			break;
		case ACTION_OPEN: {
			int fd = open(a->path, a->flags, a->mode);

			if (fd < 0)
				return errno;
			if (fd != a->fd) {
				if (dup2(fd, a->fd) < 0)
					return errno;
				close(fd);
			}
			break;
		}
		}
	}
	if (attr && (attr->flags & POSIX_SPAWN_SETSIGMASK))
		mask = &attr->sigmask;
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (search)
		execvpe(path, argv, envp);
	else
		execve(path, argv, envp);
	return errno;
}

static int spawn(pid_t *out, const char *path, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[],
		 int search)
{
	sigset_t all = ~0UL, mask;
	int fds[2], error = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return errno;
	sigprocmask(SIG_BLOCK, &all, &mask);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		error = spawn_child(path, actions, attributes, argv, envp, search, &mask, fds[1]);
		write(fds[1], &error, sizeof error);
		_exit(127);
	}
	close(fds[1]);
	if (pid < 0) {
		error = errno;
	} else {
		ssize_t n;

		do
			n = read(fds[0], &error, sizeof error);
		while (n < 0 && errno == EINTR);
		if (n == sizeof error)
			waitpid(pid, NULL, 0);
		else
			error = 0;
		if (!error && out)
			*out = pid;
	}
	close(fds[0]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return error;
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
		const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *restrict attr, char *const argv[], char *const envp[])
{
	return spawn(pid, path, actions, attr, argv, envp, 0);
}

int posix_spawnp(pid_t *restrict pid, const char *restrict file,
		 const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *restrict attr, char *const argv[], char *const envp[])
{
	return spawn(pid, file, actions, attr, argv, envp, 1);
}

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions)
{
	*actions = malloc(sizeof **actions);
	if (!*actions)
		return ENOMEM;
	(*actions)->first = NULL;
	(*actions)->last = &(*actions)->first;
	return 0;
}

int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)
{
	for (struct action *a = (*actions)->first, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	free(*actions);
	return 0;
}

static int add(posix_spawn_file_actions_t *actions, const struct action *what, const char *path)
{
	struct action *a;

	if (what->fd < 0)
		return EBADF;
	a = malloc(sizeof *a + strlen(path) + 1);
	if (!a)
		return ENOMEM;
	*a = *what;
	strcpy(a->path, path);
	*(*actions)->last = a;
	(*actions)->last = &a->next;
	return 0;
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict actions, int fd,
				     const char *restrict path, int flags, mode_t mode)
{
	struct action a = { .kind = ACTION_OPEN, .fd = fd, .flags = flags, .mode = mode };

	return add(actions, &a, path);
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int fd)
{
	struct action a = { .kind = ACTION_DUP2, .fd = fd, .from = from };

	return from < 0 ? EBADF : add(actions, &a, "");
}

int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int fd)
{
	struct action a = { .kind = ACTION_CLOSE, .fd = fd };

	return add(actions, &a, "");
}

int posix_spawnattr_init(posix_spawnattr_t *attr)
{
	*attr = calloc(1, sizeof **attr);
	return *attr ? 0 : ENOMEM;
}

int posix_spawnattr_destroy(posix_spawnattr_t *attr)
{
	free(*attr);
	return 0;
}

#define ATTRIBUTE(name, type, field)							\
int posix_spawnattr_get##name(const posix_spawnattr_t *restrict attr, type *restrict value) \
{											\
	*value = (*attr)->field;							\
	return 0;									\
}
ATTRIBUTE(flags, short, flags)
ATTRIBUTE(pgroup, pid_t, pgroup)
ATTRIBUTE(schedparam, struct sched_param, param)
ATTRIBUTE(schedpolicy, int, policy)
ATTRIBUTE(sigdefault, sigset_t, sigdefault)
ATTRIBUTE(sigmask, sigset_t, sigmask)

int posix_spawnattr_setflags(posix_spawnattr_t *attr, short value)
{
	(*attr)->flags = value;
	return 0;
}

int posix_spawnattr_setpgroup(posix_spawnattr_t *attr, pid_t value)
{
	(*attr)->pgroup = value;
	return 0;
}

int posix_spawnattr_setschedparam(posix_spawnattr_t *restrict attr,
				  const struct sched_param *restrict value)
{
	(*attr)->param = *value;
	return 0;
}

int posix_spawnattr_setschedpolicy(posix_spawnattr_t *attr, int value)
{
	(*attr)->policy = value;
	return 0;
}

int posix_spawnattr_setsigdefault(posix_spawnattr_t *restrict attr,
				  const sigset_t *restrict value)
{
	(*attr)->sigdefault = *value;
	return 0;
}

int posix_spawnattr_setsigmask(posix_spawnattr_t *restrict attr, const sigset_t *restrict value)
{
	(*attr)->sigmask = *value;
	return 0;
}
