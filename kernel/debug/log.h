/*
 * The kernel's log: a ring in memory (dmesg), and consoles that print it as it comes.
 * Any context. Declarations only: every layer may include it.
 */
#ifndef OSIER_DEBUG_LOG_H
#define OSIER_DEBUG_LOG_H

#include <osier/compiler.h>
#include <osier/types.h>

#ifdef OSIER_HOST
#include <stdio.h>
#define log_error(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))
#define log_warn(...) log_error(__VA_ARGS__)
#define log_info(...) ((void)0)
#define log_debug(...) ((void)0)
#else

/* Syslog's numbers. loglevel=N on the command line prints levels up to N. */
enum log_level {
	LOG_ERROR = 3,
	LOG_WARN = 4,
	LOG_INFO = 6,
	LOG_DEBUG = 7,
};

/* One line; the newline is added. "module: text" by convention. */
void log_write(enum log_level level, const char *format, ...) __printf_format(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* Text without time, level or newline, past the level filter: panics and tables. */
void log_raw(const char *format, ...) __printf_format(1, 2);

/* Something that shows the log. write: any context, interrupts off, must not log. */
struct log_console {
	void (*write)(const char *text, size_t bytes);
	bool panic_only;		/* normally quiet, shows panics */
	struct log_console *next;
};
void log_register_console(struct log_console *console);
void log_unregister_console(struct log_console *console);

/* Levels up to this one reach the consoles. */
extern int log_console_level;

/*
 * Copies the ring's text from position *position on (0: the oldest there is) and moves it. => bytes copied; 0: no more.
 */
size_t log_read(uint64_t *position, char *buffer, size_t size);
/* Bytes of text in the ring. */
size_t log_size(void);

#endif
#endif
