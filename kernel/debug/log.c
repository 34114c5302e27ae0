/*
 * The log's ring and its consoles (log.h).
 *
 * Invariant: text [written - min(written, LOG_BYTES), written) is in the ring, byte n at n % LOG_BYTES.
 */
#include "debug/log.h"

#include "arch/x86_64/tsc.h"
#include "debug/panic.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "sync/spinlock.h"

#define LOG_BYTES 32768u
#define LINE_BYTES 512

static char ring[LOG_BYTES];
static uint64_t written;
static struct spinlock log_lock = SPINLOCK_INIT("log", LOCK_RANK_CONSOLE);
static struct log_console *consoles;
int log_console_level = LOG_INFO;

/* After a panic nobody waits: the text may come out mixed, but it comes out. */
static uint64_t lock(void)
{
	return panic_in_progress ? 0 : spin_lock_irqsave(&log_lock);
}

static void unlock(uint64_t flags)
{
	if (!panic_in_progress)
		spin_unlock_irqrestore(&log_lock, flags);
}

static void emit_locked(const char *text, size_t bytes, bool print)
{
	for (size_t i = 0; i < bytes; i++)
		ring[written++ % LOG_BYTES] = text[i];
	for (struct log_console *console = consoles; print && console; console = console->next)
		if (!console->panic_only || panic_in_progress)
			console->write(text, bytes);
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LINE_BYTES];
	uint64_t now = time_ns() / 1000, flags;
	size_t length;
	va_list arguments;

	length = kscnprintf(line, sizeof(line), "[%5lu.%06lu] %s", now / 1000000, now % 1000000,
			    level == LOG_ERROR ? "error: " : level == LOG_WARN ? "warning: " : "");
	va_start(arguments, format);
	length += kvsnprintf(line + length, sizeof(line) - length, format, arguments);
	va_end(arguments);
	length = min(length, sizeof(line) - 2);
	line[length++] = '\n';

	flags = lock();
	emit_locked(line, length, (int)level <= log_console_level);
	unlock(flags);
}

void log_raw(const char *format, ...)
{
	char text[LINE_BYTES];
	va_list arguments;
	uint64_t flags;
	size_t length;

	va_start(arguments, format);
	length = min(kvsnprintf(text, sizeof(text), format, arguments), sizeof(text) - 1);
	va_end(arguments);
	flags = lock();
	emit_locked(text, length, true);
	unlock(flags);
}

void log_register_console(struct log_console *console)
{
	uint64_t flags = lock();

	console->next = consoles;
	consoles = console;
	unlock(flags);
}

void log_unregister_console(struct log_console *console)
{
	uint64_t flags = lock();

	for (struct log_console **link = &consoles; *link; link = &(*link)->next) {
		if (*link == console) {
			*link = console->next;
			break;
		}
	}
	unlock(flags);
}

size_t log_read(uint64_t *position, char *buffer, size_t size)
{
	uint64_t flags = lock(), oldest = written > LOG_BYTES ? written - LOG_BYTES : 0;
	size_t bytes = 0;

	if (*position < oldest)
		*position = oldest;
	while (bytes < size && *position < written)
		buffer[bytes++] = ring[(*position)++ % LOG_BYTES];
	unlock(flags);
	return bytes;
}

size_t log_size(void)
{
	return min(written, LOG_BYTES);
}
