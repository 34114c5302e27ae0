/*
 * Terminals: reading, writing and what comes in. Control requests are in tty_ioctl.c.
 */
#include "dev/tty.h"

#include <osier/abi/fcntl.h>
#include <osier/abi/poll.h>
#include <osier/abi/signal.h>

#include "debug/assert.h"
#include "debug/log.h"
#include "dev/tty_private.h"
#include "lib/err.h"
#include "task/poll.h"
#include "task/timer.h"
#include "vm/uio.h"

#define CHUNK 256u

const struct tty_hooks *tty_hooks;

void tty_set_hooks(const struct tty_hooks *hooks)
{
	store_release(&tty_hooks, hooks);
}

/* ---- output rings ---------------------------------------------------------------------------- */

static unsigned port_space(const struct tty_port *port)
{
	return TTY_OUTPUT_SIZE - (port->output_end - port->output_read);
}

/* What every port has room for. tty->lock held. */
static unsigned output_space(const struct tty *tty)
{
	unsigned space = TTY_OUTPUT_SIZE;

	for (unsigned i = 0; i < tty->port_count; i++)
		space = min(space, port_space(tty->ports[i]));
	return space;
}

static void port_put(struct tty_port *port, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		port->output[(port->output_end + i) % TTY_OUTPUT_SIZE] = (uint8_t)text[i];
	port->output_end += (uint32_t)size;
}

void tty_start_output_locked(struct tty *tty)
{
	for (unsigned i = 0; i < tty->port_count; i++)
		if (tty_port_has_output(tty->ports[i]))
			tty->ports[i]->start(tty->ports[i]);
}

size_t tty_port_take(struct tty_port *port, uint8_t *out, size_t size)
{
	size_t count;

	if (!tty_port_has_output(port))
		return 0;
	count = min(size, (size_t)(port->output_end - port->output_read));
	for (size_t i = 0; i < count; i++)
		out[i] = port->output[(port->output_read + i) % TTY_OUTPUT_SIZE];
	port->output_read += (uint32_t)count;
	if (!waitq_idle(&port->tty->write_wait))
		waitq_wake_all(&port->tty->write_wait);
	return count;
}

void tty_flush_output_locked(struct tty *tty)
{
	for (unsigned i = 0; i < tty->port_count; i++)
		tty->ports[i]->output_read = tty->ports[i]->output_end;
	waitq_wake_all(&tty->write_wait);
}

bool tty_output_pending_locked(struct tty *tty)
{
	for (unsigned i = 0; i < tty->port_count; i++)
		if (tty->ports[i]->output_read != tty->ports[i]->output_end)
			return true;
	return false;
}

/* A signal character throws away what was written before it; what it echoes comes after. */
static void flush_for_signal(struct tty *tty)
{
	if (tty->line.flush_output) {
		tty->line.flush_output = false;
		tty_flush_output_locked(tty);
	}
}

/* What does not fit is lost: nobody can wait for it. */
static void echo(void *context, const char *text, size_t size)
{
	struct tty *tty = context;

	flush_for_signal(tty);
	for (unsigned i = 0; i < tty->port_count; i++)
		if (port_space(tty->ports[i]) >= size)
			port_put(tty->ports[i], text, size);
}

/* ---- input ----------------------------------------------------------------------------------- */

void tty_send_signals(struct tty *tty, uint32_t signals, pid_t group)
{
	const struct tty_hooks *hooks = load_acquire(&tty_hooks);

	if (!hooks || group <= 0)
		return;
	while (signals) {
		int signal = __builtin_ctz(signals);

		signals &= signals - 1;
		hooks->signal_group(group, signal);
	}
}

bool tty_has_room(struct tty *tty)
{
	const struct tty_line *line = &tty->line;

	/* A line that nobody can read yet must be let grow, to its end or to the point where it is cut. */
	return line->end - line->read < TTY_INPUT_SIZE - 256 ||
	       ((line->termios.c_lflag & ICANON) && !line->lines);
}

