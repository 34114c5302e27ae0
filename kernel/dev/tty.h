/*
 * Terminals: a line discipline between a process and one or two ports (serial line, screen and keyboard).
 *
 * What a session or a process group is, this layer does not know: it keeps their numbers and asks through tty_hooks.
 *
 * Invariants
 *  1. Everything in struct tty and its ports changes under `lock`, taken with interrupts off; write_lock only keeps the
 *     bytes of one write together.
 *  2. Hooks are called without `lock`.
 */
#ifndef OSIER_DEV_TTY_H
#define OSIER_DEV_TTY_H

#include <osier/abi/ioctl.h>
#include <osier/abi/types.h>
#include <osier/types.h>

#include "dev/device.h"
#include "dev/tty_line.h"
#include "sync/spinlock.h"
#include "task/mutex.h"
#include "task/waitq.h"

#define TTY_OUTPUT_SIZE 4096u
#define TTY_PORTS 2

struct tty;

/* Where a terminal's output goes. */
struct tty_port {
	const char *name;
	struct tty *tty;
	/* There is output in the ring: tty->lock held, interrupts off. Takes it now (tty_port_take) or later. */
	void (*start)(struct tty_port *);
	uint8_t output[TTY_OUTPUT_SIZE];
	uint32_t output_read, output_end;	/* counters */
	/* Its input waits outside because the terminal has no room; unthrottle lets it in again. tty->lock held. */
	bool throttled;
	void (*unthrottle)(struct tty_port *);
	unsigned rows, columns;		/* of a screen; 0: unknown */
};

struct tty {
	struct spinlock lock;
	struct mutex write_lock;
	struct tty_line line;
	struct tty_port *ports[TTY_PORTS];
	unsigned port_count;
	struct winsize size;
	struct waitq read_wait, write_wait;
	pid_t session, foreground;	/* 0: none */
	bool exclusive;			/* TIOCEXCL */
	unsigned opens;
	const char *name;
};

/* What the process layer registers. Every member is called without locks of this layer held. */
struct tty_hooks {
	/* Sends a signal to every process of a group. Any context. */
	void (*signal_group)(pid_t group, int signal);
	/* The calling process's session and group; *leader: it leads its session. */
	void (*current)(pid_t *session, pid_t *group, bool *leader);
	/*
	 * The caller, not in the foreground of its own terminal, wants to read (SIGTTIN) or change it (SIGTTOU).
	 * => 0: go on (the signal is blocked or ignored, for SIGTTOU); -EIO (orphaned group, or SIGTTIN blocked);
	 * -EINTR after the signal was sent to the caller's group.
	 */
	int (*background)(struct tty *, int signal);
	/* The caller's controlling terminal, or NULL. */
	struct tty *(*controlling)(void);
	/* Makes it the controlling terminal of the caller's session. => 0, -EPERM. Called by TIOCSCTTY. */
	int (*acquire)(struct tty *, bool force);
	/* The same on open without O_NOCTTY, if the caller is a session leader without one; quietly does nothing else. */
	void (*opened)(struct tty *);
	/* The caller gives its controlling terminal up (TIOCNOTTY). => 0, -ENOTTY. */
	int (*release)(struct tty *);
	bool (*group_in_session)(pid_t group, pid_t session);
};

void tty_set_hooks(const struct tty_hooks *);

/* Session bookkeeping for the process layer; takes tty->lock. */
void tty_set_session(struct tty *, pid_t session, pid_t foreground);

void tty_init(struct tty *, const char *name);
void tty_attach(struct tty *, struct tty_port *);
/* Bytes that came in. Any context, tty->lock not held. */
void tty_input(struct tty *, const uint8_t *bytes, size_t count);
/* The port takes output: up to `size` bytes out of its ring; wakes writers. tty->lock held. */
size_t tty_port_take(struct tty_port *, uint8_t *out, size_t size);
static inline bool tty_port_has_output(const struct tty_port *port)
{
	return port->output_read != port->output_end && !port->tty->line.stopped;
}
/* Whether more input is welcome. tty->lock held. */
bool tty_has_room(struct tty *);
/* The window changed: SIGWINCH. tty->lock not held. */
void tty_resize(struct tty *, const struct winsize *);

/* Registers console, tty, ttyS0, tty1 for the ports there are. Called after serial, screen and keyboard. */
void tty_init_devices(void);

#endif
