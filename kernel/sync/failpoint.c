/*
 * failpoint.h.
 */
#include "sync/failpoint.h"

#include "lib/err.h"
#include "lib/string.h"

uint32_t (*failpoint_current_pid)(void);

static const char *const names[FAILPOINT_COUNT] = {
	[FAILPOINT_FRAME_ALLOC] = "frame_alloc",
	[FAILPOINT_SLAB_ALLOC] = "slab_alloc",
	[FAILPOINT_TABLE_ALLOC] = "table_alloc",
	[FAILPOINT_DISK_READ] = "disk_read",
	[FAILPOINT_DISK_WRITE] = "disk_write",
	[FAILPOINT_COMMIT] = "commit",
};

int failpoint_find(const char *name)
{
	for (unsigned i = 0; i < FAILPOINT_COUNT; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return (int)i;
	return -ENOENT;
}

const char *failpoint_name(unsigned point)
{
	return point < FAILPOINT_COUNT ? names[point] : NULL;
}

#ifdef CONFIG_DEBUG

static struct {
	uint64_t nth;			/* 0: not armed */
	uint64_t passes;
	uint32_t pid;			/* 0: everybody */
	bool repeat;
} points[FAILPOINT_COUNT];

bool failpoint_hit(enum failpoint point)
{
	uint64_t nth = __atomic_load_n(&points[point].nth, __ATOMIC_ACQUIRE), pass;

	if (!nth)
		return false;
	if (points[point].pid && (!failpoint_current_pid || failpoint_current_pid() != points[point].pid))
		return false;
	pass = __atomic_add_fetch(&points[point].passes, 1, __ATOMIC_RELAXED);
	return pass == nth || (pass > nth && points[point].repeat);
}

int failpoint_arm(unsigned point, uint64_t nth, bool repeat, uint32_t pid)
{
	if (point >= FAILPOINT_COUNT)
		return -EINVAL;
	__atomic_store_n(&points[point].nth, 0, __ATOMIC_RELEASE);
	if (nth)
		points[point].passes = 0;
	points[point].repeat = repeat;
	points[point].pid = pid;
	__atomic_store_n(&points[point].nth, nth, __ATOMIC_RELEASE);
	return 0;
}

int64_t failpoint_passes(unsigned point)
{
	if (point >= FAILPOINT_COUNT)
		return -EINVAL;
	return (int64_t)__atomic_load_n(&points[point].passes, __ATOMIC_RELAXED);
}

#else

int failpoint_arm(unsigned point, uint64_t nth, bool repeat, uint32_t pid)
{
	return -ENOSYS;
}

int64_t failpoint_passes(unsigned point)
{
	return -ENOSYS;
}

#endif
