/*
 * The parser of what is written to the screen: UTF-8, control characters, escape sequences. ECMA-48, the VT100 and VT220, and of
 * xterm and Linux what programs use. What is not known is skipped whole.
 */
#include "dev/terminal.h"

#include "lib/bitmap.h"
#include "lib/printf.h"

enum parser_state {
	GROUND,
	ESCAPE,			/* after ESC */
	ESCAPE_INTERMEDIATE,	/* ESC and one of ( ) # % and so on */
	CSI,			/* after ESC [ */
	STRING,			/* OSC, DCS, PM, APC: up to BEL or ESC \ */
	STRING_ESCAPE,
	OSC_FIRST,		/* Linux: ESC ] P and seven digits, or ESC ] R, without an end */
	SKIP,			/* so many bytes more */
};

/* Parameter `index`, or `otherwise` when it is not given or 0. */
static int parameter(const struct terminal *t, unsigned index, int otherwise)
{
	return index < t->parameter_count && t->parameters[index] ? (int)t->parameters[index] : otherwise;
}

static void reply(struct terminal *t, const char *text, size_t size)
{
	if (t->reply)
		t->reply(t->context, text, size);
}

/* ---- SGR ------------------------------------------------------------------------------------- */

/* The nearest of the 6x6x6 cube. */
static uint8_t cube(unsigned red, unsigned green, unsigned blue)
{
	red = red > 255 ? 255 : red;
	green = green > 255 ? 255 : green;
	blue = blue > 255 ? 255 : blue;
	return (uint8_t)(16 + 36 * ((red * 5 + 127) / 255) + 6 * ((green * 5 + 127) / 255) + (blue * 5 + 127) / 255);
}

/* 38 or 48 with what follows. => parameters used beyond the first. */
static unsigned extended_colour(const struct terminal *t, unsigned at, uint8_t *colour)
{
	if (parameter(t, at + 1, 0) == 5 && at + 2 < t->parameter_count) {
		*colour = (uint8_t)t->parameters[at + 2];
		return 2;
	}
	if (parameter(t, at + 1, 0) == 2 && at + 4 < t->parameter_count) {
		*colour = cube(t->parameters[at + 2], t->parameters[at + 3], t->parameters[at + 4]);
		return 4;
	}
	return t->parameter_count;
}

static void set_rendition(struct terminal *t)
{
	struct cell *pen = &t->cursor.pen;

	if (!t->parameter_count)
		t->parameters[t->parameter_count++] = 0;
	for (unsigned i = 0; i < t->parameter_count; i++) {
		uint32_t p = t->parameters[i];

		if (p == 0)
			*pen = (struct cell){ ' ', 7, 0, 0, 0 };
		else if (p == 1)
			pen->flags |= CELL_BOLD;
		else if (p == 2)
			pen->flags |= CELL_DIM;
		else if (p == 4)
			pen->flags |= CELL_UNDERLINE;
		else if (p == 7)
			pen->flags |= CELL_REVERSE;
		else if (p == 8)
			pen->flags |= CELL_HIDDEN;
		else if (p == 10 || p == 11)
			t->cursor.graphics[0] = p == 11;
		else if (p == 21 || p == 22)
			pen->flags &= (uint8_t)~(CELL_BOLD | CELL_DIM);
		else if (p == 24)
			pen->flags &= (uint8_t)~CELL_UNDERLINE;
		else if (p == 27)
			pen->flags &= (uint8_t)~CELL_REVERSE;
		else if (p == 28)
			pen->flags &= (uint8_t)~CELL_HIDDEN;
		else if (p >= 30 && p <= 37)
			pen->foreground = (uint8_t)(p - 30);
		else if (p == 38)
			i += extended_colour(t, i, &pen->foreground);
		else if (p == 39)
			pen->foreground = 7;
		else if (p >= 40 && p <= 47)
			pen->background = (uint8_t)(p - 40);
		else if (p == 48)
			i += extended_colour(t, i, &pen->background);
		else if (p == 49)
			pen->background = 0;
		else if (p >= 90 && p <= 97)
			pen->foreground = (uint8_t)(p - 90 + 8);
		else if (p >= 100 && p <= 107)
			pen->background = (uint8_t)(p - 100 + 8);
	}
}

