/*
 * The line discipline: what typed characters become, what a reader gets, what written characters become. Pure: no
 * locks, no sleeping; the caller has the terminal's lock. POSIX.1-2017 chapter 11.
 *
 * Invariants
 *  1. read <= lines_end <= end: [read, lines_end) is what a canonical reader may have, whole lines; [lines_end, end) is
 *     the line being edited. In raw mode all of [read, end) may be had. Counters only grow; the ring index is the counter
 *     modulo TTY_INPUT_SIZE.
 *  2. A bit in `line_ends` for each byte in the ring that ends a line; the byte TTY_EOF_MARK with it is an end of file,
 *     which is not handed out.
 */
#ifndef OSIER_DEV_TTY_LINE_H
#define OSIER_DEV_TTY_LINE_H

#include <osier/abi/termios.h>
#include <osier/types.h>

#define TTY_INPUT_SIZE 4096u

/* The signals that characters send, by their numbers; abi/signal.h does not go with the host's headers. */
enum tty_signal {
	TTY_SIGINT = 2,
	TTY_SIGQUIT = 3,
	TTY_SIGTSTP = 20,
};

struct tty_line {
	struct termios termios;
	uint8_t input[TTY_INPUT_SIZE];
	uint64_t line_ends[TTY_INPUT_SIZE / 64];	/* the byte ends a line */
	uint64_t eof_marks[TTY_INPUT_SIZE / 64];	/* ... and is an end of file */
	uint32_t read, lines_end, end;
	uint32_t lines;			/* complete lines in the ring */
	uint32_t column;		/* of the output, for tabs and erasing */
	uint32_t edit_column;		/* where the line being edited began */
	bool literal_next;		/* after VLNEXT */
	bool stopped;			/* ^S: output waits */
	uint32_t signals;		/* bit n: signal n is to be sent to the foreground group; the caller clears */
	bool flush_output;		/* a signal character asks for it; the caller clears */
	void (*echo)(void *context, const char *text, size_t size);
	void *context;
};

void tty_line_init(struct tty_line *, void (*echo)(void *, const char *, size_t), void *context);
/* One byte from the keyboard or the line: edits, echoes, notes signals. */
void tty_line_input(struct tty_line *, uint8_t byte);
/* Bytes that a read may take now; canonical: up to the first line's end. *at_eof: the next thing is an end of file. */
size_t tty_line_available(const struct tty_line *, bool *at_eof);
/* Whether a read would return at once (raw mode: VMIN not considered). */
bool tty_line_readable(const struct tty_line *);
/* Takes up to `size` bytes; canonical: at most one line. *ended: the line, or the file, ended with it. */
size_t tty_line_read(struct tty_line *, void *out, size_t size, bool *ended);
/*
 * Output processing: takes bytes of `in` and puts what they become into `out`, as long as it fits. => bytes put;
 * *taken of `in` were used.
 */
size_t tty_line_output(struct tty_line *, const char *in, size_t in_size, size_t *taken, char *out, size_t out_size);
void tty_line_set_termios(struct tty_line *, const struct termios *);
void tty_line_flush_input(struct tty_line *);

#endif
