/*
 * Keyboard behind the i8042 controller, scan code set 1 (the controller translates), US layout. Special keys send what
 * the Linux console sends, as TERM=linux says.
 */
#include "dev/keyboard.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"
#include "debug/log.h"
#include "dev/random.h"
#include "dev/tty.h"
#include "lib/string.h"

#define I8042_DATA 0x60
#define I8042_STATUS 0x64
#define I8042_COMMAND 0x64
#define KEYBOARD_IRQ 1

enum i8042_status {
	STATUS_OUTPUT = 1,		/* a byte for us */
	STATUS_INPUT = 2,		/* it has not taken ours yet */
	STATUS_AUXILIARY = 0x20,	/* the byte is the mouse's */
};

enum i8042_command {
	COMMAND_READ_CONFIGURATION = 0x20,
	COMMAND_WRITE_CONFIGURATION = 0x60,
	COMMAND_DISABLE_AUXILIARY = 0xa7,
	COMMAND_DISABLE_KEYBOARD = 0xad,
	COMMAND_ENABLE_KEYBOARD = 0xae,
};

enum modifiers {
	LEFT_SHIFT = 1,
	RIGHT_SHIFT = 2,
	LEFT_CONTROL = 4,
	RIGHT_CONTROL = 8,
	LEFT_ALT = 16,
	RIGHT_ALT = 32,
	SHIFT = LEFT_SHIFT | RIGHT_SHIFT,
	CONTROL = LEFT_CONTROL | RIGHT_CONTROL,
	ALT = LEFT_ALT | RIGHT_ALT,
};

static struct tty *keyboard_tty;
static const bool *application;
static unsigned modifiers;
static bool caps_lock, num_lock = true, extended;
static unsigned pause_bytes;		/* still to be skipped of the Pause key's sequence */

/* By scan code, up to the space bar. */
static const char plain[0x3a] = {
	0, 27, '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '-', '=', 0x7f, '\t',
	'q', 'w', 'e', 'r', 't', 'y', 'u', 'i', 'o', 'p', '[', ']', '\r', 0, 'a', 's',
	'd', 'f', 'g', 'h', 'j', 'k', 'l', ';', '\'', '`', 0, '\\', 'z', 'x', 'c', 'v',
	'b', 'n', 'm', ',', '.', '/', 0, '*', 0, ' ',
};
static const char shifted[0x3a] = {
	0, 27, '!', '@', '#', '$', '%', '^', '&', '*', '(', ')', '_', '+', 0x7f, '\t',
	'Q', 'W', 'E', 'R', 'T', 'Y', 'U', 'I', 'O', 'P', '{', '}', '\r', 0, 'A', 'S',
	'D', 'F', 'G', 'H', 'J', 'K', 'L', ':', '"', '~', 0, '|', 'Z', 'X', 'C', 'V',
	'B', 'N', 'M', '<', '>', '?', 0, '*', 0, ' ',
};

static void send(const char *text, size_t size)
{
	tty_input(keyboard_tty, (const uint8_t *)text, size);
}

