/*
 * What terminals and sessions know of each other: the hooks that dev/tty.h asks for.
 *
 * session.tty is guarded by process_lock; the terminal keeps the session's and the foreground group's numbers under its own.
 */
#ifndef OSIER_PROC_TTY_LINK_H
#define OSIER_PROC_TTY_LINK_H

struct session;

void tty_link_init(void);
/* The session has no member any more: its terminal forgets it. */
void tty_link_session_gone(struct session *);

#endif
