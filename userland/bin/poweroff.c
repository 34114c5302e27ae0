/*
 * poweroff, reboot, halt: end the machine. One program; its name says how.
 *
 * It asks init, which ends the other processes first; -f, or an init that does not answer, does it
 * at once.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	unsigned command = RB_POWER_OFF;
	int request = SIGUSR2;
	int force = argc == 2 && strcmp(argv[1], "-f") == 0;

	if (argc > 2 || (argc == 2 && !force)) {
		fprintf(stderr, "usage: %s [-f]\n", name);
		return 2;
	}
	if (strcmp(name, "reboot") == 0) {
		command = RB_AUTOBOOT;
		request = SIGTERM;
	} else if (strcmp(name, "halt") == 0) {
		command = RB_HALT_SYSTEM;
		request = SIGUSR1;
	}
	if (!force && kill(1, request) == 0) {
		sleep(5);
		fprintf(stderr, "%s: init did not answer\n", name);
	} else if (!force && errno == EPERM) {
		fprintf(stderr, "%s: only root may do that\n", name);
		return 1;
	}
	sync();
	if (reboot(command) < 0)
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
	return 1;
}
