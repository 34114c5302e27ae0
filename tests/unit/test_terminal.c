// links: kernel/dev/terminal.c kernel/dev/terminal_escape.c kernel/lib/bitmap.c kernel/lib/utf8.c kernel/lib/printf.c
/*
 * The screen's terminal emulation: what sequences do to the text, and random bytes, which must never break it.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dev/terminal.h"
#include "lib/bitmap.h"

#define ROWS 6u
#define COLUMNS 20u

static struct terminal terminal;
static struct cell cells[2 * ROWS * COLUMNS];
static char answer[200];
static size_t answer_size;

static void reply(void *context, const char *text, size_t size)
{
	if (answer_size + size < sizeof answer) {
		memcpy(answer + answer_size, text, size);
		answer_size += size;
	}
}

static int set_up(void **state)
{
	terminal_init(&terminal, ROWS, COLUMNS, cells);
	terminal.reply = reply;
	answer_size = 0;
	return 0;
}

static void put(const char *text)
{
	terminal_write(&terminal, text, strlen(text));
}

/* A row as text, without blanks at the end; what is not ASCII is '?'. */
static void expect_row(unsigned row, const char *expected)
{
	const struct cell *line = terminal_row(&terminal, row);
	char text[COLUMNS + 1];
	unsigned length = COLUMNS;

	for (unsigned i = 0; i < COLUMNS; i++)
		text[i] = line[i].character < 0x7f ? (char)line[i].character : '?';
	while (length && text[length - 1] == ' ')
		length--;
	text[length] = 0;
	assert_string_equal(text, expected);
}

static void expect_cursor(unsigned row, unsigned column)
{
	assert_int_equal(terminal.cursor.row, row);
	assert_int_equal(terminal.cursor.column, column);
}

static void plain_text(void **state)
{
	put("one\r\ntwo");
	expect_row(0, "one");
	expect_row(1, "two");
	expect_cursor(1, 3);
}

static void wrapping_waits(void **state)
{
	put("12345678901234567890");
	expect_cursor(0, 19);
	put("x");
	expect_row(0, "12345678901234567890");
	expect_row(1, "x");
	put("\r\n\033[?7l12345678901234567890xyz");
	expect_row(2, "1234567890123456789z");
}

static void scrolling(void **state)
{
	put("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7");
	expect_row(0, "2");
	expect_row(5, "7");
	put("\033[2;4r\033[4;1H\n");
	expect_row(0, "2");
	expect_row(1, "4");
	expect_row(2, "5");
	expect_row(3, "");
	expect_row(4, "6");
	put("\033[2;1H\033M");
	expect_row(1, "");
	expect_row(2, "4");
	put("\033[r");
	expect_cursor(0, 0);
}

static void lines_in_and_out(void **state)
{
	put("1\r\n2\r\n3\r\n4\r\n5\r\n6\033[2;1H\033[2L");
	expect_row(0, "1");
	expect_row(1, "");
	expect_row(2, "");
	expect_row(3, "2");
	expect_row(5, "4");
	put("\033[2M");
	expect_row(1, "2");
	expect_row(3, "4");
	expect_row(4, "");
}

static void characters_in_and_out(void **state)
{
	put("abcdef\033[1;3H\033[2@");
	expect_row(0, "ab  cdef");
	put("\033[3P");
	expect_row(0, "abdef");
	put("\033[2X");
	expect_row(0, "ab  f");
	put("\033[4hXY\033[4l");
	expect_row(0, "abXY  f");
}

static void erasing(void **state)
{
	put("aaaa\r\nbbbb\r\ncccc\033[2;3H\033[K");
	expect_row(1, "bb");
	put("\033[1K");
	expect_row(1, "");
	put("\033[1J");
	expect_row(0, "");
	expect_row(2, "cccc");
	put("\033[2J");
	expect_row(2, "");
	expect_cursor(1, 2);
}

static void moving(void **state)
{
	put("\033[3;5H");
	expect_cursor(2, 4);
	put("\033[2A\033[3C");
	expect_cursor(0, 7);
	put("\033[99B\033[99D");
	expect_cursor(5, 0);
	put("\0337\033[H\0338");
	expect_cursor(5, 0);
	put("\033[2;4r\033[?6h");
	expect_cursor(1, 0);
	put("\033[99;1H");
	expect_cursor(3, 0);
	put("\033[?6l\033[r\033[5G\033[4d");
	expect_cursor(3, 4);
	put("\t");
	expect_cursor(3, 8);
	put("\033[Z");
	expect_cursor(3, 0);
}

