/*
 * Terminal control: termios(3) and job control by ioctl. POSIX.1-2017 chapter 11 and the tc* functions; Linux's requests.
 */
#include <osier/abi/ioctl.h>
#include <osier/abi/signal.h>
#include <osier/abi/termios.h>

#include "dev/tty_private.h"
#include "lib/err.h"
#include "vm/user_copy.h"

/* Waits until everything written has gone out. => 0 or -EINTR. */
static int drain(struct tty *tty)
{
	for (;;) {
		uint64_t flags = spin_lock_irqsave(&tty->lock);
		int error;

		if (!tty_output_pending_locked(tty)) {
			spin_unlock_irqrestore(&tty->lock, flags);
			return 0;
		}
		error = waitq_sleep(&tty->write_wait, &tty->lock, true, 0);
		if (error)
			return error;
	}
}

static int set_termios(struct tty *tty, unsigned long request, vaddr_t arg)
{
	struct termios termios;
	uint64_t flags;
	int error;

	error = copy_value_from_user(&termios, arg);
	if (!error)
		error = tty_check_background(tty, SIGTTOU);
	if (!error && request != TCSETS)
		error = drain(tty);
	if (error)
		return error;
	flags = spin_lock_irqsave(&tty->lock);
	if (request == TCSETSF)
		tty_line_flush_input(&tty->line);
	tty_line_set_termios(&tty->line, &termios);
	/* Output that ^S held back may go, and what was typed may have become readable. */
	tty_start_output_locked(tty);
	waitq_wake_all(&tty->read_wait);
	spin_unlock_irqrestore(&tty->lock, flags);
	return 0;
}

static int flush(struct tty *tty, unsigned long which)
{
	uint64_t flags;

	if (which > TCIOFLUSH)
		return -EINVAL;
	flags = spin_lock_irqsave(&tty->lock);
	if (which != TCOFLUSH)
		tty_line_flush_input(&tty->line);
	if (which != TCIFLUSH)
		tty_flush_output_locked(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return 0;
}

static int flow(struct tty *tty, unsigned long action)
{
	uint64_t flags;
	char byte = 0;

	if (action > TCION)
		return -EINVAL;
	flags = spin_lock_irqsave(&tty->lock);
	switch (action) {
	case TCOOFF:
		tty->line.stopped = true;
		break;
	case TCOON:
		tty->line.stopped = false;
		break;
	case TCIOFF:
		byte = (char)tty->line.termios.c_cc[VSTOP];
		break;
	case TCION:
		byte = (char)tty->line.termios.c_cc[VSTART];
		break;
	}
	if (byte)
		tty->line.echo(tty, &byte, 1);
	tty_start_output_locked(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return 0;
}

static int set_foreground(struct tty *tty, vaddr_t arg)
{
	const struct tty_hooks *hooks = load_acquire(&tty_hooks);
	pid_t group, session = 0, own;
	bool leader;
	int error = copy_value_from_user(&group, arg);

	if (error)
		return error;
	if (group <= 0)
		return -EINVAL;
	if (!hooks)
		return -ENOTTY;
	hooks->current(&session, &own, &leader);
	if (!session || session != tty->session)
		return -ENOTTY;
	error = tty_check_background(tty, SIGTTOU);
	if (error)
		return error;
	if (!hooks->group_in_session(group, session))
		return -EPERM;
	tty_set_session(tty, session, group);
	return 0;
}

/* For TIOCGPGRP and TIOCGSID: the caller must have it as controlling terminal. */
static int check_own(struct tty *tty)
{
	const struct tty_hooks *hooks = load_acquire(&tty_hooks);
	pid_t session = 0, group;
	bool leader;

	if (!hooks)
		return -ENOTTY;
	hooks->current(&session, &group, &leader);
	return session && session == tty->session ? 0 : -ENOTTY;
}

static int bytes_in(struct tty *tty)
{
	uint64_t flags = spin_lock_irqsave(&tty->lock);
	bool eof;
	/* Canonical: what the next read would get. */
	size_t count = tty_line_available(&tty->line, &eof);

	spin_unlock_irqrestore(&tty->lock, flags);
	return (int)count;
}

static int bytes_out(struct tty *tty)
{
	uint64_t flags = spin_lock_irqsave(&tty->lock);
	uint32_t count = 0;

	for (unsigned i = 0; i < tty->port_count; i++)
		count = max(count, tty->ports[i]->output_end - tty->ports[i]->output_read);
	spin_unlock_irqrestore(&tty->lock, flags);
	return (int)count;
}

int tty_ioctl(struct tty *tty, unsigned long request, vaddr_t arg)
{
	const struct tty_hooks *hooks = load_acquire(&tty_hooks);
	struct termios termios;
	struct winsize size;
	uint64_t flags;
	int error, number;

	switch (request) {
	case TCGETS:
		flags = spin_lock_irqsave(&tty->lock);
		termios = tty->line.termios;
		spin_unlock_irqrestore(&tty->lock, flags);
		return copy_value_to_user(arg, &termios);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(tty, request, arg);
	case TCSBRK:
		/* A break has no meaning here: both forms wait for the output. */
		error = tty_check_background(tty, SIGTTOU);
		return error ? error : drain(tty);
	case TCXONC:
		error = tty_check_background(tty, SIGTTOU);
		return error ? error : flow(tty, arg);
	case TCFLSH:
		error = tty_check_background(tty, SIGTTOU);
		return error ? error : flush(tty, arg);
	case TIOCGWINSZ:
		flags = spin_lock_irqsave(&tty->lock);
		size = tty->size;
		spin_unlock_irqrestore(&tty->lock, flags);
		return copy_value_to_user(arg, &size);
	case TIOCSWINSZ:
		error = copy_value_from_user(&size, arg);
		if (!error)
			tty_resize(tty, &size);
		return error;
	case TIOCGPGRP:
		error = check_own(tty);
		number = tty->foreground;
		return error ? error : copy_value_to_user(arg, &number);
	case TIOCSPGRP:
		return set_foreground(tty, arg);
	case TIOCGSID:
		error = check_own(tty);
		number = tty->session;
		return error ? error : copy_value_to_user(arg, &number);
	case TIOCSCTTY:
		return hooks ? hooks->acquire(tty, arg == 1) : -ENOTTY;
	case TIOCNOTTY:
		return hooks ? hooks->release(tty) : -ENOTTY;
	case TIOCEXCL:
	case TIOCNXCL:
		tty->exclusive = request == TIOCEXCL;
		return 0;
	case FIONREAD:
		number = bytes_in(tty);
		return copy_value_to_user(arg, &number);
	case TIOCOUTQ:
		number = bytes_out(tty);
		return copy_value_to_user(arg, &number);
	default:
		return -ENOTTY;
	}
}
