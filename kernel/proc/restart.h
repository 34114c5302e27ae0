/*
 * System calls that a signal interrupted. The layers below say -EINTR; the system call's wrapper turns that into one of
 * these where the call may be made again, and delivery decides.
 */
#ifndef OSIER_PROC_RESTART_H
#define OSIER_PROC_RESTART_H

#include <osier/abi/errno.h>
#include <osier/compiler.h>
#include <osier/types.h>

enum restart_error {
	ERESTART = 512,			/* again with SA_RESTART, or when no handler ran */
	ERESTART_NO_HANDLER = 513,	/* again only when no handler ran */
};

#define RESTART_NONE UINT32_MAX		/* user_thread.restart_call: the next call is a new one */

/* Makes sure that delivery sees the result, and says how the call may be made again. => -restart_error. */
long signal_restart(enum restart_error);

/* For calls that SA_RESTART restarts. */
static inline long restartable(long result)
{
	return unlikely(result == -EINTR) ? signal_restart(ERESTART) : result;
}

/* For calls that are made again only if no handler ran: those that wait for a time or for signals. */
static inline long restartable_without_handler(long result)
{
	return unlikely(result == -EINTR) ? signal_restart(ERESTART_NO_HANDLER) : result;
}

#endif