/* ---- modes ----------------------------------------------------------------------------------- */

static void set_private_mode(struct terminal *t, uint32_t mode, bool on)
{
	switch (mode) {
	case 1:
		t->application_keys = on;
		break;
	case 5:
		t->reversed = on;
		for (unsigned i = 0; i < t->rows; i++)
			bitmap_set(t->dirty, i);
		break;
	case 6:
		t->cursor.origin = on;
		terminal_move(t, 0, 0);
		break;
	case 7:
		t->autowrap = on;
		break;
	case 25:
		t->cursor_visible = on;
		break;
	case 47:
	case 1047:
		terminal_set_alternate(t, on);
		break;
	case 1048:
		if (on)
			terminal_save(t);
		else
			terminal_restore(t);
		break;
	case 1049:
		if (on == t->alternate)
			break;
		if (on)
			t->saved_main = t->cursor;
		terminal_set_alternate(t, on);
		if (!on) {
			struct terminal_cursor saved = t->saved;

			t->saved = t->saved_main;
			terminal_restore(t);
			t->saved = saved;
		}
		break;
	}
}

static void set_modes(struct terminal *t, bool on)
{
	for (unsigned i = 0; i < t->parameter_count; i++) {
		if (t->private_mark == '?')
			set_private_mode(t, t->parameters[i], on);
		else if (!t->private_mark && t->parameters[i] == 4)
			t->insert = on;
		else if (!t->private_mark && t->parameters[i] == 20)
			t->newline = on;
	}
}

/* ---- CSI ------------------------------------------------------------------------------------- */

static void erase_display(struct terminal *t, int how)
{
	unsigned row = t->cursor.row, column = t->cursor.column;

	if (how == 0) {
		terminal_erase(t, row, column, t->columns);
		for (unsigned i = row + 1; i < t->rows; i++)
			terminal_erase(t, i, 0, t->columns);
	} else if (how == 1) {
		for (unsigned i = 0; i < row; i++)
			terminal_erase(t, i, 0, t->columns);
		terminal_erase(t, row, 0, column + 1);
	} else if (how == 2 || how == 3) {
		for (unsigned i = 0; i < t->rows; i++)
			terminal_erase(t, i, 0, t->columns);
	}
	t->cursor.wrap_pending = false;
}

static void erase_line(struct terminal *t, int how)
{
	unsigned column = t->cursor.column;

	if (how >= 0 && how <= 2)
		terminal_erase(t, t->cursor.row, how == 0 ? column : 0, how == 1 ? column + 1 : t->columns);
	t->cursor.wrap_pending = false;
}

static void report(struct terminal *t, int what)
{
	char text[32];
	size_t size;

	if (what == 5) {
		reply(t, "\033[0n", 4);
	} else if (what == 6) {
		unsigned row = t->cursor.row - (t->cursor.origin ? t->top : 0);

		size = kscnprintf(text, sizeof text, "\033[%u;%uR", row + 1, t->cursor.column + 1);
		reply(t, text, size);
	}
}

static void set_region(struct terminal *t)
{
	int top = parameter(t, 0, 1), bottom = parameter(t, 1, (int)t->rows);

	if (bottom > (int)t->rows)
		bottom = (int)t->rows;
	if (top < 1 || top >= bottom)
		return;
	t->top = (unsigned)top - 1;
	t->bottom = (unsigned)bottom - 1;
	terminal_move(t, 0, 0);
}

static void repeat(struct terminal *t, int count)
{
	if (!t->last_character)
		return;
	while (count-- > 0)
		terminal_put(t, t->last_character);
}

