/* Messages with the program's name in front and errno's text behind. */
#include "osier.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern hidden char *__osier_program_name;

static void say(const char *format, va_list ap, const char *reason)
{
	const char *name = __osier_program_name;

	if (name && strrchr(name, '/'))
		name = strrchr(name, '/') + 1;
	fflush(stdout);
	if (name)
		fprintf(stderr, "%s: ", name);
	if (format)
		vfprintf(stderr, format, ap);
	if (reason)
		fprintf(stderr, "%s%s", format ? ": " : "", reason);
	putc('\n', stderr);
}

void vwarn(const char *format, va_list ap)
{
	say(format, ap, strerror(errno));
}

void vwarnx(const char *format, va_list ap)
{
	say(format, ap, NULL);
}

void verr(int status, const char *format, va_list ap)
{
	say(format, ap, strerror(errno));
	exit(status);
}

void verrx(int status, const char *format, va_list ap)
{
	say(format, ap, NULL);
	exit(status);
}

void warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vwarn(format, ap);
	va_end(ap);
}

void warnx(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vwarnx(format, ap);
	va_end(ap);
}

void err(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	verr(status, format, ap);
}

void errx(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	verrx(status, format, ap);
}
