/*
 * Text on a screen: what each operation does to the cells. See terminal.h.
 */
#include "dev/terminal.h"

#include "lib/bitmap.h"
#include "lib/string.h"

#define DEFAULT_FOREGROUND 7
#define DEFAULT_BACKGROUND 0

static const struct cell default_pen = { ' ', DEFAULT_FOREGROUND, DEFAULT_BACKGROUND, 0, 0 };

static void mark(struct terminal *t, unsigned row)
{
	bitmap_set(t->dirty, row);
}

/* A blank in the pen's background, as erasing leaves it. */
static struct cell blank(const struct terminal *t)
{
	return (struct cell){ ' ', t->cursor.pen.foreground, t->cursor.pen.background,
			      t->cursor.pen.flags & CELL_REVERSE, 0 };
}

void terminal_erase(struct terminal *t, unsigned row, unsigned first, unsigned end)
{
	struct cell *cells = terminal_row(t, row), fill = blank(t);

	fill.flags = 0;
	for (unsigned i = first; i < end; i++)
		cells[i] = fill;
	mark(t, row);
}

void terminal_scroll(struct terminal *t, unsigned top, unsigned bottom, int lines)
{
	unsigned height = bottom - top + 1, count = (unsigned)(lines < 0 ? -lines : lines);
	uint16_t moved[TERMINAL_ROWS_MAX];

	count = count > height ? height : count;
	if (!count)
		return;
	for (unsigned i = 0; i < height; i++) {
		unsigned from = lines > 0 ? (i + count) % height : (i + height - count) % height;

		moved[i] = t->lines[top + from];
	}
	for (unsigned i = 0; i < height; i++) {
		t->lines[top + i] = moved[i];
		mark(t, top + i);
	}
	for (unsigned i = 0; i < count; i++)
		terminal_erase(t, lines > 0 ? bottom - i : top + i, 0, t->columns);
}

void terminal_index(struct terminal *t)
{
	if (t->cursor.row == t->bottom)
		terminal_scroll(t, t->top, t->bottom, 1);
	else if (t->cursor.row + 1 < t->rows)
		t->cursor.row++;
}

void terminal_reverse_index(struct terminal *t)
{
	if (t->cursor.row == t->top)
		terminal_scroll(t, t->top, t->bottom, -1);
	else if (t->cursor.row)
		t->cursor.row--;
}

void terminal_move(struct terminal *t, int row, int column)
{
	int low = t->cursor.origin ? (int)t->top : 0, high = t->cursor.origin ? (int)t->bottom : (int)t->rows - 1;

	row += low;
	t->cursor.row = (unsigned)(row < low ? low : row > high ? high : row);
	t->cursor.column = (unsigned)(column < 0 ? 0 : column >= (int)t->columns ? (int)t->columns - 1 : column);
	t->cursor.wrap_pending = false;
}

void terminal_move_by(struct terminal *t, int rows, int columns)
{
	int row = (int)t->cursor.row + rows, column = (int)t->cursor.column + columns;
	/* Who is inside the region stays inside. */
	int low = t->cursor.row >= t->top ? (int)t->top : 0;
	int high = t->cursor.row <= t->bottom ? (int)t->bottom : (int)t->rows - 1;

	t->cursor.row = (unsigned)(row < low ? low : row > high ? high : row);
	t->cursor.column = (unsigned)(column < 0 ? 0 : column >= (int)t->columns ? (int)t->columns - 1 : column);
	t->cursor.wrap_pending = false;
}

void terminal_insert_cells(struct terminal *t, unsigned count)
{
	struct cell *cells = terminal_row(t, t->cursor.row);
	unsigned column = t->cursor.column, room = t->columns - column;

	count = count > room ? room : count;
	memmove(cells + column + count, cells + column, (room - count) * sizeof *cells);
	terminal_erase(t, t->cursor.row, column, column + count);
}

void terminal_delete_cells(struct terminal *t, unsigned count)
{
	struct cell *cells = terminal_row(t, t->cursor.row);
	unsigned column = t->cursor.column, room = t->columns - column;

	count = count > room ? room : count;
	memmove(cells + column, cells + column + count, (room - count) * sizeof *cells);
	terminal_erase(t, t->cursor.row, t->columns - count, t->columns);
}

