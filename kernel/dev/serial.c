/*
 * COM1: a 16550, or the 8250 before it. The kernel's log writes to the same port by polling (debug/early_serial.c), which set
 * it to 115200 8N1.
 *
 * Everything here is under the terminal's lock.
 */
#include "dev/serial.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"
#include "debug/early_serial.h"
#include "debug/log.h"
#include "dev/random.h"
#include "dev/tty.h"

#define COM1 0x3f8
#define COM1_IRQ 4

enum uart_register {
	UART_DATA = 0,
	UART_INTERRUPTS = 1,
	UART_IDENTIFICATION = 2,
	UART_FIFO = 2,
	UART_MODEM_CONTROL = 4,
	UART_LINE_STATUS = 5,
};

enum uart_bits {
	INTERRUPT_RECEIVE = 1,
	INTERRUPT_TRANSMIT = 2,
	STATUS_RECEIVED = 0x01,
	STATUS_BREAK = 0x10,
	STATUS_TRANSMIT_EMPTY = 0x20,
};

/* Bytes sent in one go with interrupts off, before the transmitter's interrupt goes on. */
#define BURST 512u

static struct tty_port serial_port;
static unsigned fifo_bytes = 1;
static uint8_t interrupts;		/* what is in the interrupt enable register */

static void set_interrupts(uint8_t wanted)
{
	if (wanted != interrupts) {
		interrupts = wanted;
		outb(COM1 + UART_INTERRUPTS, wanted);
	}
}

/* Fills the transmitter as long as it is empty; the rest goes when it says that it is. */
static void transmit(struct tty_port *port)
{
	uint8_t bytes[16];
	unsigned sent = 0;

	while (sent < BURST && tty_port_has_output(port) && inb(COM1 + UART_LINE_STATUS) & STATUS_TRANSMIT_EMPTY) {
		size_t count = tty_port_take(port, bytes, fifo_bytes);

		outsb(COM1 + UART_DATA, bytes, count);
		sent += count;
	}
	set_interrupts(tty_port_has_output(port) ? interrupts | INTERRUPT_TRANSMIT :
						   interrupts & (uint8_t)~INTERRUPT_TRANSMIT);
}

static void unthrottle(struct tty_port *port)
{
	set_interrupts(interrupts | INTERRUPT_RECEIVE);
}

static void serial_interrupt(void *argument)
{
	struct tty_port *port = argument;
	struct tty *tty = port->tty;
	uint64_t flags;

	for (;;) {
		uint8_t bytes[64];
		size_t count = 0;

		flags = spin_lock_irqsave(&tty->lock);
		while (count < sizeof bytes) {
			uint8_t status;

			if (!tty_has_room(tty)) {
				port->throttled = true;
				set_interrupts(interrupts & (uint8_t)~INTERRUPT_RECEIVE);
				break;
			}
			status = inb(COM1 + UART_LINE_STATUS);
			if (!(status & STATUS_RECEIVED))
				break;
			bytes[count] = inb(COM1 + UART_DATA);
			/* A break is a zero byte that nobody typed. */
			if (!(status & STATUS_BREAK))
				count++;
		}
		if (interrupts & INTERRUPT_TRANSMIT)
			transmit(port);
		spin_unlock_irqrestore(&tty->lock, flags);
		if (!count)
			return;
		random_add(bytes, 0);
		tty_input(tty, bytes, count);
	}
}

struct tty_port *serial_init(void)
{
	if (!early_serial_present())
		return NULL;
	serial_port = (struct tty_port){ .name = "ttyS0", .start = transmit, .unthrottle = unthrottle };
	if ((inb(COM1 + UART_IDENTIFICATION) & 0xc0) == 0xc0)
		fifo_bytes = 16;
	return &serial_port;
}

void serial_start(void)
{
	uint64_t flags;

	if (!serial_port.tty)
		return;
	if (irq_register(COM1_IRQ, IRQ_ISA, serial_interrupt, &serial_port)) {
		log_warn("serial: no interrupt for COM1, input is not possible");
		return;
	}
	flags = spin_lock_irqsave(&serial_port.tty->lock);
	(void)inb(COM1 + UART_IDENTIFICATION);
	/* DTR, RTS, and OUT2, which lets the interrupt through. */
	outb(COM1 + UART_MODEM_CONTROL, 0x0b);
	set_interrupts(INTERRUPT_RECEIVE);
	spin_unlock_irqrestore(&serial_port.tty->lock, flags);
}
