/*
 * The flusher: a kernel thread that has every file system written back every 5 s, so that a power cut costs no more than that.
 */
#include "fs/flusher.h"

#include "debug/log.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "task/sched.h"
#include "task/timer.h"
#include "vm/kernel_regions.h"

#define FLUSH_INTERVAL_NS 5000000000ull

static void flusher(void *argument)
{
	for (;;) {
		(void)clock_sleep_ns(FLUSH_INTERVAL_NS, false);
		(void)mount_sync_all();
	}
}

void flusher_start(void)
{
	vaddr_t stack = kernel_stack_allocate();
	struct thread *thread = NULL;

	if (stack)
		thread = thread_create_kernel("flusher", flusher, NULL, PRIORITY_NORMAL, stack, KERNEL_STACK_BYTES);
	if (IS_ERR_OR_NULL(thread)) {
		log_error("vfs: no memory for the flusher: only sync writes files back");
		if (stack)
			kernel_stack_free(stack);
		return;
	}
	thread_put(thread);
}
