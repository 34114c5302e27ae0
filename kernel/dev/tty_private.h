/*
 * What the files of the terminals share. For kernel/dev only.
 */
#ifndef OSIER_DEV_TTY_PRIVATE_H
#define OSIER_DEV_TTY_PRIVATE_H

#include "dev/tty.h"

struct poll_waiter;
struct uio;

extern const struct tty_hooks *tty_hooks;	/* NULL before there are processes */

ssize_t tty_read(struct tty *, struct uio *, unsigned open_flags);
ssize_t tty_write(struct tty *, struct uio *, unsigned open_flags);
unsigned tty_poll(struct tty *, struct poll_waiter *);
int tty_ioctl(struct tty *, unsigned long request, vaddr_t arg);

/* => 0, -EIO, -EINTR; see tty_hooks.background. */
int tty_check_background(struct tty *, int signal);
/* A set of signals, as bits, to a group; 0: nobody. tty->lock not held. */
void tty_send_signals(struct tty *, uint32_t signals, pid_t group);

void tty_start_output_locked(struct tty *);
void tty_flush_output_locked(struct tty *);
bool tty_output_pending_locked(struct tty *);

#endif
