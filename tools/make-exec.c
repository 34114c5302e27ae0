/*
 * A GNU make extension: $(osier-exec PROGRAM ARGUMENTS,NAME,VALUE,NAME,VALUE...) replaces make by the
 * program, with these variables set. make itself can only exit with 0, 1 or 2; `make guest` promises
 * the status of the guest's command, and `make run` a terminal without a make in between.
 */
#include <gnumake.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int plugin_is_GPL_compatible;

enum { MAX_WORDS = 16 };

static char *osier_exec(const char *name, unsigned int argc, char **argv)
{
	char *words[MAX_WORDS + 1] = { NULL }, *rest = argv[0];
	sigset_t none;
	int count = 0;

	for (char *word; count < MAX_WORDS && (word = strtok_r(rest, " \t\n", &rest)); )
		words[count++] = word;
	for (unsigned int i = 1; i + 1 < argc; i += 2)
		setenv(argv[i] + strspn(argv[i], " \t"), argv[i + 1], 1);
	/* make's own settings for its children are nothing to ours. */
	unsetenv("MAKEFLAGS");
	unsetenv("MFLAGS");
	unsetenv("MAKELEVEL");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fflush(NULL);
	if (count)
		execvp(words[0], words);
	fprintf(stderr, "make: %s: ", name);
	perror(count ? words[0] : "no program");
	_exit(121);
}

int osier_gmk_setup(const gmk_floc *where)
{
	(void)where;
	gmk_add_function("osier-exec", osier_exec, 1, 0, GMK_FUNC_DEFAULT);
	return 1;
}