static void colours(void **state)
{
	const struct cell *line;

	put("\033[1;31;44mA\033[0mB\033[38;5;200mC\033[48;2;255;0;0mD\033[7;90mE\033[m");
	line = terminal_row(&terminal, 0);
	assert_int_equal(line[0].foreground, 1);
	assert_int_equal(line[0].background, 4);
	assert_int_equal(line[0].flags, CELL_BOLD);
	assert_int_equal(line[1].foreground, 7);
	assert_int_equal(line[1].flags, 0);
	assert_int_equal(line[2].foreground, 200);
	assert_int_equal(line[3].background, 196);
	assert_int_equal(line[4].flags, CELL_REVERSE);
	assert_int_equal(line[4].foreground, 8);
}

static void unicode(void **state)
{
	const struct cell *line;

	put("\xc3\xa4\xe2\x94\x82\xff" "e\xcc\x81" "\xe6\xbc\xa2!");
	line = terminal_row(&terminal, 0);
	assert_int_equal(line[0].character, 0xe4);
	assert_int_equal(line[1].character, 0x2502);
	assert_int_equal(line[2].character, 0xfffd);
	assert_int_equal(line[3].character, 'e');
	assert_int_equal(line[4].character, 0x6f22);
	assert_int_equal(line[6].character, '!');
	put("\r\n\033(0qx\033(Bq");
	line = terminal_row(&terminal, 1);
	assert_int_equal(line[0].character, 0x2500);
	assert_int_equal(line[1].character, 0x2502);
	assert_int_equal(line[2].character, 'q');
}

static void answers(void **state)
{
	put("\033[3;7H\033[6n\033[5n\033[c");
	assert_int_equal(answer_size, 6 + 4 + 5);
	assert_memory_equal(answer, "\033[3;7R\033[0n\033[?6c", answer_size);
}

static void alternate_screen(void **state)
{
	put("main\r\nscreen\033[?1049hother\r\n\n\n\n\n\n\nscrolled");
	expect_row(0, "");
	put("\033[?1049l");
	expect_row(0, "main");
	expect_row(1, "screen");
	expect_cursor(1, 6);
}

static void strings_are_skipped(void **state)
{
	put("\033]0;title\a1\033]2;other\033\\2\033Pdata\033\\3\033]P1234567" "4\033]R5\033[[A6");
	expect_row(0, "123456");
}

static void controls_within_a_sequence(void **state)
{
	put("ab\033[\b1Cc");		/* back one, then forward one */
	expect_row(0, "abc");
	put("\033[12\030d");		/* cancelled */
	expect_row(0, "abcd");
}

static void repeats(void **state)
{
	put("x\033[4b");
	expect_row(0, "xxxxx");
}

static void check(void)
{
	bool seen[ROWS] = { false };

	assert_true(terminal.cursor.row < ROWS && terminal.cursor.column < COLUMNS);
	assert_true(terminal.top <= terminal.bottom && terminal.bottom < ROWS);
	for (unsigned i = 0; i < ROWS; i++) {
		assert_true(terminal.lines[i] < ROWS);
		assert_false(seen[terminal.lines[i]]);
		seen[terminal.lines[i]] = true;
	}
}

static void random_bytes_do_no_harm(void **state)
{
	static const char likely[] = "\033[[[;;;0123456789?hlmHJKLMP@XABCDEFGrsubdg()]\b\t\n\r\v78DEMc#!p";

	unit_seed(11);
	for (unsigned i = 0; i < 400000; i++) {
		char byte = unit_below(4) ? likely[unit_below(sizeof likely - 1)] : (char)unit_below(256);

		terminal_write(&terminal, &byte, 1);
		if (i % 16 == 0)
			check();
		answer_size = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(plain_text, set_up),
		cmocka_unit_test_setup(wrapping_waits, set_up),
		cmocka_unit_test_setup(scrolling, set_up),
		cmocka_unit_test_setup(lines_in_and_out, set_up),
		cmocka_unit_test_setup(characters_in_and_out, set_up),
		cmocka_unit_test_setup(erasing, set_up),
		cmocka_unit_test_setup(moving, set_up),
		cmocka_unit_test_setup(colours, set_up),
		cmocka_unit_test_setup(unicode, set_up),
		cmocka_unit_test_setup(answers, set_up),
		cmocka_unit_test_setup(alternate_screen, set_up),
		cmocka_unit_test_setup(strings_are_skipped, set_up),
		cmocka_unit_test_setup(controls_within_a_sequence, set_up),
		cmocka_unit_test_setup(repeats, set_up),
		cmocka_unit_test_setup(random_bytes_do_no_harm, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
