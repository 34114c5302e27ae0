/* syslog: a datagram to /dev/log where somebody listens, else the console where LOG_CONS asks. */
#include "osier.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

static int log_fd = -1, log_options, log_facility = LOG_USER, log_mask = 0xff;
static const char *log_name;

static int connect_log(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };

	log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (log_fd < 0)
		return -1;
	if (connect(log_fd, (struct sockaddr *)&address, sizeof address) == 0)
		return 0;
	close(log_fd);
	log_fd = -1;
	return -1;
}

void openlog(const char *name, int options, int facility)
{
	log_name = name;
	log_options = options;
	log_facility = facility & LOG_FACMASK;
	if ((options & LOG_NDELAY) && log_fd < 0)
		connect_log();
}

void closelog(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
}

int setlogmask(int mask)
{
	int old = log_mask;

	if (mask)
		log_mask = mask;
	return old;
}

void vsyslog(int priority, const char *format, va_list ap)
{
	char text[1024], stamp[32];
	int saved = errno, n, head;
	time_t now = time(NULL);
	struct tm tm;

	if (!(log_mask & LOG_MASK(LOG_PRI(priority))))
		return;
	if (!(priority & LOG_FACMASK))
		priority |= log_facility;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%b %e %T", &tm);
	n = snprintf(text, sizeof text, "<%d>%s ", priority, stamp);
	head = n;
	if (log_options & LOG_PID)
		n += snprintf(text + n, sizeof text - n, "%s[%d]: ", log_name ? log_name : "",
			      (int)getpid());
	else if (log_name)
		n += snprintf(text + n, sizeof text - n, "%s: ", log_name);
	errno = saved;			/* for %m, which newlib's printf knows */
	if (n < (int)sizeof text) {
		int more = vsnprintf(text + n, sizeof text - n, format, ap);

		n += more > 0 ? more : 0;
	}
	if (n >= (int)sizeof text)
		n = sizeof text - 1;
	if (n > head && text[n - 1] == '\n')
		n--;
	if (log_options & LOG_PERROR) {
		write(2, text + head, (size_t)(n - head));
		write(2, "\n", 1);
	}
	if ((log_fd < 0 && connect_log() < 0) || send(log_fd, text, (size_t)n, MSG_NOSIGNAL) < 0) {
		if (log_options & LOG_CONS) {
			int fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);

			if (fd >= 0) {
				write(fd, text + head, (size_t)(n - head));
				write(fd, "\r\n", 2);
				close(fd);
			}
		}
	}
	errno = saved;
}

void syslog(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsyslog(priority, format, ap);
	va_end(ap);
}