static void control_sequence(struct terminal *t, uint8_t final)
{
	int n = parameter(t, 0, 1);
	bool inside = t->cursor.row >= t->top && t->cursor.row <= t->bottom;

	/* Counts beyond any screen come to the same. */
	if (n > 9999)
		n = 9999;
	if (t->intermediate) {
		if (t->intermediate == '!' && final == 'p') {
			t->cursor.origin = t->insert = t->application_keys = false;
			t->autowrap = t->cursor_visible = true;
			t->top = 0;
			t->bottom = t->rows - 1;
			t->cursor.pen = (struct cell){ ' ', 7, 0, 0, 0 };
		}
		return;
	}
	if (t->private_mark && final != 'h' && final != 'l' && final != 'J' && final != 'K')
		return;
	switch (final) {
	case '@': terminal_insert_cells(t, (unsigned)n); break;
	case 'A': terminal_move_by(t, -n, 0); break;
	case 'B': case 'e': terminal_move_by(t, n, 0); break;
	case 'C': case 'a': terminal_move_by(t, 0, n); break;
	case 'D': terminal_move_by(t, 0, -n); break;
	case 'E': terminal_move_by(t, n, -(int)t->columns); break;
	case 'F': terminal_move_by(t, -n, -(int)t->columns); break;
	case 'G': case '`': t->cursor.column = 0; terminal_move_by(t, 0, n - 1); break;
	case 'H': case 'f': terminal_move(t, n - 1, parameter(t, 1, 1) - 1); break;
	case 'I':
		while (n-- > 0 && t->cursor.column + 1 < t->columns)
			terminal_control(t, '\t');
		break;
	case 'J': erase_display(t, parameter(t, 0, 0)); break;
	case 'K': erase_line(t, parameter(t, 0, 0)); break;
	case 'L': if (inside) terminal_scroll(t, t->cursor.row, t->bottom, -n); break;
	case 'M': if (inside) terminal_scroll(t, t->cursor.row, t->bottom, n); break;
	case 'P': terminal_delete_cells(t, (unsigned)n); break;
	case 'S': terminal_scroll(t, t->top, t->bottom, n); break;
	case 'T': terminal_scroll(t, t->top, t->bottom, -n); break;
	case 'X':
		terminal_erase(t, t->cursor.row, t->cursor.column,
			       t->cursor.column + (unsigned)n < t->columns ? t->cursor.column + (unsigned)n : t->columns);
		break;
	case 'Z':
		while (n-- > 0 && t->cursor.column)
			do
				t->cursor.column--;
			while (t->cursor.column && !bitmap_test(t->tabs, t->cursor.column));
		break;
	case 'b': repeat(t, n); break;
	case 'c':
		if (!parameter(t, 0, 0))
			reply(t, "\033[?6c", 5);
		break;
	case 'd': terminal_move(t, n - 1, (int)t->cursor.column); break;
	case 'g':
		if (parameter(t, 0, 0) == 0)
			bitmap_clear(t->tabs, t->cursor.column);
		else if (parameter(t, 0, 0) == 3)
			for (unsigned i = 0; i < t->columns; i++)
				bitmap_clear(t->tabs, i);
		break;
	case 'h': set_modes(t, true); break;
	case 'l': set_modes(t, false); break;
	case 'm': set_rendition(t); break;
	case 'n': report(t, parameter(t, 0, 0)); break;
	case 'r': set_region(t); break;
	case 's': terminal_save(t); break;
	case 'u': terminal_restore(t); break;
	}
}

/* ---- the parser ------------------------------------------------------------------------------ */

static void escape(struct terminal *t, uint8_t byte)
{
	t->state = GROUND;
	switch (byte) {
	case '[':
		t->state = CSI;
		t->parameter_count = 0;
		t->private_mark = t->intermediate = 0;
		break;
	case ']':
		t->state = OSC_FIRST;
		break;
	case 'P': case 'X': case '^': case '_':
		t->state = STRING;
		break;
	case '(': case ')': case '*': case '+': case '-': case '.': case '/': case '#': case '%': case ' ':
		t->state = ESCAPE_INTERMEDIATE;
		t->intermediate = byte;
		break;
	case '7': terminal_save(t); break;
	case '8': terminal_restore(t); break;
	case 'D': terminal_index(t); break;
	case 'E': t->cursor.column = 0; terminal_index(t); break;
	case 'H': bitmap_set(t->tabs, t->cursor.column); break;
	case 'M': terminal_reverse_index(t); break;
	case 'Z': reply(t, "\033[?6c", 5); break;
	case 'c': terminal_reset(t); break;
	}
}

