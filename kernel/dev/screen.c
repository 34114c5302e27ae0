/*
 * The screen as a console: what the terminal writes and what the kernel logs goes through a `struct terminal`, and cells that
 * changed are drawn on the framebuffer.
 *
 * Programs' output is drawn by a thread, many characters at once. The log is drawn where it is written, since it may be
 * the last that is heard.
 *
 * Invariants
 *  1. `terminal` and `drawn` change under `screen_lock` (in a panic: by the one CPU that runs).
 *  2. `drawn` says what the pixels show.
 */
#include "dev/screen.h"

#include "debug/log.h"
#include "debug/panic.h"
#include "dev/framebuffer.h"
#include "dev/keyboard.h"
#include "dev/terminal.h"
#include "dev/tty.h"
#include "lib/bitmap.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "sync/spinlock.h"
#include "task/sched.h"
#include "task/timer.h"
#include "vm/kernel_regions.h"

/* Pictures follow each other no faster than this while text is coming in. */
#define FRAME_NS 16000000ull

/* Taken by the log under any lock, so it has no rank. */
static struct spinlock screen_lock = SPINLOCK_INIT("screen", LOCK_RANK_NONE);
static struct terminal terminal;
static struct cell *drawn;
static unsigned drawn_cursor_row;
static uint32_t palette[256];
static bool ready;

static char reply_text[64];
static size_t reply_size;

static struct tty_port screen_port;
static struct waitq screen_wait;

/* ---- drawing --------------------------------------------------------------------------------- */

static void make_palette(void)
{
	static const uint8_t base[16][3] = {
		{ 0, 0, 0 }, { 170, 0, 0 }, { 0, 170, 0 }, { 170, 85, 0 },
		{ 0, 0, 170 }, { 170, 0, 170 }, { 0, 170, 170 }, { 170, 170, 170 },
		{ 85, 85, 85 }, { 255, 85, 85 }, { 85, 255, 85 }, { 255, 255, 85 },
		{ 85, 85, 255 }, { 255, 85, 255 }, { 85, 255, 255 }, { 255, 255, 255 },
	};
	static const uint8_t steps[6] = { 0, 95, 135, 175, 215, 255 };

	for (unsigned i = 0; i < 16; i++)
		palette[i] = framebuffer_pixel(base[i][0], base[i][1], base[i][2]);
	for (unsigned i = 0; i < 216; i++)
		palette[16 + i] = framebuffer_pixel(steps[i / 36], steps[i / 6 % 6], steps[i % 6]);
	for (unsigned i = 0; i < 24; i++)
		palette[232 + i] = framebuffer_pixel((uint8_t)(8 + 10 * i), (uint8_t)(8 + 10 * i), (uint8_t)(8 + 10 * i));
}

static void draw_cell(unsigned row, unsigned column, const struct cell *cell)
{
	uint8_t foreground = cell->foreground, background = cell->background;

	if (cell->flags & CELL_BOLD && foreground < 8)
		foreground += 8;
	if (cell->flags & CELL_DIM && foreground == 7)
		foreground = 8;
	if (cell->flags & CELL_REVERSE) {
		uint8_t swap = foreground;

		foreground = background;
		background = swap;
	}
	framebuffer_draw(row, column, cell->flags & CELL_HIDDEN ? ' ' : cell->character, palette[foreground],
			 palette[background], cell->flags & CELL_UNDERLINE);
}

static void draw_row(unsigned row)
{
	const struct cell *cells = terminal_row(&terminal, row);
	struct cell *shown = drawn + (size_t)row * terminal.columns;
	bool has_cursor = terminal.cursor_visible && terminal.cursor.row == row;

	for (unsigned column = 0; column < terminal.columns; column++) {
		struct cell cell = cells[column];

		if (terminal.reversed)
			cell.flags ^= CELL_REVERSE;
		if (has_cursor && terminal.cursor.column == column)
			cell.flags ^= CELL_REVERSE;
		if (memcmp(&cell, &shown[column], sizeof cell)) {
			shown[column] = cell;
			draw_cell(row, column, &cell);
		}
	}
}

static uint64_t lock(void)
{
	return panic_in_progress ? 0 : spin_lock_irqsave(&screen_lock);
}

static void unlock(uint64_t flags)
{
	if (!panic_in_progress)
		spin_unlock_irqrestore(&screen_lock, flags);
}

/* The cursor is drawn as part of its row: where it was and where it is are to be drawn again. */
static void mark_cursor(void)
{
	bitmap_set(terminal.dirty, drawn_cursor_row);
	bitmap_set(terminal.dirty, terminal.cursor.row);
	drawn_cursor_row = terminal.cursor.row;
}

static void draw_locked(void)
{
	mark_cursor();
	for (unsigned row = 0; row < terminal.rows; row++) {
		if (bitmap_test(terminal.dirty, row)) {
			bitmap_clear(terminal.dirty, row);
			draw_row(row);
		}
	}
}

