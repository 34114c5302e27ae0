/*
 * Every scene of vmdemo: it says in one line what it is about to touch, touches it, and ends as it says: with status 0,
 * or, where the scene is fatal, by the right signal.
 */
#include <sys/wait.h>

#include "tap.h"

static const struct {
	const char *scene;
	int signal;			/* 0: ends well */
	const char *words;		/* in its first line */
	const char *later;		/* in a later line; NULL: nothing wanted */
} scenes[] = {
	{ "zero", 0, "0x10002000", NULL },
	{ "cow", 0, "0x10003010", "the parent still has 'P'" },
	{ "file", 0, "0x10000000", "the copy has '#'" },
	{ "shared", 0, "0x10001000", "what the child wrote: 'S'" },
	{ "mprotect", 0, "0x10000000", NULL },
	{ "stack", 0, "64 pages", NULL },
	{ "guard", SIGSEGV, "(fatal)", NULL },
	{ "segv", SIGSEGV, "0x10000000 (fatal)", NULL },
	{ "readonly", SIGSEGV, "0x10000000 (fatal)", NULL },
	{ "noexec", SIGSEGV, "0x10000000 (fatal)", NULL },
	{ "bus", SIGBUS, "0x10004000 (fatal)", NULL },
	{ "split", 0, "0x10003000", "10003000-10005000 r--p" },
	{ "fork", 0, "4096 pages at 0x10000000", NULL },
	{ "exec", 0, "/bin/vmdemo", "vmdemo zero: " },
};

/* Runs `vmdemo scene`, what it prints into `text`. => its wait status, or -1. */
static int play(const char *scene, char *text, size_t size)
{
	int pipe_fds[2], status = -1;
	size_t length = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(pipe_fds))
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(pipe_fds[1], 1);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		execl("/bin/vmdemo", "vmdemo", scene, (char *)NULL);
		_exit(127);
	}
	close(pipe_fds[1]);
	while (length < size - 1 && (got = read(pipe_fds[0], text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(pipe_fds[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

int main(void)
{
	static char text[16384];

	for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
		const char *scene = scenes[i].scene;
		int status = play(scene, text, sizeof text);
		char *line = text, *rest = strchr(text, '\n');
		char head[32];

		if (rest)
			*rest++ = '\0';
		snprintf(head, sizeof head, "vmdemo %s: ", scene);
		if (!ok(rest && strncmp(line, head, strlen(head)) == 0 && strstr(line, scenes[i].words),
			"%s says what it is about to touch", scene))
			note("%s", line);
		if (scenes[i].later && !ok(rest && strstr(rest, scenes[i].later), "%s shows what came of it", scene))
			note("%s", rest ? rest : "nothing");
		if (scenes[i].signal)
			ok(WIFSIGNALED(status) && WTERMSIG(status) == scenes[i].signal, "%s ends by signal %d", scene,
			   scenes[i].signal);
		else
			ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s ends well", scene);
	}
	ok(WEXITSTATUS(play("", text, sizeof text)) == 2, "an unknown scene is refused");
	return done();
}
