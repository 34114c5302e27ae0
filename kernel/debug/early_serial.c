/*
 * early_serial.h.
 */
#include "debug/early_serial.h"

#include "arch/x86_64/cpu.h"
#include "debug/log.h"

#define COM1 0x3f8
#define READY_SPINS 200000

static bool present;
static struct log_console console = { .write = early_serial_write };

void early_serial_init(void)
{
	/* A port that is not there reads back 0xff everywhere. */
	outb(COM1 + 7, 0x5a);
	present = inb(COM1 + 7) == 0x5a;
	if (!present)
		return;
	outb(COM1 + 1, 0x00);
	outb(COM1 + 3, 0x80);
	outb(COM1 + 0, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x03);
	outb(COM1 + 2, 0xc7);
	outb(COM1 + 4, 0x0b);
	log_register_console(&console);
}

bool early_serial_present(void)
{
	return present;
}

static void put(uint8_t byte)
{
	for (unsigned spins = 0; spins < READY_SPINS && !(inb(COM1 + 5) & 0x20); spins++)
		cpu_pause();
	outb(COM1, byte);
}

void early_serial_write(const char *text, size_t bytes)
{
	if (!present)
		return;
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n')
			put('\r');
		put((uint8_t)text[i]);
	}
}
