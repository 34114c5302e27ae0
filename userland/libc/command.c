/* Running shell commands: system, popen, pclose. */
#include "osier.h"
#include <fcntl.h>
#include <paths.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

int system(const char *command)
{
	struct sigaction ignore = { .sa_flags = 0 }, old_int, old_quit;
	sigset_t block = 1UL << (SIGCHLD - 1), mask;
	int status = -1;
	pid_t pid;

	if (!command)
		return access(_PATH_BSHELL, X_OK) == 0;
	ignore.sa_handler = SIG_IGN;
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	sigprocmask(SIG_BLOCK, &block, &mask);
	pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		execl(_PATH_BSHELL, "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0) {
			if (errno != EINTR) {
				status = -1;
				break;
			}
		}
	}
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return status;
}

/* The streams popen made, with the processes at their other ends. */
static struct pipe_stream {
	struct pipe_stream *next;
	FILE *file;
	pid_t pid;
} *streams;
static pthread_mutex_t streams_lock = PTHREAD_MUTEX_INITIALIZER;

FILE *popen(const char *command, const char *mode)
{
	struct pipe_stream *stream;
	int fds[2], ours, theirs, cloexec;

	if ((mode[0] != 'r' && mode[0] != 'w') || (mode[1] && strcmp(mode + 1, "e"))) {
		errno = EINVAL;
		return NULL;
	}
	cloexec = mode[1] == 'e';
	stream = malloc(sizeof *stream);
	if (!stream)
		return NULL;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		free(stream);
		return NULL;
	}
	ours = fds[mode[0] == 'w'];
	theirs = fds[mode[0] == 'r'];
	stream->file = fdopen(ours, mode[0] == 'r' ? "r" : "w");
	if (!stream->file)
		goto fail;
	pthread_mutex_lock(&streams_lock);
	stream->pid = fork();
	if (stream->pid < 0) {
		pthread_mutex_unlock(&streams_lock);
		fclose(stream->file);
		ours = -1;
		goto fail;
	}
	if (stream->pid == 0) {
		int target = mode[0] == 'r' ? 1 : 0;

		if (theirs == target)
			fcntl(theirs, F_SETFD, 0);
		else
			dup2(theirs, target);
		/* Streams of earlier calls are closed in the new process, as POSIX says. */
		for (struct pipe_stream *s = streams; s; s = s->next)
			close(fileno(s->file));
		execl(_PATH_BSHELL, "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(theirs);
	if (!cloexec)
		fcntl(ours, F_SETFD, 0);
	stream->next = streams;
	streams = stream;
	pthread_mutex_unlock(&streams_lock);
	return stream->file;
fail:
	{
		int saved = errno;

		if (ours >= 0)
			close(ours);
		close(theirs);
		free(stream);
		errno = saved;
	}
	return NULL;
}

int pclose(FILE *file)
{
	struct pipe_stream **link = &streams, *stream;
	int status;
	pid_t pid;

	pthread_mutex_lock(&streams_lock);
	while (*link && (*link)->file != file)
		link = &(*link)->next;
	stream = *link;
	if (stream)
		*link = stream->next;
	pthread_mutex_unlock(&streams_lock);
	if (!stream) {
		errno = ECHILD;
		return -1;
	}
	pid = stream->pid;
	free(stream);
	fclose(file);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return status;
}
