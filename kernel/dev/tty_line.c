/*
 * The line discipline. See tty_line.h.
 */
#include "dev/tty_line.h"

#include "lib/bitmap.h"
#include "lib/string.h"

#define DISABLED 0			/* _POSIX_VDISABLE */

static inline unsigned slot(uint32_t position)
{
	return position % TTY_INPUT_SIZE;
}

static inline bool input_flag(const struct tty_line *line, tcflag_t flag)
{
	return line->termios.c_iflag & flag;
}

static inline bool local_flag(const struct tty_line *line, tcflag_t flag)
{
	return line->termios.c_lflag & flag;
}

static inline bool is_char(const struct tty_line *line, unsigned which, uint8_t byte)
{
	return line->termios.c_cc[which] == byte && byte != DISABLED;
}

static inline bool is_continuation(const struct tty_line *line, uint8_t byte)
{
	return input_flag(line, IUTF8) && (byte & 0xc0) == 0x80;
}

void tty_line_init(struct tty_line *line, void (*echo)(void *, const char *, size_t), void *context)
{
	static const struct termios standard = {
		.c_iflag = ICRNL | IXON | IMAXBEL | IUTF8,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B38400 | CS8 | CREAD | HUPCL | CLOCAL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_cc = {
			[VINTR] = 'C' & 31, [VQUIT] = '\\' & 31, [VERASE] = 0x7f, [VKILL] = 'U' & 31,
			[VEOF] = 'D' & 31, [VTIME] = 0, [VMIN] = 1, [VSTART] = 'Q' & 31, [VSTOP] = 'S' & 31,
			[VSUSP] = 'Z' & 31, [VREPRINT] = 'R' & 31, [VDISCARD] = 'O' & 31,
			[VWERASE] = 'W' & 31, [VLNEXT] = 'V' & 31,
		},
		.c_ispeed = B38400,
		.c_ospeed = B38400,
	};

	memset(line, 0, sizeof *line);
	line->termios = standard;
	line->echo = echo;
	line->context = context;
}

/* ---- output ---------------------------------------------------------------------------------- */

/* What one byte becomes: at most 8 bytes. => how many. */
static size_t expand(struct tty_line *line, uint8_t byte, char out[8])
{
	tcflag_t flags = line->termios.c_oflag;
	size_t count = 1;

	out[0] = (char)byte;
	if (!(flags & OPOST)) {
		/* The column is unknown, but a line end is likely to begin a line. */
		if (byte == '\n' || byte == '\r')
			line->column = 0;
		return 1;
	}
	switch (byte) {
	case '\n':
		if (flags & ONLCR) {
			out[0] = '\r';
			out[1] = '\n';
			count = 2;
			line->column = 0;
		} else if (flags & ONLRET) {
			line->column = 0;
		}
		break;
	case '\r':
		if (flags & ONOCR && line->column == 0)
			return 0;
		if (flags & OCRNL)
			out[0] = '\n';
		line->column = 0;
		break;
	case '\t':
		if ((flags & TABDLY) == XTABS) {
			count = 8 - (line->column & 7);
			memset(out, ' ', count);
		}
		line->column = (line->column | 7) + 1;
		break;
	case '\b':
		if (line->column)
			line->column--;
		break;
	default:
		if (flags & OLCUC && byte >= 'a' && byte <= 'z')
			out[0] = (char)(byte - 'a' + 'A');
		if (byte >= 32 && byte != 0x7f && (byte & 0xc0) != 0x80)
			line->column++;
	}
	return count;
}

size_t tty_line_output(struct tty_line *line, const char *in, size_t in_size, size_t *taken, char *out, size_t out_size)
{
	size_t put = 0, used = 0;

	while (used < in_size && out_size - put >= 8) {
		put += expand(line, (uint8_t)in[used], out + put);
		used++;
	}
	*taken = used;
	return put;
}

/* ---- echo ------------------------------------------------------------------------------------ */

static void echo_text(struct tty_line *line, const char *text, size_t size)
{
	while (size) {
		char out[64];
		size_t taken, put = tty_line_output(line, text, size, &taken, out, sizeof out);

		line->echo(line->context, out, put);
		text += taken;
		size -= taken;
	}
}

static bool shown_as_caret(const struct tty_line *line, uint8_t byte)
{
	return local_flag(line, ECHOCTL) && (byte < 32 || byte == 0x7f) && byte != '\t' && byte != '\n';
}

static void echo_byte(struct tty_line *line, uint8_t byte)
{
	char text[2] = { '^', (char)(byte ^ 0x40) };

	if (shown_as_caret(line, byte)) {
		echo_text(line, text, 2);
	} else {
		text[0] = (char)byte;
		echo_text(line, text, 1);
	}
}

static void echo_if(struct tty_line *line, uint8_t byte)
{
	if (local_flag(line, ECHO))
		echo_byte(line, byte);
}

