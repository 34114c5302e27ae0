/*
 * /proc/check and /proc/PID/check, debug build only: reading one walks structures and compares them with what they count. It says
 * "ok", or "bad" with the reason in the log. Tests read them after each step.
 */
#include "proc/proc_tree.h"

#include <osier/abi/errno.h>

#include "lib/printf.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "vm/space.h"

#ifdef CONFIG_DEBUG

static int say(struct text_buffer *out, int error)
{
	text_print(out, error ? "bad\n" : "ok\n");
	return 0;
}

/* Frames and slabs. Meant for one CPU: nothing else may allocate meanwhile. */
int proc_show_check(const struct proc_node *node, struct text_buffer *out)
{
	int error = cpu_count == 1 ? mm_check() : 0;

	return say(out, error ? error : slab_check());
}

/* One process's regions, tables, objects and sums. */
int proc_show_space_check(const struct proc_node *node, struct text_buffer *out)
{
	struct process *process = process_find((pid_t)node->key);
	struct vm_space *space;
	int error;

	if (!process)
		return -ESRCH;
	space = process_space_get(process);
	process_put(process);
	if (!space)
		return -ESRCH;
	error = vm_space_check(space);
	vm_space_put(space);
	return say(out, error);
}

#endif
