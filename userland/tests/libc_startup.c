/* What a program finds when it starts, and what happens when it ends. */
#include "tap.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <signal.h>
#include <sys/wait.h>

static int constructed;
static int status_pipe[2];

__attribute__((constructor)) static void construct(void)
{
	constructed++;
}

static void put(char c)
{
	if (write(status_pipe[1], &c, 1) != 1)
		_exit(99);
}

static void first(void)
{
	put('1');
}

static void second(void)
{
	put('2');
}

int main(int argc, char **argv, char **envp)
{
	char got[8] = "";
	int status;

	is(constructed, 1, "constructors run once, before main");
	ok(argc >= 1 && argv[0] && argv[argc] == NULL, "argc and argv");
	ok(envp == environ, "the environment is the third argument of main");
	is(getauxval(AT_PAGESZ), 4096, "AT_PAGESZ");
	ok(getauxval(AT_PHDR) != 0 && getauxval(AT_PHNUM) >= 2, "AT_PHDR and AT_PHNUM");
	ok(getauxval(AT_RANDOM) != 0, "AT_RANDOM");
	is(getauxval(AT_UID), getuid(), "AT_UID");
	ok(((uintptr_t)__builtin_frame_address(0) & 15) == 0, "the stack is aligned");
	ok(setenv("OSIER_TEST", "value", 1) == 0 && !strcmp(getenv("OSIER_TEST"), "value"), "setenv");

	/* exit: handlers in reverse order, buffers written, the status's low byte. */
	ok(pipe(status_pipe) == 0, "pipe");
	fflush(stdout);
	if (fork() == 0) {
		atexit(first);
		atexit(second);
		exit(0x107);
	}
	ok(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7, "exit status");
	close(status_pipe[1]);
	ok(read(status_pipe[0], got, sizeof got) == 2 && !strcmp(got, "21"), "atexit order");

	ok(pipe(status_pipe) == 0, "pipe");
	fflush(stdout);
	if (fork() == 0) {
		dup2(status_pipe[1], 1);
		printf("tail");
		exit(0);
	}
	wait(&status);
	memset(got, 0, sizeof got);
	ok(read(status_pipe[0], got, sizeof got) == 4 && !strcmp(got, "tail"), "exit flushes stdout");
	fflush(stdout);
	if (fork() == 0)
		abort();
	ok(wait(&status) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "abort");
	return done();
}
