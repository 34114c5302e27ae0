/*
 * The text of a screen, as a VT100 with xterm's and Linux's additions sees it: cells, cursor, scrolling, escape sequences.
 * Pure: it changes cells in memory and marks rows; drawing them is screen.c's. No locks.
 *
 * terminal.c: the operations on the text; terminal_escape.c: the parser.
 *
 * Invariants
 *  1. cursor.row < rows, cursor.column < columns; top <= bottom < rows.
 *  2. lines[] is a permutation of the rows of `shown`; scrolling turns it and moves no text.
 *  3. A row whose text changed since the last terminal_clean has its bit in `dirty`.
 */
#ifndef OSIER_DEV_TERMINAL_H
#define OSIER_DEV_TERMINAL_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "lib/utf8.h"

#define TERMINAL_ROWS_MAX 192u
#define TERMINAL_COLUMNS_MAX 512u
#define TERMINAL_PARAMETERS 16u

enum cell_flags {
	CELL_BOLD = 1,
	CELL_DIM = 2,
	CELL_UNDERLINE = 4,
	CELL_REVERSE = 8,
	CELL_HIDDEN = 16,
};

struct cell {
	uint32_t character;
	uint8_t foreground, background;		/* of 256 colours */
	uint8_t flags;
	uint8_t unused;
};
static_assert(sizeof(struct cell) == 8, "compared as one word");

struct terminal_cursor {
	unsigned row, column;
	struct cell pen;			/* what the next character looks like; its `character` is a blank */
	bool wrap_pending;			/* the last column is filled: the next character goes to the next row */
	bool origin;				/* rows count from `top` */
	uint8_t charset;			/* 0: G0, 1: G1 */
	bool graphics[2];			/* G0, G1: DEC line drawing */
};

struct terminal {
	unsigned rows, columns;
	struct cell *cells;			/* rows * columns, twice: the main and the alternate screen */
	struct cell *shown;			/* one of the two */
	uint16_t lines[TERMINAL_ROWS_MAX];	/* row on the screen -> row in `shown` */
	uint16_t other_lines[TERMINAL_ROWS_MAX];	/* the same of the other */
	bool alternate;
	struct terminal_cursor cursor, saved, saved_main;
	unsigned top, bottom;			/* the scrolling region, inclusive */
	bool autowrap, insert, newline, cursor_visible, application_keys, reversed;
	uint64_t tabs[(TERMINAL_COLUMNS_MAX + 63) / 64];
	uint64_t dirty[(TERMINAL_ROWS_MAX + 63) / 64];

	/* The parser. */
	uint8_t state;
	uint8_t private_mark, intermediate;
	unsigned parameter_count, skip;
	uint32_t parameters[TERMINAL_PARAMETERS];
	struct utf8_decoder utf8;
	uint32_t last_character;

	/* What the terminal answers (where is the cursor?), as if typed. May be NULL. */
	void (*reply)(void *context, const char *text, size_t size);
	void *context;
};

/* Bytes that `cells` needs. */
static inline size_t terminal_cell_bytes(unsigned rows, unsigned columns)
{
	return 2 * (size_t)rows * columns * sizeof(struct cell);
}

/* At most TERMINAL_ROWS_MAX by TERMINAL_COLUMNS_MAX. */
void terminal_init(struct terminal *, unsigned rows, unsigned columns, struct cell *cells);
void terminal_write(struct terminal *, const char *text, size_t size);

static inline struct cell *terminal_row(const struct terminal *terminal, unsigned row)
{
	return terminal->shown + (size_t)terminal->lines[row] * terminal->columns;
}

/* ---- between terminal.c and terminal_escape.c ------------------------------------------------- */

void terminal_reset(struct terminal *);
void terminal_put(struct terminal *, uint32_t character);
void terminal_control(struct terminal *, uint8_t byte);
void terminal_move(struct terminal *, int row, int column);		/* absolute, within the origin */
void terminal_move_by(struct terminal *, int rows, int columns);	/* stops at the region's edges */
void terminal_index(struct terminal *);					/* down, scrolling at the bottom */
void terminal_reverse_index(struct terminal *);
void terminal_scroll(struct terminal *, unsigned top, unsigned bottom, int lines);	/* > 0: text moves up */
void terminal_erase(struct terminal *, unsigned row, unsigned first, unsigned end);	/* columns [first, end) */
void terminal_insert_cells(struct terminal *, unsigned count);
void terminal_delete_cells(struct terminal *, unsigned count);
void terminal_set_alternate(struct terminal *, bool on);
void terminal_save(struct terminal *);
void terminal_restore(struct terminal *);

#endif
