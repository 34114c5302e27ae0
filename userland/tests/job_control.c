/*
 * Process groups, sessions, signals to groups, orphaned groups.
 */
#include "tap.h"

static volatile sig_atomic_t hangups, continues;

static void on_hangup(int signal)
{
	if (signal == SIGHUP)
		hangups++;
	else
		continues++;
}

static pid_t sleeper(pid_t group)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, group);
		for (;;)
			pause();
	}
	setpgid(pid, group);
	return pid;
}

static void groups(void)
{
	pid_t a = sleeper(0), b = sleeper(a);
	int status;

	is(getpgid(a), a, "a child leads a group of its own");
	is(getpgid(b), a, "another joins it");
	is(kill(-a, 0), 0, "the group can be signalled");
	is(killpg(a, SIGTERM), 0, "SIGTERM to the group");
	is(waitpid(-a, &status, 0) > 0, 1, "waiting for any of a group");
	is(WTERMSIG(status), SIGTERM, "one died of it");
	is(waitpid(-a, &status, 0) > 0, 1, "and the other");
	fails_with(ECHILD, waitpid(-a, &status, 0));
	fails_with(ESRCH, kill(-a, 0));
	fails_with(ESRCH, setpgid(30000, 0));
	fails_with(EINVAL, setpgid(0, -1));
	fails_with(EPERM, setpgid(0, 30000));
	fails_with(ESRCH, getpgid(30000));
}

static void sessions(void)
{
	is(exit_of_child({
		   pid_t me = getpid();
		   if (setsid() != me || getsid(0) != me || getpgrp() != me)
			   _exit(1);
		   errno = 0;
		   if (setsid() != -1 || errno != EPERM)
			   _exit(2);
		   if (setpgid(0, 0) != -1 || errno != EPERM)
			   _exit(3);
		   _exit(0);
	   }), 0, "setsid makes a session, once; its leader stays in its group");
	is(exit_of_child({
		   int fds[2];
		   char byte;
		   pid_t pid;
		   (void)!pipe(fds);
		   pid = fork();
		   if (pid == 0) {
			   setsid();
			   (void)!write(fds[1], "x", 1);
			   pause();
		   }
		   (void)!read(fds[0], &byte, 1);
		   errno = 0;
		   if (setpgid(pid, getpgrp()) != -1 || errno != EPERM)
			   _exit(1);
		   kill(pid, SIGKILL);
		   _exit(0);
	   }), 0, "no process is moved into another session");
	is(exit_of_child({
		   int status;
		   pid_t pid = fork();
		   if (pid == 0) {
			   execl("/bin/sleep", "sleep", "5", NULL);
			   _exit(1);
		   }
		   do {
			   usleep(10000);
			   errno = 0;
		   } while (setpgid(pid, pid) == 0);
		   if (errno != EACCES)
			   _exit(1);
		   kill(pid, SIGKILL);
		   waitpid(pid, &status, 0);
		   _exit(0);
	   }), 0, "after exec the parent cannot move it any more");
}

/* A stopped group that is orphaned gets SIGHUP, then SIGCONT. */
static void orphaned(void)
{
	int fds[2];
	char result[2] = { 0, 0 };

	(void)!pipe(fds);
	is(exit_of_child({
		   pid_t middle;
		   int status;
		   setsid();
		   middle = fork();
		   if (middle == 0) {
			   pid_t pid = fork();
			   if (pid == 0) {
				   struct sigaction action = { .sa_handler = on_hangup };
				   char report[2];
				   setpgid(0, 0);
				   sigaction(SIGHUP, &action, NULL);
				   sigaction(SIGCONT, &action, NULL);
				   raise(SIGSTOP);
				   for (int i = 0; i < 200 && !(hangups && continues); i++)
					   usleep(10000);
				   report[0] = (char)hangups;
				   report[1] = (char)continues;
				   (void)!write(fds[1], report, 2);
				   _exit(0);
			   }
			   waitpid(pid, &status, WUNTRACED);
			   _exit(0);
		   }
		   waitpid(middle, &status, 0);
	   }), 0, "a stopped grandchild in a group of its own loses its parent");
	close(fds[1]);
	is(read(fds[0], result, 2), 2, "it goes on");
	is(result[0], 1, "... after SIGHUP");
	is(result[1], 1, "... and SIGCONT");
	close(fds[0]);
}

static void orphaned_group_does_not_stop(void)
{
	is(exit_of_child({
		   setsid();
		   raise(SIGTSTP);
		   _exit(0);
	   }), 0, "SIGTSTP does not stop an orphaned group");
}

int main(void)
{
	groups();
	sessions();
	orphaned();
	orphaned_group_does_not_stop();
	return done();
}
