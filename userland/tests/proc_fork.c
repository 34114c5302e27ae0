/*
 * fork, exit, wait. Each check names in its text what would break if it failed.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "tap.h"

static void exit_statuses(void)
{
	volatile char *wild = (volatile char *)strtoul("16", NULL, 0);
	int status;

	is(exit_of_child(_exit(0)), 0, "exit status 0 arrives");
	is(exit_of_child(_exit(255)), 255, "exit status 255 arrives");
	is(exit_of_child(_exit(256 + 7)), 7, "an exit status has 8 bits");
	is(exit_of_child(raise(SIGTERM)), 1000 + SIGTERM, "death by SIGTERM arrives");
	status = in_child(abort());
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && WCOREDUMP(status), "abort sets the core flag");
	is(exit_of_child(*wild = 1), 1000 + SIGSEGV, "a wild write is death by SIGSEGV");
}

static void fork_copies(void)
{
	static int data = 1;
	int stack = 1, *heap = malloc(sizeof *heap);
	int pipe_fds[2];
	char byte = 0;

	*heap = 1;
	is(pipe(pipe_fds), 0, "pipe");
	is(exit_of_child({
		   data = stack = *heap = 2;
		   _exit(write(pipe_fds[1], "x", 1) == 1 && data == 2 && stack == 2 ? 0 : 1);
	   }), 0, "a child changes its own copy");
	ok(data == 1 && stack == 1 && *heap == 1, "the parent's data, stack and heap stay");
	ok(read(pipe_fds[0], &byte, 1) == 1 && byte == 'x', "descriptors are shared across fork");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	free(heap);
}

static void identities(void)
{
	pid_t parent = getpid(), group = getpgrp(), session = getsid(0), pid;
	int status;

	pid = fork();
	if (pid == 0)
		_exit(getppid() == parent && getpid() != parent && getpgrp() == group && getsid(0) == session);
	ok(pid > 0 && pid != parent, "fork returns the child's number");
	is(waitpid(pid, &status, 0), pid, "waitpid returns it too");
	is(WEXITSTATUS(status), 1, "the child sees its parent, group and session");
	fails_with(ECHILD, waitpid(pid, &status, 0));
	fails_with(ECHILD, waitpid(1, &status, 0));
	fails_with(ECHILD, wait(&status));
	fails_with(EINVAL, waitpid(-1, &status, 0x40000000));
}

static void waits(void)
{
	int status, fds[2], i, seen = 0;
	pid_t pids[20], pid;
	siginfo_t info;
	char byte;

	is(pipe(fds), 0, "pipe");
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		_exit((int)read(fds[0], &byte, 1));
	}
	close(fds[0]);
	is(waitpid(pid, &status, WNOHANG), 0, "WNOHANG on a living child is 0");
	memset(&info, 0xff, sizeof info);
	is(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0, "waitid with WNOHANG");
	is(info.si_pid, 0, "... says pid 0");
	close(fds[1]);
	is(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0, "waitid with WNOWAIT");
	ok(info.si_signo == SIGCHLD && info.si_code == CLD_EXITED && info.si_pid == pid && info.si_status == 0,
	   "siginfo of an exited child");
	is(waitpid(pid, &status, 0), pid, "WNOWAIT left the child to be waited for");

	for (i = 0; i < 20; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(i);
	}
	for (i = 0; i < 20; i++) {
		pid = wait(&status);
		if (pid > 0 && WIFEXITED(status) && pids[WEXITSTATUS(status)] == pid)
			seen++;
	}
	is(seen, 20, "twenty children, each waited for once");
}

static void stops(void)
{
	siginfo_t info;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* In a group that is not orphaned, or SIGTSTP would not stop it. */
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(pid, pid);
	kill(pid, SIGSTOP);
	is(waitpid(pid, &status, WUNTRACED), pid, "WUNTRACED reports a stop");
	ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "... by SIGSTOP");
	is(waitpid(pid, &status, WUNTRACED | WNOHANG), 0, "... once");
	kill(pid, SIGCONT);
	is(waitpid(pid, &status, WCONTINUED), pid, "WCONTINUED reports it goes on");
	ok(WIFCONTINUED(status), "... as continued");
	kill(pid, SIGTSTP);
	is(waitid(P_ALL, 0, &info, WSTOPPED), 0, "waitid WSTOPPED");
	ok(info.si_code == CLD_STOPPED && info.si_status == SIGTSTP && info.si_pid == pid, "... siginfo");
	kill(pid, SIGKILL);
	is(waitpid(pid, &status, 0), pid, "SIGKILL ends a stopped process");
	is(WTERMSIG(status), SIGKILL, "... by SIGKILL");
}

static void orphans(void)
{
	int fds[2];
	pid_t reported[2] = { 0, 0 };

	is(pipe(fds), 0, "pipe");
	is(exit_of_child({
		   pid_t me = getpid();
		   if (fork() == 0) {
			   pid_t ids[2];
			   while (getppid() == me)
				   usleep(1000);
			   ids[0] = getpid();
			   ids[1] = getppid();
			   (void)!write(fds[1], ids, sizeof ids);
			   _exit(0);
		   }
		   _exit(0);
	   }), 0, "a child leaves a grandchild behind");
	close(fds[1]);
	is(read(fds[0], reported, sizeof reported), sizeof reported, "the orphan reports");
	is(reported[1], 1, "orphans belong to init");
	close(fds[0]);
}

static void usage(void)
{
	struct rusage before, after;

	is(getrusage(RUSAGE_CHILDREN, &before), 0, "getrusage of children");
	in_child({
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		/* Every second page: faults in a row would bring several in at once. */
		for (int i = 0; i < 1 << 20; i += 8192)
			p[i] = 1;
	});
	is(getrusage(RUSAGE_CHILDREN, &after), 0, "getrusage again");
	ok(after.ru_minflt - before.ru_minflt >= 128, "a child's faults are added when it is waited for");
	is(getrusage(RUSAGE_SELF, &after), 0, "getrusage of oneself");
	ok(after.ru_maxrss > 0, "memory in use is not nothing");
}

static void vforks(void)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0)
		_exit(3);
	is(waitpid(pid, &status, 0), pid, "vfork's child is waited for");
	is(WEXITSTATUS(status), 3, "... with its status");
}

static void many(void)
{
	int failed = 0;

	for (int i = 0; i < 300; i++)
		if (exit_of_child(_exit(i & 0x7f)) != (i & 0x7f))
			failed++;
	is(failed, 0, "300 children one after the other");
}

static void no_zombies(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN }, old;
	int status;

	sigaction(SIGCHLD, &action, &old);
	if (fork() == 0)
		_exit(0);
	fails_with(ECHILD, wait(&status));
	sigaction(SIGCHLD, &old, NULL);
}

int main(void)
{
	exit_statuses();
	fork_copies();
	identities();
	waits();
	stops();
	orphans();
	usage();
	vforks();
	many();
	no_zombies();
	return done();
}
