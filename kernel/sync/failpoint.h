/*
 * Named points where a test can make a call fail: the k-th pass after arming, once or from there on.
 * Debug build only; in the release build failpoint_hit() is the constant false.
 */
#ifndef OSIER_SYNC_FAILPOINT_H
#define OSIER_SYNC_FAILPOINT_H

#include <osier/compiler.h>
#include <osier/types.h>

enum failpoint {
	FAILPOINT_FRAME_ALLOC,
	FAILPOINT_SLAB_ALLOC,
	FAILPOINT_TABLE_ALLOC,
	FAILPOINT_DISK_READ,
	FAILPOINT_DISK_WRITE,
	FAILPOINT_COMMIT,
	FAILPOINT_COUNT,
};

#ifdef CONFIG_DEBUG
/* => true: behave as if there were none. Any context. */
bool failpoint_hit(enum failpoint);
#else
static __always_inline bool failpoint_hit(enum failpoint point)
{
	return false;
}
#endif

/*
 * Arms a point for one process (pid; 0: everybody): the nth pass from now fails, and with `repeat` all that follow. nth 0 disarms.
 * => 0, -EINVAL, -ENOSYS in the release build.
 */
int failpoint_arm(unsigned point, uint64_t nth, bool repeat, uint32_t pid);
/* How often the point was passed since it was armed; -ENOSYS, -EINVAL. */
int64_t failpoint_passes(unsigned point);
/* => the point's number, or -ENOENT. */
int failpoint_find(const char *name);
const char *failpoint_name(unsigned point);

/* Tells which process runs (0: none). Set once by the process layer. */
extern uint32_t (*failpoint_current_pid)(void);

#endif
