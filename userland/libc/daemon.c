/* daemon(): into the background, away from the terminal. */
#include "osier.h"
#include <fcntl.h>
#include <unistd.h>

int daemon(int keep_directory, int keep_streams)
{
	int fd;

	switch (fork()) {
	case -1:
		return -1;
	case 0:
		break;
	default:
		_exit(0);
	}
	if (setsid() < 0)
		return -1;
	if (!keep_directory)
		chdir("/");
	if (!keep_streams && (fd = open("/dev/null", O_RDWR)) >= 0) {
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	return 0;
}
