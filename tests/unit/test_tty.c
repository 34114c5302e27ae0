// links: kernel/dev/tty_line.c kernel/lib/bitmap.c
/*
 * The terminal's line discipline: editing, echo, signals, ends of file, output processing, and random input that must
 * never break its invariants.
 */
#include "unit.h"

#include <string.h>

#include "dev/tty_line.h"
#include "lib/bitmap.h"

static struct tty_line line;
static char echoed[65536];
static size_t echoed_size;

static void echo(void *context, const char *text, size_t size)
{
	if (echoed_size + size > sizeof echoed)
		echoed_size = 0;
	memcpy(echoed + echoed_size, text, size);
	echoed_size += size;
}

static void type(const char *text)
{
	while (*text)
		tty_line_input(&line, (uint8_t)*text++);
}

static int set_up(void **state)
{
	tty_line_init(&line, echo, NULL);
	echoed_size = 0;
	return 0;
}

static void expect_read(const char *text, bool expect_ended)
{
	char out[5000];
	bool ended;
	size_t size = tty_line_read(&line, out, sizeof out, &ended);

	assert_int_equal(size, strlen(text));
	assert_memory_equal(out, text, size);
	assert_int_equal(ended, expect_ended);
}

static void expect_echo(const char *text)
{
	assert_int_equal(echoed_size, strlen(text));
	assert_memory_equal(echoed, text, echoed_size);
	echoed_size = 0;
}

static void a_line(void **state)
{
	type("hello");
	assert_false(tty_line_readable(&line));
	type("\r");
	assert_true(tty_line_readable(&line));
	expect_echo("hello\r\n");
	expect_read("hello\n", true);
	assert_false(tty_line_readable(&line));
}

static void two_lines_one_at_a_time(void **state)
{
	type("one\ntwo\n");
	expect_read("one\n", true);
	expect_read("two\n", true);
}

static void short_reads_keep_the_rest(void **state)
{
	char out[4];
	bool ended;

	type("abcdef\n");
	assert_int_equal(tty_line_read(&line, out, 4, &ended), 4);
	assert_false(ended);
	expect_read("ef\n", true);
}

static void erasing(void **state)
{
	type("ab\x7f");
	expect_echo("ab\b \b");
	type("\x7f\x7f");
	expect_echo("\b \b");
	type("x\n");
	expect_read("x\n", true);
}

static void erasing_wide_things(void **state)
{
	type("\xc3\xa4\x7f");		/* one character, two bytes */
	expect_echo("\xc3\xa4\b \b");
	type("\x01\x7f");		/* shown as ^A */
	expect_echo("^A\b \b\b \b");
	type("ab\t\x7f\n");
	expect_echo("ab\t\b \b\b \b\b \b\b \b\b \b\b \b\r\n");
	expect_read("ab\n", true);
}

static void words_and_lines(void **state)
{
	type("one two  \x17");
	type("\n");
	expect_read("one \n", true);
	type("one two\x15new\n");
	expect_read("new\n", true);
}

static void literal(void **state)
{
	type("\x16\x03\x16\x7fx\n");
	expect_read("\x03\x7fx\n", true);
	assert_int_equal(line.signals, 0);
}

static void end_of_file(void **state)
{
	bool eof, ended;
	char out[8];

	type("\x04");
	assert_true(tty_line_readable(&line));
	assert_int_equal(tty_line_available(&line, &eof), 0);
	assert_true(eof);
	expect_read("", true);
	assert_false(tty_line_readable(&line));
	type("abc\x04");
	assert_int_equal(tty_line_available(&line, &eof), 3);
	expect_read("abc", true);
	assert_false(tty_line_readable(&line));
	/* Exactly as many bytes as asked for: no end of file is left over. */
	type("abc\x04");
	assert_int_equal(tty_line_read(&line, out, 3, &ended), 3);
	assert_true(ended);
	assert_false(tty_line_readable(&line));
}

static void signals(void **state)
{
	type("lost\x03");
	expect_echo("lost^C");
	assert_int_equal(line.signals, 1u << TTY_SIGINT);
	assert_true(line.flush_output);
	line.signals = 0;
	type("kept\n");
	expect_read("kept\n", true);
	type("\x1a\x1c");
	assert_int_equal(line.signals, 1u << TTY_SIGTSTP | 1u << TTY_SIGQUIT);
	line.signals = 0;
	line.termios.c_lflag |= NOFLSH;
	type("a\x03\n");
	expect_read("a\n", true);
	line.termios.c_lflag &= ~(tcflag_t)ISIG;
	line.signals = 0;
	type("\x03\n");
	assert_int_equal(line.signals, 0);
}