/* DEC's line drawing characters, from 0x5f on. */
static const uint16_t graphics[] = {
	0x00a0, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b,
	0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c,
	0x2524, 0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

/* Columns that a character takes: 0 for marks that go onto the one before, 2 for the wide ones of East Asia. */
static unsigned width_of(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (c <= 0x36f || (c >= 0x200b && c <= 0x200f) || (c >= 0x20d0 && c <= 0x20ff) ||
	    (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xfe20 && c <= 0xfe2f) || c == 0xfeff)
		return 0;
	if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf && c != 0x303f) ||
	    (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) ||
	    (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
	    (c >= 0x20000 && c <= 0x3fffd))
		return 2;
	return 1;
}

static void put_cell(struct terminal *t, uint32_t character)
{
	struct terminal_cursor *cursor = &t->cursor;
	struct cell *cell;

	if (cursor->wrap_pending && t->autowrap) {
		cursor->column = 0;
		terminal_index(t);
	}
	cursor->wrap_pending = false;
	if (t->insert)
		terminal_insert_cells(t, 1);
	cell = terminal_row(t, cursor->row) + cursor->column;
	*cell = cursor->pen;
	cell->character = character;
	mark(t, cursor->row);
	if (cursor->column + 1 < t->columns)
		cursor->column++;
	else
		cursor->wrap_pending = true;
}

void terminal_put(struct terminal *t, uint32_t character)
{
	unsigned width;

	if (t->cursor.graphics[t->cursor.charset] && character >= 0x5f && character <= 0x7e)
		character = graphics[character - 0x5f];
	width = width_of(character);
	if (!width)
		return;
	/* A wide one does not begin in the last column. */
	if (width == 2 && t->cursor.column + 1 == t->columns && t->autowrap)
		t->cursor.wrap_pending = true;
	put_cell(t, character);
	if (width == 2)
		put_cell(t, ' ');
	t->last_character = character;
}

static void tab(struct terminal *t)
{
	unsigned column = t->cursor.column;

	do
		column++;
	while (column < t->columns - 1 && !bitmap_test(t->tabs, column));
	t->cursor.column = column < t->columns ? column : t->columns - 1;
}

void terminal_control(struct terminal *t, uint8_t byte)
{
	switch (byte) {
	case '\b':
		if (t->cursor.column)
			t->cursor.column--;
		t->cursor.wrap_pending = false;
		break;
	case '\t':
		tab(t);
		break;
	case '\n':
	case '\v':
	case '\f':
		terminal_index(t);
		if (t->newline)
			t->cursor.column = 0;
		t->cursor.wrap_pending = false;
		break;
	case '\r':
		t->cursor.column = 0;
		t->cursor.wrap_pending = false;
		break;
	case 14:
		t->cursor.charset = 1;
		break;
	case 15:
		t->cursor.charset = 0;
		break;
	}
}

void terminal_save(struct terminal *t)
{
	t->saved = t->cursor;
}

void terminal_restore(struct terminal *t)
{
	t->cursor = t->saved;
	if (t->cursor.row >= t->rows)
		t->cursor.row = t->rows - 1;
	if (t->cursor.column >= t->columns)
		t->cursor.column = t->columns - 1;
}

void terminal_set_alternate(struct terminal *t, bool on)
{
	if (on == t->alternate)
		return;
	t->alternate = on;
	t->shown = t->cells + (on ? (size_t)t->rows * t->columns : 0);
	for (unsigned i = 0; i < t->rows; i++) {
		uint16_t swap = t->lines[i];

		t->lines[i] = t->other_lines[i];
		t->other_lines[i] = swap;
		if (on)
			terminal_erase(t, i, 0, t->columns);
		mark(t, i);
	}
}

void terminal_reset(struct terminal *t)
{
	terminal_set_alternate(t, false);
	t->cursor = (struct terminal_cursor){ .pen = default_pen };
	t->saved = t->cursor;
	t->top = 0;
	t->bottom = t->rows - 1;
	t->autowrap = t->cursor_visible = true;
	t->insert = t->newline = t->application_keys = t->reversed = false;
	t->utf8 = (struct utf8_decoder){ 0 };
	memset(t->tabs, 0, sizeof t->tabs);
	for (unsigned i = 8; i < t->columns; i += 8)
		bitmap_set(t->tabs, i);
	for (unsigned i = 0; i < t->rows; i++)
		terminal_erase(t, i, 0, t->columns);
}

void terminal_init(struct terminal *t, unsigned rows, unsigned columns, struct cell *cells)
{
	*t = (struct terminal){ .rows = rows, .columns = columns, .cells = cells, .shown = cells };
	for (unsigned i = 0; i < rows; i++)
		t->lines[i] = t->other_lines[i] = (uint16_t)i;
	for (size_t i = 0; i < 2 * (size_t)rows * columns; i++)
		cells[i] = default_pen;
	terminal_reset(t);
}