/* The column after the line being edited as far as `until`. */
static unsigned column_at(const struct tty_line *line, uint32_t until)
{
	unsigned column = line->edit_column;

	for (uint32_t i = line->lines_end; i != until; i++) {
		uint8_t byte = line->input[slot(i)];

		if (byte == '\t')
			column = (column | 7) + 1;
		else if (shown_as_caret(line, byte))
			column += 2;
		else if (byte >= 32 && !is_continuation(line, byte))
			column++;
	}
	return column;
}

/* ---- the line being edited ------------------------------------------------------------------- */

static void erase_columns(struct tty_line *line, unsigned count)
{
	while (count--)
		echo_text(line, "\b \b", 3);
}

/* Takes the last character off. => false: there was none. */
static bool erase_character(struct tty_line *line, bool show)
{
	unsigned before;

	if (line->end == line->lines_end)
		return false;
	before = column_at(line, line->end);
	do
		line->end--;
	while (line->end != line->lines_end && is_continuation(line, line->input[slot(line->end)]));
	if (show)
		erase_columns(line, before - column_at(line, line->end));
	return true;
}

static void erase_one(struct tty_line *line, uint8_t byte)
{
	bool echo = local_flag(line, ECHO), visual = local_flag(line, ECHOE);

	if (erase_character(line, echo && visual) && echo && !visual)
		echo_byte(line, byte);
}

static bool is_word_byte(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       byte == '_' || byte >= 0x80;
}

/* Blanks and what is no word before the end, then the word. */
static void erase_word(struct tty_line *line, uint8_t byte)
{
	bool echo = local_flag(line, ECHO), visual = local_flag(line, ECHOE), seen = false;

	if (echo && !visual)
		echo_byte(line, byte);
	while (line->end != line->lines_end) {
		bool word = is_word_byte(line->input[slot(line->end - 1)]);

		if (seen && !word)
			break;
		seen |= word;
		erase_character(line, echo && visual);
	}
}

static void kill_line(struct tty_line *line, uint8_t byte)
{
	bool echo = local_flag(line, ECHO), visual = local_flag(line, ECHOKE) && local_flag(line, ECHOE);

	if (echo && visual && local_flag(line, ECHOK)) {
		erase_columns(line, column_at(line, line->end) - line->edit_column);
		line->end = line->lines_end;
		return;
	}
	line->end = line->lines_end;
	if (echo) {
		echo_byte(line, byte);
		if (local_flag(line, ECHOK))
			echo_text(line, "\n", 1);
	}
}

static void reprint(struct tty_line *line, uint8_t byte)
{
	if (!local_flag(line, ECHO))
		return;
	echo_byte(line, byte);
	echo_text(line, "\n", 1);
	line->edit_column = line->column;
	for (uint32_t i = line->lines_end; i != line->end; i++)
		echo_byte(line, line->input[slot(i)]);
}

/* => false: the ring is full. */
static bool append(struct tty_line *line, uint8_t byte, bool ends_line, bool eof)
{
	unsigned at = slot(line->end);

	if (line->end - line->read >= TTY_INPUT_SIZE)
		return false;
	line->input[at] = byte;
	bitmap_clear(line->line_ends, at);
	bitmap_clear(line->eof_marks, at);
	if (ends_line)
		bitmap_set(line->line_ends, at);
	if (eof)
		bitmap_set(line->eof_marks, at);
	line->end++;
	if (ends_line) {
		line->lines++;
		line->lines_end = line->end;
	}
	return true;
}

static void complain(struct tty_line *line)
{
	if (input_flag(line, IMAXBEL))
		echo_text(line, "\a", 1);
}

static void insert(struct tty_line *line, uint8_t byte)
{
	/* The last place in the ring is kept for the byte that ends the line. */
	if (line->end - line->read >= TTY_INPUT_SIZE - 1) {
		complain(line);
		return;
	}
	if (line->end == line->lines_end)
		line->edit_column = line->column;
	append(line, byte, false, false);
	echo_if(line, byte);
}

void tty_line_flush_input(struct tty_line *line)
{
	line->read = line->lines_end = line->end;
	line->lines = 0;
	memset(line->line_ends, 0, sizeof line->line_ends);
	memset(line->eof_marks, 0, sizeof line->eof_marks);
}

/* ---- input ----------------------------------------------------------------------------------- */

static bool signal_byte(struct tty_line *line, uint8_t byte)
{
	int signal;

	if (is_char(line, VINTR, byte))
		signal = TTY_SIGINT;
	else if (is_char(line, VQUIT, byte))
		signal = TTY_SIGQUIT;
	else if (is_char(line, VSUSP, byte))
		signal = TTY_SIGTSTP;
	else
		return false;
	if (!local_flag(line, NOFLSH)) {
		tty_line_flush_input(line);
		line->flush_output = true;
	}
	line->stopped = false;
	echo_if(line, byte);
	line->signals |= 1u << signal;
	return true;
}

