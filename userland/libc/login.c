/* Who is logged in on the controlling terminal; passwords from the terminal. */
#include "osier.h"
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

int getlogin_r(char *buf, size_t size)
{
	char tty[TTY_NAME_MAX];
	struct utmpx want, *entry;
	int error = ENXIO;

	if (ttyname_r(0, tty, sizeof tty) && ttyname_r(1, tty, sizeof tty) &&
	    ttyname_r(2, tty, sizeof tty))
		return ENOTTY;
	memset(&want, 0, sizeof want);
	strncpy(want.ut_line, tty + strlen("/dev/"), sizeof want.ut_line);
	setutxent();
	entry = getutxline(&want);
	if (entry) {
		size_t length = strnlen(entry->ut_user, sizeof entry->ut_user);

		error = ERANGE;
		if (length < size) {
			memcpy(buf, entry->ut_user, length);
			buf[length] = 0;
			error = 0;
		}
	}
	endutxent();
	return error;
}

char *getlogin(void)
{
	static char name[UT_NAMESIZE + 1];
	int error = getlogin_r(name, sizeof name);

	if (error) {
		errno = error;
		return NULL;
	}
	return name;
}

char *getpass(const char *prompt)
{
	static char line[256];
	struct termios old, quiet;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC), echo;
	size_t n = 0;
	char c;

	if (fd < 0)
		return NULL;
	echo = tcgetattr(fd, &old) == 0;
	if (echo) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		quiet.c_lflag |= ICANON;
		tcsetattr(fd, TCSAFLUSH, &quiet);
	}
	write(fd, prompt, strlen(prompt));
	while (read(fd, &c, 1) == 1 && c != '\n') {
		if (n < sizeof line - 1)
			line[n++] = c;
	}
	line[n] = 0;
	write(fd, "\n", 1);
	if (echo)
		tcsetattr(fd, TCSAFLUSH, &old);
	close(fd);
	return line;
}
