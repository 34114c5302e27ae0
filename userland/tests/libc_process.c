/* Processes through libc: exec by path, spawn, contexts, limits, clocks. */
#include "tap.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

static ucontext_t main_context, other;
static int steps;

static void body(int a, int b)
{
	steps = a * 10 + b;
	swapcontext(&other, &main_context);
	steps++;
}

int main(int argc, char **argv)
{
	static char stack[32768];
	posix_spawn_file_actions_t actions;
	char *again[] = { argv[0], "again", NULL };
	struct timespec before, after, nap = { 0, 20000000 };
	struct rlimit limit;
	volatile int shared = 0;
	char buf[16] = "";
	int status, fds[2];
	pid_t pid;

	if (argc > 1) {
		if (strcmp(argv[1], "quiet"))
			printf("%s", argv[1]);
		return 9;
	}
	ok(pipe(fds) == 0, "pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_addclose(&actions, fds[0]);
	is(posix_spawn(&pid, argv[0], &actions, NULL, again, environ), 0, "posix_spawn");
	ok(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9, "its status");
	ok(read(fds[0], buf, sizeof buf) == 5 && !strcmp(buf, "again"), "its output");
	is(posix_spawn(&pid, "/no/such/program", NULL, NULL, again, environ), ENOENT,
	   "posix_spawn reports what exec said");
	posix_spawn_file_actions_destroy(&actions);
	fails_with(ENOENT, execvp("no-such-program-anywhere", again));
	fails_with(EACCES, execve("/tmp", again, environ));

	fflush(stdout);
	pid = vfork();
	if (pid == 0) {
		execl(argv[0], argv[0], "quiet", (char *)NULL);
		_exit(1);
	}
	ok(pid > 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9, "vfork and exec");
	fails_with(ECHILD, waitpid(-1, &status, 0));

	getcontext(&other);
	other.uc_stack.ss_sp = stack;
	other.uc_stack.ss_size = sizeof stack;
	other.uc_link = &main_context;
	makecontext(&other, (void (*)(void))body, 2, 4, 2);
	swapcontext(&main_context, &other);
	is(steps, 42, "makecontext passes arguments");
	swapcontext(&main_context, &other);
	is(steps, 43, "a context goes on and ends in uc_link");
	getcontext(&main_context);
	if (shared++ == 0)
		setcontext(&main_context);
	is(shared, 2, "setcontext returns from getcontext again");

	clock_gettime(CLOCK_MONOTONIC, &before);
	is(nanosleep(&nap, NULL), 0, "nanosleep");
	clock_gettime(CLOCK_MONOTONIC, &after);
	ok((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 20000000,
	   "it took as long as asked");
	ok(time(NULL) > 1600000000, "the time of day is set");
	ok(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 10, "getrlimit");
	is(system("exit 4"), 4 << 8, "system");
	ok(getpriority(PRIO_PROCESS, 0) == nice(0), "nice");
	ok(getpgrp() == getpgid(0) && getsid(0) > 0, "groups and sessions");
	return done();
}