/* Editing characters and line ends. => true if that was one. */
static bool canonical_byte(struct tty_line *line, uint8_t byte)
{
	bool extended = local_flag(line, IEXTEN);

	if (is_char(line, VERASE, byte)) {
		erase_one(line, byte);
	} else if (extended && is_char(line, VWERASE, byte)) {
		erase_word(line, byte);
	} else if (is_char(line, VKILL, byte)) {
		kill_line(line, byte);
	} else if (extended && is_char(line, VREPRINT, byte)) {
		reprint(line, byte);
	} else if (extended && is_char(line, VLNEXT, byte)) {
		line->literal_next = true;
		if (local_flag(line, ECHO) && local_flag(line, ECHOCTL))
			line->echo(line->context, "^\b", 2);
	} else if (is_char(line, VEOF, byte)) {
		append(line, 0, true, true);
	} else if (byte == '\n') {
		if (!append(line, byte, true, false))
			complain(line);
		else if (local_flag(line, ECHO) || local_flag(line, ECHONL))
			echo_text(line, "\n", 1);
	} else if (is_char(line, VEOL, byte) || (extended && is_char(line, VEOL2, byte))) {
		if (append(line, byte, true, false))
			echo_if(line, byte);
	} else {
		return false;
	}
	return true;
}

void tty_line_input(struct tty_line *line, uint8_t byte)
{
	bool canonical = local_flag(line, ICANON);

	if (input_flag(line, ISTRIP))
		byte &= 0x7f;
	if (line->literal_next) {
		line->literal_next = false;
		insert(line, byte);
		return;
	}
	if (input_flag(line, IXON)) {
		if (is_char(line, VSTART, byte)) {
			line->stopped = false;
			return;
		}
		if (is_char(line, VSTOP, byte)) {
			line->stopped = true;
			return;
		}
		if (input_flag(line, IXANY))
			line->stopped = false;
	}
	if (byte == '\r') {
		if (input_flag(line, IGNCR))
			return;
		if (input_flag(line, ICRNL))
			byte = '\n';
	} else if (byte == '\n' && input_flag(line, INLCR)) {
		byte = '\r';
	}
	if (input_flag(line, IUCLC) && local_flag(line, IEXTEN) && byte >= 'A' && byte <= 'Z')
		byte = (uint8_t)(byte - 'A' + 'a');
	if (local_flag(line, ISIG) && signal_byte(line, byte))
		return;
	if (canonical) {
		if (!canonical_byte(line, byte))
			insert(line, byte);
	} else if (append(line, byte, false, false)) {
		line->lines_end = line->end;
		echo_if(line, byte);
	} else {
		complain(line);
	}
}

/* ---- reading --------------------------------------------------------------------------------- */

bool tty_line_readable(const struct tty_line *line)
{
	return local_flag(line, ICANON) ? line->lines != 0 : line->read != line->end;
}

size_t tty_line_available(const struct tty_line *line, bool *at_eof)
{
	uint32_t i;

	*at_eof = false;
	if (!local_flag(line, ICANON))
		return line->end - line->read;
	if (!line->lines)
		return 0;
	for (i = line->read; i != line->lines_end; i++) {
		if (bitmap_test(line->eof_marks, slot(i))) {
			*at_eof = i == line->read;
			return i - line->read;
		}
		if (bitmap_test(line->line_ends, slot(i)))
			return i - line->read + 1;
	}
	return i - line->read;
}

/* Takes the first byte off the ring. */
static void consume(struct tty_line *line)
{
	unsigned at = slot(line->read);

	if (bitmap_test(line->line_ends, at)) {
		line->lines--;
		bitmap_clear(line->line_ends, at);
		bitmap_clear(line->eof_marks, at);
	}
	line->read++;
}

size_t tty_line_read(struct tty_line *line, void *out, size_t size, bool *ended)
{
	bool canonical = local_flag(line, ICANON);
	uint8_t *bytes = out;
	size_t count = 0;

	*ended = false;
	while (line->read != line->end && !(canonical && !line->lines)) {
		unsigned at = slot(line->read);
		bool ends = bitmap_test(line->line_ends, at), eof = bitmap_test(line->eof_marks, at);

		/* An end of file right behind a full buffer goes with it: the line has been read. */
		if (count == size && !(canonical && eof && count))
			break;
		if (!eof)
			bytes[count++] = line->input[at];
		consume(line);
		if (canonical && ends) {
			*ended = true;
			break;
		}
	}
	return count;
}

/* What was typed stays: as a line when it becomes canonical, as bytes when it becomes raw. */
void tty_line_set_termios(struct tty_line *line, const struct termios *termios)
{
	bool was = local_flag(line, ICANON), will = termios->c_lflag & ICANON;
	uint32_t last = line->end - 1;

	line->termios = *termios;
	if (was && !will) {
		line->lines_end = line->end;
		line->literal_next = false;
	} else if (!was && will && line->read != line->end && !bitmap_test(line->line_ends, slot(last))) {
		bitmap_set(line->line_ends, slot(last));
		line->lines++;
		line->lines_end = line->end;
	}
	if (!(termios->c_iflag & IXON))
		line->stopped = false;
}
