/*
 * failpoint(name, nth, flags): makes the nth next pass of a named point fail in this process
 * (0 disarms). Test builds only, else -ENOSYS. Returns how often the point was passed since it was
 * armed.
 */
#ifndef OSIER_ABI_FAILPOINT_H
#define OSIER_ABI_FAILPOINT_H

#define FAILPOINT_ONCE		0	/* fail once, then disarm */
#define FAILPOINT_FROM		1	/* fail from the nth pass on */
#define FAILPOINT_QUERY		2	/* change nothing, return the count */

#endif /* OSIER_ABI_FAILPOINT_H */