static void flow(void **state)
{
	type("\x13");
	assert_true(line.stopped);
	type("\x11");
	assert_false(line.stopped);
	assert_false(tty_line_readable(&line));
}

static void raw(void **state)
{
	struct termios termios = line.termios;

	termios.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	tty_line_set_termios(&line, &termios);
	type("a\x04\x7f");
	expect_echo("");
	expect_read("a\x04\x7f", false);
}

static void raw_and_back(void **state)
{
	struct termios termios = line.termios;

	type("half");
	termios.c_lflag &= ~(tcflag_t)ICANON;
	tty_line_set_termios(&line, &termios);
	assert_true(tty_line_readable(&line));
	type("+");
	termios.c_lflag |= ICANON;
	tty_line_set_termios(&line, &termios);
	assert_true(tty_line_readable(&line));
	expect_read("half+", true);
	type("x\n");
	expect_read("x\n", true);
}

static void silent(void **state)
{
	line.termios.c_lflag &= ~(tcflag_t)ECHO;
	type("secret\n");
	expect_echo("");
	expect_read("secret\n", true);
	line.termios.c_lflag |= ECHONL;
	type("x\n");
	expect_echo("\r\n");
}

static void long_lines_are_cut(void **state)
{
	char out[8192];
	bool ended;

	for (unsigned i = 0; i < 6000; i++)
		tty_line_input(&line, 'x');
	type("\n");
	assert_int_equal(tty_line_read(&line, out, sizeof out, &ended), 4096);
	assert_true(ended);
	assert_int_equal(out[4095], '\n');
}

static void output(void **state)
{
	char out[100];
	size_t taken, put = tty_line_output(&line, "a\nb\tc", 5, &taken, out, sizeof out);

	assert_int_equal(taken, 5);
	assert_int_equal(put, 6);
	assert_memory_equal(out, "a\r\nb\tc", 6);
	line.column = 0;
	line.termios.c_oflag |= XTABS;
	put = tty_line_output(&line, "ab\tc", 4, &taken, out, sizeof out);
	assert_int_equal(put, 9);
	assert_memory_equal(out, "ab      c", 9);
	/* No room for what a byte may become: it is not taken. */
	put = tty_line_output(&line, "abc", 3, &taken, out, 7);
	assert_int_equal(taken, 0);
	assert_int_equal(put, 0);
	line.termios.c_oflag = 0;
	put = tty_line_output(&line, "\n", 1, &taken, out, sizeof out);
	assert_int_equal(put, 1);
}

static void check(void)
{
	uint32_t ends = 0;

	assert_true(line.lines_end - line.read <= line.end - line.read);
	assert_true(line.end - line.read <= TTY_INPUT_SIZE);
	for (uint32_t i = line.read; i != line.end; i++)
		ends += bitmap_test(line.line_ends, i % TTY_INPUT_SIZE);
	assert_int_equal(ends, line.lines);
	assert_true(line.lines_end == line.end || (line.termios.c_lflag & ICANON));
}

static void random_typing(void **state)
{
	unit_seed(5);
	for (unsigned step = 0; step < 300000; step++) {
		char out[300];
		bool ended;

		if (unit_below(100) == 0) {
			tty_line_read(&line, out, unit_below(sizeof out), &ended);
		} else if (unit_below(2000) == 0) {
			struct termios termios = line.termios;

			termios.c_lflag = (tcflag_t)unit_random() & 0177777;
			termios.c_iflag = (tcflag_t)unit_random() & 0077777;
			tty_line_set_termios(&line, &termios);
		} else {
			tty_line_input(&line, (uint8_t)(unit_below(2) ? unit_below(32) : unit_below(256)));
		}
		if (step % 64 == 0)
			check();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line, set_up),
		cmocka_unit_test_setup(two_lines_one_at_a_time, set_up),
		cmocka_unit_test_setup(short_reads_keep_the_rest, set_up),
		cmocka_unit_test_setup(erasing, set_up),
		cmocka_unit_test_setup(erasing_wide_things, set_up),
		cmocka_unit_test_setup(words_and_lines, set_up),
		cmocka_unit_test_setup(literal, set_up),
		cmocka_unit_test_setup(end_of_file, set_up),
		cmocka_unit_test_setup(signals, set_up),
		cmocka_unit_test_setup(flow, set_up),
		cmocka_unit_test_setup(raw, set_up),
		cmocka_unit_test_setup(raw_and_back, set_up),
		cmocka_unit_test_setup(silent, set_up),
		cmocka_unit_test_setup(long_lines_are_cut, set_up),
		cmocka_unit_test_setup(output, set_up),
		cmocka_unit_test_setup(random_typing, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
