/*
 * The top of /proc.
 */
#include "proc/proc_tree.h"

#include <osier/abi/errno.h>
#include <osier/abi/stat.h>

#include "lib/printf.h"
#include "proc/process.h"
#include "proc/shm.h"

/* The lowest pid >= from. */
static int64_t next_pid(const struct proc_node *node, uint64_t from)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process *process;
	int64_t lowest = -1;

	list_for_each_entry(process, &process_all, all_link)
		if ((uint64_t)process->pid >= from && (lowest < 0 || process->pid < lowest))
			lowest = process->pid;
	spin_unlock_irqrestore(&process_lock, flags);
	return lowest;
}

static ssize_t readlink_self(const struct proc_node *node, char *buffer, size_t size)
{
	struct process *self = process_current();

	return self ? (ssize_t)kscnprintf(buffer, size, "%d", self->pid) : -ENOENT;
}

static const struct proc_entry pid_entry = {
	.mode = S_IFDIR | 0555,
	.directory = &proc_pid_directory,
	.owner = proc_pid_owner,
};

static ssize_t readlink_mounts(const struct proc_node *node, char *buffer, size_t size)
{
	return (ssize_t)kscnprintf(buffer, size, "self/mounts");
}

static int show_sysvipc_shm(const struct proc_node *node, struct text_buffer *out)
{
	shm_show(out);
	return 0;
}

static const struct proc_entry sysvipc_entries[] = {
	{ .name = "shm", .mode = S_IFREG | 0444, .show = show_sysvipc_shm },
	{ .name = NULL },
};

static const struct proc_directory sysvipc = { .entries = sysvipc_entries };

static const struct proc_entry top_entries[] = {
	{ .name = "sysvipc", .mode = S_IFDIR | 0555, .directory = &sysvipc },
	{ .name = "self", .mode = S_IFLNK | 0777, .readlink = readlink_self },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .readlink = readlink_mounts },
	{ .name = "meminfo", .mode = S_IFREG | 0444, .show = proc_show_meminfo },
	{ .name = "uptime", .mode = S_IFREG | 0444, .show = proc_show_uptime },
	{ .name = "stat", .mode = S_IFREG | 0444, .show = proc_show_stat },
	{ .name = "loadavg", .mode = S_IFREG | 0444, .show = proc_show_loadavg },
	{ .name = "version", .mode = S_IFREG | 0444, .show = proc_show_version },
	{ .name = "cpuinfo", .mode = S_IFREG | 0444, .show = proc_show_cpuinfo },
	{ .name = "cmdline", .mode = S_IFREG | 0444, .show = proc_show_cmdline },
	{ .name = "filesystems", .mode = S_IFREG | 0444, .show = proc_show_filesystems },
	{ .name = "interrupts", .mode = S_IFREG | 0444, .show = proc_show_interrupts },
	{ .name = "slabinfo", .mode = S_IFREG | 0400, .show = proc_show_slabinfo },
	{ .name = "kmsg", .mode = S_IFREG | 0400, .show = proc_show_kmsg },
#ifdef CONFIG_DEBUG
	{ .name = "check", .mode = S_IFREG | 0400, .show = proc_show_check },
#endif
	{ .name = NULL },
};

static const struct proc_directory top = {
	.entries = top_entries,
	.next = next_pid,
	.number_entry = &pid_entry,
	.number_is_key = true,
};

void proc_tree_init(void)
{
	procfs_set_root(&top);
}
