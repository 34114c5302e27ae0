/*
 * System calls that a signal interrupted. The layers below say -EINTR; the system call's wrapper turns that into one of
 * these where the call may be made again, and delivery decides.
 */
#ifndef OSIER_PROC_RESTART_H
#define OSIER_PROC_RESTART_H

#include <osier/types.h>

enum restart_error {
	ERESTART = 512,			/* again with SA_RESTART, or when no handler ran */
	ERESTART_NO_HANDLER = 513,	/* again only when no handler ran */
};

/* For calls that may be restarted by SA_RESTART. */
static inline long restartable(long result)
{
	return result == -4 /* -EINTR */ ? -ERESTART : result;
}

#endif