/* The same with interrupts let in between rows. */
static void draw(void)
{
	uint64_t flags = lock();

	mark_cursor();
	for (unsigned row = 0; row < terminal.rows; row++) {
		if (bitmap_test(terminal.dirty, row)) {
			bitmap_clear(terminal.dirty, row);
			draw_row(row);
			unlock(flags);
			flags = lock();
		}
	}
	unlock(flags);
}

/* ---- the log --------------------------------------------------------------------------------- */

static void log_to_screen(const char *text, size_t bytes)
{
	uint64_t flags = lock();
	size_t begin = 0;

	/* A panic is read, whatever a program did to the screen. */
	if (panic_in_progress) {
		terminal.state = 0;
		terminal.cursor.pen = (struct cell){ ' ', 7, 0, 0, 0 };
	}
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n') {
			terminal_write(&terminal, text + begin, i - begin);
			terminal_write(&terminal, "\r\n", 2);
			begin = i + 1;
		}
	}
	terminal_write(&terminal, text + begin, bytes - begin);
	draw_locked();
	unlock(flags);
}

static struct log_console screen_log = { .write = log_to_screen };

/* Collected under the lock, handed in as input after it. */
static void collect_reply(void *context, const char *text, size_t size)
{
	if (reply_size + size <= sizeof reply_text) {
		memcpy(reply_text + reply_size, text, size);
		reply_size += size;
	}
}

void screen_init_early(void)
{
	unsigned rows, columns;
	struct cell *cells;
	char text[256];
	uint64_t position = 0;
	size_t count;

	if (!framebuffer_init())
		return;
	rows = min(framebuffer_rows(), TERMINAL_ROWS_MAX);
	columns = min(framebuffer_columns(), TERMINAL_COLUMNS_MAX);
	cells = kmalloc(terminal_cell_bytes(rows, columns));
	drawn = kmalloc(terminal_cell_bytes(rows, columns) / 2);
	if (!cells || !drawn) {
		kfree(cells);
		kfree(drawn);
		log_warn("screen: no memory for %u by %u characters", columns, rows);
		return;
	}
	memset(drawn, 0xff, terminal_cell_bytes(rows, columns) / 2);
	make_palette();
	framebuffer_clear(palette[0]);
	terminal_init(&terminal, rows, columns, cells);
	terminal.reply = collect_reply;
	ready = true;
	/* What was said before there was a screen. */
	terminal.newline = true;
	while ((count = log_read(&position, text, sizeof text)) != 0)
		terminal_write(&terminal, text, count);
	terminal.newline = false;
	draw_locked();
	log_register_console(&screen_log);
}

/* ---- the terminal's port --------------------------------------------------------------------- */

static void start(struct tty_port *port)
{
	waitq_wake_one(&screen_wait);
}

static void screen_thread(void *argument)
{
	struct tty *tty = screen_port.tty;
	uint64_t drawn_ns = 0;
	bool undrawn = false;

	for (;;) {
		uint8_t bytes[512];
		size_t count;
		uint64_t flags = spin_lock_irqsave(&tty->lock), now;

		count = tty_port_take(&screen_port, bytes, sizeof bytes);
		now = clock_monotonic_ns();
		if (!count && (!undrawn || now < drawn_ns + FRAME_NS)) {
			waitq_sleep(&screen_wait, &tty->lock, false, undrawn ? drawn_ns + FRAME_NS : 0);
			continue;
		}
		spin_unlock_irqrestore(&tty->lock, flags);
		if (count) {
			char answer[sizeof reply_text];
			size_t answer_size;

			flags = lock();
			terminal_write(&terminal, (const char *)bytes, count);
			answer_size = reply_size;
			memcpy(answer, reply_text, answer_size);
			reply_size = 0;
			unlock(flags);
			undrawn = true;
			if (answer_size)
				tty_input(tty, (const uint8_t *)answer, answer_size);
		}
		if (now >= drawn_ns + FRAME_NS) {
			draw();
			undrawn = false;
			drawn_ns = clock_monotonic_ns();
		}
		sched_point();
	}
}

struct tty_port *screen_init(void)
{
	if (!ready)
		screen_init_early();
	if (!ready)
		return NULL;
	waitq_init(&screen_wait);
	screen_port = (struct tty_port){
		.name = "tty1",
		.start = start,
		.rows = terminal.rows,
		.columns = terminal.columns,
	};
	return &screen_port;
}

void screen_start(void)
{
	vaddr_t stack;
	struct thread *thread;

	if (!screen_port.tty)
		return;
	stack = kernel_stack_allocate();
	thread = stack ? thread_create_kernel("screen", screen_thread, NULL, PRIORITY_NORMAL, stack, KERNEL_STACK_BYTES) :
			 ERR_PTR(-ENOMEM);
	if (IS_ERR(thread)) {
		log_error("screen: no memory for its thread");
		return;
	}
	thread_put(thread);
	keyboard_init(screen_port.tty, &terminal.application_keys);
}