static void send_string(const char *text)
{
	send(text, strlen(text));
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void cursor_key(char letter)
{
	char text[3] = { 27, READ_ONCE(*application) ? 'O' : '[', letter };

	send(text, sizeof text);
}

static void send_character(char c)
{
	char text[2] = { 27, c };

	if (caps_lock && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
		c ^= 0x20;
	if (modifiers & CONTROL) {
		if (c >= '@' && c <= '~')
			c &= 0x1f;
		else if (c == ' ' || c == '2')
			c = 0;
		else if (c == '/')
			c = 0x1f;
		else if (c == 0x7f)
			c = '\b';
	}
	text[1] = c;
	if (modifiers & ALT)
		send(text, 2);
	else
		send(text + 1, 1);
}

/* Keys of the keypad and those with the same name beside it: Home is 0x47 in both. */
static bool navigation_key(uint8_t code)
{
	switch (code) {
	case 0x47: send_string("\033[1~"); return true;
	case 0x48: cursor_key('A'); return true;
	case 0x49: send_string("\033[5~"); return true;
	case 0x4b: cursor_key('D'); return true;
	case 0x4d: cursor_key('C'); return true;
	case 0x4f: send_string("\033[4~"); return true;
	case 0x50: cursor_key('B'); return true;
	case 0x51: send_string("\033[6~"); return true;
	case 0x52: send_string("\033[2~"); return true;
	case 0x53: send_string("\033[3~"); return true;
	}
	return false;
}

static bool function_key(uint8_t code)
{
	static const char *const texts[] = {
		"\033[[A", "\033[[B", "\033[[C", "\033[[D", "\033[[E", "\033[17~",
		"\033[18~", "\033[19~", "\033[20~", "\033[21~",
	};

	if (code >= 0x3b && code <= 0x44)
		send_string(texts[code - 0x3b]);
	else if (code == 0x57 || code == 0x58)
		send_string(code == 0x57 ? "\033[23~" : "\033[24~");
	else
		return false;
	return true;
}

static unsigned modifier_of(uint8_t code, bool is_extended)
{
	switch (code) {
	case 0x2a: return is_extended ? 0 : LEFT_SHIFT;	/* extended: a shift that the keyboard makes up */
	case 0x36: return is_extended ? 0 : RIGHT_SHIFT;
	case 0x1d: return is_extended ? RIGHT_CONTROL : LEFT_CONTROL;
	case 0x38: return is_extended ? RIGHT_ALT : LEFT_ALT;
	}
	return 0;
}

static void key_pressed(uint8_t code, bool is_extended)
{
	static const char keypad[] = "789-456+1230.";

	if (is_extended) {
		if (code == 0x1c)
			send_character('\r');
		else if (code == 0x35)
			send_character('/');
		else
			navigation_key(code);
		return;
	}
	if (code == 0x3a) {
		caps_lock = !caps_lock;
	} else if (code == 0x45) {
		num_lock = !num_lock;
	} else if (code >= 0x47 && code <= 0x53) {
		if (code == 0x4a || code == 0x4e || num_lock != !!(modifiers & SHIFT))
			send_character(keypad[code - 0x47]);
		else if (!navigation_key(code))
			send_character('5');
	} else if (code == 0x0f && modifiers & SHIFT) {
		send_string("\033[Z");
	} else if (code == 0x56) {
		send_character(modifiers & SHIFT ? '>' : '<');
	} else if (!function_key(code) && code < sizeof plain) {
		char c = modifiers & SHIFT ? shifted[code] : plain[code];

		if (c)
			send_character(c);
	}
}

static void scan_code(uint8_t byte)
{
	bool was_extended = extended, release = byte & 0x80;
	unsigned modifier;

	if (pause_bytes) {
		pause_bytes--;
		return;
	}
	if (byte == 0xe1) {
		pause_bytes = 5;
		return;
	}
	extended = byte == 0xe0;
	/* 0xfa and 0xfe answer commands; 0x00 and 0xff report an overrun. */
	if (extended || byte == 0xfa || byte == 0xfe || byte == 0 || byte == 0xff)
		return;
	modifier = modifier_of(byte & 0x7f, was_extended);
	if (modifier)
		modifiers = release ? modifiers & ~modifier : modifiers | modifier;
	else if (!release && !(was_extended && (byte == 0x2a || byte == 0x36)))
		key_pressed(byte, was_extended);
}

static void keyboard_interrupt(void *argument)
{
	uint8_t status;

	while ((status = inb(I8042_STATUS)) & STATUS_OUTPUT) {
		uint8_t byte = inb(I8042_DATA);

		random_add(&byte, 1);
		if (!(status & STATUS_AUXILIARY))
			scan_code(byte);
	}
}

/* ---- the controller -------------------------------------------------------------------------- */

static bool wait_status(uint8_t mask, uint8_t value)
{
	for (unsigned i = 0; i < 100000; i++) {
		if ((inb(I8042_STATUS) & mask) == value)
			return true;
		io_wait();
	}
	return false;
}

static bool command(uint8_t byte)
{
	if (!wait_status(STATUS_INPUT, 0))
		return false;
	outb(I8042_COMMAND, byte);
	return true;
}

static bool put_data(uint8_t byte)
{
	if (!wait_status(STATUS_INPUT, 0))
		return false;
	outb(I8042_DATA, byte);
	return true;
}

static void drain(void)
{
	for (unsigned i = 0; i < 64 && inb(I8042_STATUS) & STATUS_OUTPUT; i++)
		(void)inb(I8042_DATA);
}

void keyboard_init(struct tty *tty, const bool *application_keys)
{
	uint8_t configuration;
	uint64_t flags;

	if (inb(I8042_STATUS) == 0xff)
		return;
	keyboard_tty = tty;
	application = application_keys;
	if (!command(COMMAND_DISABLE_KEYBOARD) || !command(COMMAND_DISABLE_AUXILIARY))
		return;
	drain();
	if (!command(COMMAND_READ_CONFIGURATION) || !wait_status(STATUS_OUTPUT, STATUS_OUTPUT))
		return;
	configuration = inb(I8042_DATA);
	/* Keyboard interrupt and translation on; keyboard clock on; mouse quiet. */
	configuration = (uint8_t)((configuration | 0x41) & ~0x12);
	if (!command(COMMAND_WRITE_CONFIGURATION) || !put_data(configuration) || !command(COMMAND_ENABLE_KEYBOARD))
		return;
	/* Scan; the answer means nothing. */
	(void)put_data(0xf4);
	if (irq_register(KEYBOARD_IRQ, IRQ_ISA, keyboard_interrupt, NULL)) {
		log_warn("keyboard: no interrupt");
		return;
	}
	/* A byte that came before would keep the line up, and no edge would ever follow. */
	flags = irq_save();
	drain();
	irq_restore(flags);
}
