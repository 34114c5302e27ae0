/*
 * The serial line COM1 as a terminal's port: interrupts both ways.
 */
#ifndef OSIER_DEV_SERIAL_H
#define OSIER_DEV_SERIAL_H

struct tty_port;

/* => the port, or NULL when the machine has none. The terminal it is attached to gets its input once serial_start is called. */
struct tty_port *serial_init(void);
void serial_start(void);

#endif