static void escape_intermediate(struct terminal *t, uint8_t byte)
{
	t->state = GROUND;
	if (t->intermediate == '(' || t->intermediate == ')') {
		t->cursor.graphics[t->intermediate == ')'] = byte == '0';
	} else if (t->intermediate == '#' && byte == '8') {
		/* The screen full of E, to look at its geometry. */
		for (unsigned row = 0; row < t->rows; row++) {
			terminal_erase(t, row, 0, t->columns);
			for (unsigned column = 0; column < t->columns; column++)
				terminal_row(t, row)[column].character = 'E';
		}
	}
}

static void csi(struct terminal *t, uint8_t byte)
{
	if (byte >= '0' && byte <= '9') {
		uint32_t *value;

		if (!t->parameter_count)
			t->parameters[t->parameter_count++] = 0;
		value = &t->parameters[t->parameter_count - 1];
		if (*value < 100000)
			*value = *value * 10 + (byte - '0');
	} else if (byte == ';' || byte == ':') {
		if (!t->parameter_count)
			t->parameters[t->parameter_count++] = 0;
		if (t->parameter_count < TERMINAL_PARAMETERS)
			t->parameters[t->parameter_count++] = 0;
		else
			t->parameters[TERMINAL_PARAMETERS - 1] = 0;
	} else if (byte >= '<' && byte <= '?') {
		t->private_mark = byte;
	} else if (byte == '[' && !t->parameter_count) {
		/* Linux's function keys, echoed back: one byte more. */
		t->state = SKIP;
		t->skip = 1;
	} else if (byte >= 0x20 && byte <= 0x2f) {
		t->intermediate = byte;
	} else if (byte >= 0x40 && byte <= 0x7e) {
		t->state = GROUND;
		control_sequence(t, byte);
	} else {
		t->state = GROUND;
	}
}

static void ground(struct terminal *t, uint8_t byte)
{
	bool again;

	do {
		int32_t character;

		again = false;
		character = utf8_decode_byte(&t->utf8, byte, &again);
		if (character == UTF8_MORE)
			return;
		if (character < 0x20 || character == 0x7f)
			terminal_control(t, (uint8_t)character);
		else if (character < 0x80 || character >= 0xa0)
			terminal_put(t, (uint32_t)character);
	} while (again);
}

/* C0 characters work within a sequence too; CAN and SUB end it, ESC begins another. */
static bool control_within(struct terminal *t, uint8_t byte)
{
	if (byte == 0x1b) {
		t->state = t->state == STRING ? STRING_ESCAPE : ESCAPE;
		t->utf8 = (struct utf8_decoder){ 0 };
		return true;
	}
	if (byte == 0x18 || byte == 0x1a) {
		t->state = GROUND;
		return true;
	}
	if (t->state == STRING || t->state == OSC_FIRST) {
		if (byte == '\a')
			t->state = GROUND;
		return true;
	}
	if (t->state == GROUND)
		return false;
	terminal_control(t, byte);
	return true;
}

void terminal_write(struct terminal *t, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)text[i];

		if (byte < 0x20 && control_within(t, byte))
			continue;
		switch (t->state) {
		case GROUND: ground(t, byte); break;
		case ESCAPE: escape(t, byte); break;
		case ESCAPE_INTERMEDIATE: escape_intermediate(t, byte); break;
		case CSI: csi(t, byte); break;
		case STRING: break;
		case STRING_ESCAPE:
			/* ESC \ ends the string; ESC and anything else is a sequence of its own. */
			if (byte == '\\')
				t->state = GROUND;
			else
				escape(t, byte);
			break;
		case OSC_FIRST:
			t->state = byte == 'P' ? SKIP : byte == 'R' ? GROUND : STRING;
			t->skip = 7;
			break;
		case SKIP:
			if (--t->skip == 0)
				t->state = GROUND;
			break;
		}
	}
}
