/*
 * Test Anything Protocol for programs that run in the guest: ok() for each check, done() at the end. A program that dies
 * before done() prints no plan, and that is a failure.
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned tap_count, tap_failures;

__attribute__((format(printf, 4, 5), unused)) static bool tap_report(bool good, const char *file, int line,
								     const char *format, ...)
{
	int error = errno;
	va_list arguments;

	printf("%sok %u - ", good ? "" : "not ", ++tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	if (!good) {
		tap_failures++;
		printf("# %s:%d: failed (errno %d: %s)\n", file, line, error, strerror(error));
	}
	fflush(stdout);
	return good;
}

/* One check with what it says. */
#define ok(condition, ...) tap_report(!!(condition), __FILE__, __LINE__, __VA_ARGS__)

/* `expression` fails with -1 and errno `wanted`. */
#define fails_with(wanted, expression)                                                             \
	do {                                                                                       \
		errno = 0;                                                                         \
		long tap_result_ = (long)(expression);                                             \
		int tap_errno_ = errno;                                                            \
		if (!tap_report(tap_result_ == -1 && tap_errno_ == (wanted), __FILE__, __LINE__,   \
				"%s: %s", #expression, #wanted))                                   \
			printf("# returned %ld, errno %d (%s)\n", tap_result_, tap_errno_,         \
			       strerror(tap_errno_));                                              \
	} while (0)

/* `actual` is `wanted`, as integers. */
#define is(actual, wanted, ...)                                                                    \
	do {                                                                                       \
		long tap_actual_ = (long)(actual), tap_wanted_ = (long)(wanted);                   \
		if (!tap_report(tap_actual_ == tap_wanted_, __FILE__, __LINE__, __VA_ARGS__))      \
			printf("# got %ld, wanted %ld\n", tap_actual_, tap_wanted_);               \
	} while (0)

#define note(...) (printf("# " __VA_ARGS__), putchar('\n'), (void)fflush(stdout))

__attribute__((unused)) static int done(void)
{
	printf("1..%u\n", tap_count);
	fflush(stdout);
	return tap_failures ? 1 : 0;
}

/* Runs `statement` in a child. => its wait status. */
#define in_child(...)                                                                              \
	({                                                                                         \
		int tap_status_ = -1;                                                              \
		fflush(stdout);                                                                    \
		pid_t tap_pid_ = fork();                                                           \
		if (tap_pid_ == 0) {                                                               \
			__VA_ARGS__;                                                               \
			_exit(0);                                                                  \
		}                                                                                  \
		while (tap_pid_ > 0 && waitpid(tap_pid_, &tap_status_, 0) < 0 && errno == EINTR)   \
			;                                                                          \
		tap_status_;                                                                       \
	})

/* The exit code of a child that ran `statement`, or 1000 + the signal that ended it. */
#define exit_of_child(...)                                                                         \
	({                                                                                         \
		int tap_child_ = in_child(__VA_ARGS__);                                              \
		WIFEXITED(tap_child_) ? WEXITSTATUS(tap_child_) : 1000 + WTERMSIG(tap_child_);     \
	})

#endif