void tty_input(struct tty *tty, const uint8_t *bytes, size_t count)
{
	uint64_t flags = spin_lock_irqsave(&tty->lock);
	struct tty_line *line = &tty->line;
	uint32_t signals;
	pid_t group;

	for (size_t i = 0; i < count; i++) {
		tty_line_input(line, bytes[i]);
		flush_for_signal(tty);
	}
	signals = line->signals;
	line->signals = 0;
	group = tty->foreground;
	if (tty_line_readable(line))
		waitq_wake_all(&tty->read_wait);
	tty_start_output_locked(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	if (signals)
		tty_send_signals(tty, signals, group);
}

/* ---- job control ----------------------------------------------------------------------------- */

int tty_check_background(struct tty *tty, int signal)
{
	const struct tty_hooks *hooks = load_acquire(&tty_hooks);
	pid_t session = 0, group = 0;
	bool leader = false;

	if (!hooks)
		return 0;
	hooks->current(&session, &group, &leader);
	if (!session || session != tty->session || !tty->foreground || group == tty->foreground)
		return 0;
	return hooks->background(tty, signal);
}

void tty_set_session(struct tty *tty, pid_t session, pid_t foreground)
{
	uint64_t flags = spin_lock_irqsave(&tty->lock);

	tty->session = session;
	tty->foreground = foreground;
	spin_unlock_irqrestore(&tty->lock, flags);
}

/* ---- reading --------------------------------------------------------------------------------- */

#define TENTH_NS 100000000ull

/*
 * Waits until a read of `size` bytes may go on: canonical, for a line; raw, as VMIN and VTIME say.
 * => 0 with tty->lock held and *flags set, or -EAGAIN, -EINTR without it.
 */
static int wait_for_input(struct tty *tty, size_t size, bool nonblock, uint64_t *flags)
{
	struct tty_line *line = &tty->line;
	uint64_t deadline = 0;
	uint32_t seen;
	int why = 0;

	*flags = spin_lock_irqsave(&tty->lock);
	seen = line->end;
	for (;;) {
		uint32_t available = line->end - line->read;
		unsigned least = line->termios.c_cc[VMIN], tenths = line->termios.c_cc[VTIME];

		if (line->termios.c_lflag & ICANON) {
			deadline = 0;
			if (line->lines)
				return 0;
		} else {
			if (available >= min((size_t)max(least, 1u), size))
				return 0;
			if (!least && !tenths)
				return 0;
			if (why == -ETIMEDOUT || (nonblock && available))
				return 0;
			/* From the start with VMIN 0, else from each byte on. */
			if (!tenths || (least && !available))
				deadline = 0;
			else if (!deadline || (least && seen != line->end))
				deadline = clock_monotonic_ns() + tenths * TENTH_NS;
			seen = line->end;
		}
		if (nonblock) {
			spin_unlock_irqrestore(&tty->lock, *flags);
			return -EAGAIN;
		}
		why = waitq_sleep(&tty->read_wait, &tty->lock, true, deadline);
		*flags = spin_lock_irqsave(&tty->lock);
		if (why == -EINTR) {
			if (!(line->termios.c_lflag & ICANON) && line->end != line->read)
				return 0;
			spin_unlock_irqrestore(&tty->lock, *flags);
			return why;
		}
	}
}

static void unthrottle_locked(struct tty *tty)
{
	for (unsigned i = 0; i < tty->port_count; i++) {
		struct tty_port *port = tty->ports[i];

		if (port->throttled && tty_has_room(tty)) {
			port->throttled = false;
			port->unthrottle(port);
		}
	}
}

ssize_t tty_read(struct tty *tty, struct uio *uio, unsigned open_flags)
{
	uint8_t chunk[CHUNK];
	bool ended = false;
	size_t done = 0;
	uint64_t flags;
	int error = tty_check_background(tty, SIGTTIN);

	if (error)
		return error;
	if (!uio->remaining)
		return 0;
	error = wait_for_input(tty, uio->remaining, open_flags & O_NONBLOCK, &flags);
	if (error)
		return error;
	while (uio->remaining && !ended) {
		size_t count = tty_line_read(&tty->line, chunk, min(uio->remaining, sizeof chunk), &ended);

		unthrottle_locked(tty);
		spin_unlock_irqrestore(&tty->lock, flags);
		if (!count)
			return (ssize_t)done;
		error = uio_copy_to(uio, chunk, count);
		if (error)
			return done ? (ssize_t)done : error;
		done += count;
		flags = spin_lock_irqsave(&tty->lock);
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	return (ssize_t)done;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Puts processed output into the rings, waiting for room. => bytes of `text` used; *error why no more. */
static size_t put_output(struct tty *tty, const char *text, size_t size, bool nonblock, int *error)
{
	size_t done = 0;

	*error = 0;
	while (done < size) {
		uint64_t flags = spin_lock_irqsave(&tty->lock);
		char out[CHUNK];
		size_t taken, put;

		put = tty_line_output(&tty->line, text + done, size - done, &taken, out,
				      min(sizeof out, (size_t)output_space(tty)));
		if (taken) {
			for (unsigned i = 0; i < tty->port_count; i++)
				port_put(tty->ports[i], out, put);
			tty_start_output_locked(tty);
			spin_unlock_irqrestore(&tty->lock, flags);
			done += taken;
			continue;
		}
		if (nonblock) {
			spin_unlock_irqrestore(&tty->lock, flags);
			*error = -EAGAIN;
			break;
		}
		*error = waitq_sleep(&tty->write_wait, &tty->lock, true, 0);
		if (*error)
			break;
	}
	return done;
}

ssize_t tty_write(struct tty *tty, struct uio *uio, unsigned open_flags)
{
	bool nonblock = open_flags & O_NONBLOCK;
	char chunk[CHUNK];
	size_t done = 0;
	int error = 0;

	if (tty->line.termios.c_lflag & TOSTOP) {
		error = tty_check_background(tty, SIGTTOU);
		if (error)
			return error;
	}
	/* One write's bytes stay together. */
	error = mutex_lock_interruptible(&tty->write_lock);
	if (error)
		return error;
	while (uio->remaining && !error) {
		size_t count = min(uio->remaining, sizeof chunk), put;

		error = uio_copy_from(uio, chunk, count);
		if (error)
			break;
		put = put_output(tty, chunk, count, nonblock, &error);
		done += put;
	}
	mutex_unlock(&tty->write_lock);
	return done ? (ssize_t)done : error;
}

unsigned tty_poll(struct tty *tty, struct poll_waiter *waiter)
{
	unsigned events = 0;
	uint64_t flags;

	poll_add(waiter, &tty->read_wait);
	poll_add(waiter, &tty->write_wait);
	flags = spin_lock_irqsave(&tty->lock);
	if (tty_line_readable(&tty->line))
		events |= POLLIN | POLLRDNORM;
	if (output_space(tty) >= 8)
		events |= POLLOUT | POLLWRNORM;
	spin_unlock_irqrestore(&tty->lock, flags);
	return events;
}

/* ---- making ---------------------------------------------------------------------------------- */

void tty_init(struct tty *tty, const char *name)
{
	*tty = (struct tty){ .name = name, .size = { .ws_row = 24, .ws_col = 80 } };
	spin_init(&tty->lock, "tty", LOCK_RANK_DRIVER);
	mutex_init(&tty->write_lock, LOCK_RANK_TTY);
	waitq_init(&tty->read_wait);
	waitq_init(&tty->write_wait);
	tty_line_init(&tty->line, echo, tty);
}

void tty_attach(struct tty *tty, struct tty_port *port)
{
	ASSERT(tty->port_count < TTY_PORTS && !port->tty);
	port->tty = tty;
	tty->ports[tty->port_count++] = port;
	/* A serial line's other end is of unknown size; then it is the usual one that is promised. */
	if (tty->port_count == 1 && port->rows) {
		tty->size.ws_row = (unsigned short)port->rows;
		tty->size.ws_col = (unsigned short)port->columns;
	} else {
		tty->size.ws_row = 24;
		tty->size.ws_col = 80;
	}
}

void tty_resize(struct tty *tty, const struct winsize *size)
{
	uint64_t flags = spin_lock_irqsave(&tty->lock);
	bool changed = tty->size.ws_row != size->ws_row || tty->size.ws_col != size->ws_col ||
		       tty->size.ws_xpixel != size->ws_xpixel || tty->size.ws_ypixel != size->ws_ypixel;
	pid_t group = tty->foreground;

	tty->size = *size;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (changed)
		tty_send_signals(tty, 1u << SIGWINCH, group);
}
