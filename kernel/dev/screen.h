/*
 * The screen and the keyboard as a terminal's port: a text console on the framebuffer.
 */
#ifndef OSIER_DEV_SCREEN_H
#define OSIER_DEV_SCREEN_H

struct tty_port;

/* The log appears on the screen from here on. Before threads; needs kernel regions. Does nothing without a framebuffer. */
void screen_init_early(void);
/* => the port, or NULL when there is no framebuffer. */
struct tty_port *screen_init(void);
/* Starts drawing what the terminal writes, and the keyboard. */
void screen_start(void);

#endif
