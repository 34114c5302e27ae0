/*
 * The files of /proc that are about the whole system.
 */
#include <osier/abi/errno.h>
#include <osier/abi/mount.h>
#include <osier/abi/time.h>

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/tsc.h"
#include "debug/log.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "proc/proc_tree.h"
#include "proc/process.h"
#include "proc/system_name.h"
#include "task/sched.h"
#include "task/timer.h"
#include "vm/object.h"

#define TICK_NS (1000000000u / OSIER_CLK_TCK)
#define PAGE_KIB (PAGE_SIZE / 1024)

int proc_show_meminfo(const struct proc_node *node, struct text_buffer *out)
{
	struct frame_stats frames;
	uint64_t cached = object_cached_pages(), shared = object_shared_pages();

	frame_stats(&frames);
	text_print(out, "MemTotal:       %8lu kB\n", frames.usable * PAGE_KIB);
	text_print(out, "MemFree:        %8lu kB\n", frames.free * PAGE_KIB);
	text_print(out, "MemAvailable:   %8lu kB\n", (frames.free + cached) * PAGE_KIB);
	text_print(out, "Buffers:        %8u kB\n", 0);
	text_print(out, "Cached:         %8lu kB\n", (cached + shared) * PAGE_KIB);
	text_print(out, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\n", 0, 0);
	text_print(out, "AnonPages:      %8lu kB\n", frames.by_kind[FRAME_DATA] * PAGE_KIB);
	text_print(out, "Shmem:          %8lu kB\n", shared * PAGE_KIB);
	text_print(out, "Slab:           %8lu kB\n", frames.by_kind[FRAME_SLAB] * PAGE_KIB);
	text_print(out, "KernelMisc:     %8lu kB\n", frames.by_kind[FRAME_KERNEL] * PAGE_KIB);
	text_print(out, "PageTables:     %8lu kB\n", frames.by_kind[FRAME_TABLE] * PAGE_KIB);
	text_print(out, "ZeroedFree:     %8lu kB\n", frames.zeroed * PAGE_KIB);
	text_print(out, "CommitLimit:    %8lu kB\n", commit_limit() * PAGE_KIB);
	text_print(out, "Committed_AS:   %8lu kB\n", commit_used() * PAGE_KIB);
	return 0;
}

int proc_show_uptime(const struct proc_node *node, struct text_buffer *out)
{
	uint64_t hundredths = clock_monotonic_ns() / 10000000, idle;
	struct sched_stats sched;

	sched_stats(&sched);
	idle = sched.idle_ns / 10000000;
	text_print(out, "%lu.%02lu %lu.%02lu\n", hundredths / 100, hundredths % 100, idle / 100, idle % 100);
	return 0;
}

int proc_show_stat(const struct proc_node *node, struct text_buffer *out)
{
	uint64_t boot = (clock_realtime_ns() - clock_monotonic_ns()) / 1000000000;
	struct sched_stats sched;

	sched_stats(&sched);
	text_print(out, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\n", sched.busy_ns / TICK_NS, sched.idle_ns / TICK_NS);
	text_print(out, "intr 0\nctxt %lu\nbtime %lu\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
		   sched.switches, boot, process_forks, sched.running);
	return 0;
}

int proc_show_loadavg(const struct proc_node *node, struct text_buffer *out)
{
	struct sched_stats sched;

	sched_stats(&sched);
	for (unsigned i = 0; i < 3; i++)
		text_print(out, "%lu.%02lu ", sched.load[i] / 2048, sched.load[i] % 2048 * 100 / 2048);
	text_print(out, "%u/%u %u\n", sched.running, sched.threads, process_forks);
	return 0;
}

int proc_show_version(const struct proc_node *node, struct text_buffer *out)
{
	struct utsname name;

	system_name(&name);
	text_print(out, "%s version %s (%s) %s\n", name.sysname, name.release, name.machine, name.version);
	return 0;
}

int proc_show_cpuinfo(const struct proc_node *node, struct text_buffer *out)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		text_print(out, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", i,
			   cpu_features.vendor, cpu_features.family, cpu_features.model);
		text_print(out, "model name\t: %s\nstepping\t: %u\ncpu MHz\t\t: %lu.%03lu\n",
			   cpu_features.brand, cpu_features.stepping, tsc_hz / 1000000,
			   tsc_hz / 1000 % 1000);
		text_print(out, "address sizes\t: %u bits physical, %u bits virtual\n\n",
			   cpu_features.physical_bits, cpu_features.virtual_bits);
	}
	return 0;
}

static int show_mount(struct mount *mount, void *context)
{
	struct text_buffer *out = context;
	struct dentry *root = fs_root();
	char *buffer = kmalloc(PAGE_SIZE), *path = NULL;

	if (buffer)
		path = dentry_path(mount->root, root, buffer, PAGE_SIZE, false);
	if (path && !IS_ERR(path))
		text_print(out, "%s %s %s %s%s%s%s%s 0 0\n", mount->source ? mount->source : "none", path,
			   mount->file_system->name, mount->flags & MS_RDONLY ? "ro" : "rw",
			   mount->flags & MS_NOSUID ? ",nosuid" : "", mount->flags & MS_NODEV ? ",nodev" : "",
			   mount->flags & MS_NOEXEC ? ",noexec" : "", mount->flags & MS_NOATIME ? ",noatime" : "");
	kfree(buffer);
	dentry_put(root);
	return buffer ? 0 : -ENOMEM;
}

int proc_show_mounts(const struct proc_node *node, struct text_buffer *out)
{
	return mount_for_each(show_mount, out);
}

int proc_show_cmdline(const struct proc_node *node, struct text_buffer *out)
{
	text_print(out, "%s\n", boot_info.command_line);
	return 0;
}

int proc_show_filesystems(const struct proc_node *node, struct text_buffer *out)
{
	static const char text[] = "\text2\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevfs\n";

	text_append(out, text, sizeof(text) - 1);
	return 0;
}

int proc_show_kmsg(const struct proc_node *node, struct text_buffer *out)
{
	char *buffer = kmalloc(PAGE_SIZE);
	uint64_t position = 0;
	size_t bytes;

	if (!buffer)
		return -ENOMEM;
	while ((bytes = log_read(&position, buffer, PAGE_SIZE)))
		text_append(out, buffer, bytes);
	kfree(buffer);
	return 0;
}

/* slab_for_each_cache allows no allocation, so what it says is kept here first. */
struct slab_list {
	unsigned count, capacity;
	struct slab_stats stats[];
};

static void note_cache(const struct slab_stats *stats, void *context)
{
	struct slab_list *list = context;

	if (list->count < list->capacity)
		list->stats[list->count++] = *stats;
}

int proc_show_slabinfo(const struct proc_node *node, struct text_buffer *out)
{
	struct slab_list *list = kmalloc(PAGE_SIZE);

	if (!list)
		return -ENOMEM;
	list->count = 0;
	list->capacity = (PAGE_SIZE - sizeof(*list)) / sizeof(list->stats[0]);
	slab_for_each_cache(note_cache, list);
	text_print(out, "%-24s %8s %8s %8s %8s\n", "# name", "size", "live", "slabs", "pages");
	for (unsigned i = 0; i < list->count; i++)
		text_print(out, "%-24s %8zu %8lu %8lu %8lu\n", list->stats[i].name,
			   list->stats[i].object_size, list->stats[i].live, list->stats[i].slabs,
			   list->stats[i].pages);
	kfree(list);
	return 0;
}

int proc_show_interrupts(const struct proc_node *node, struct text_buffer *out)
{
	for (unsigned vector = IRQ_VECTOR_FIRST; vector < 256; vector++) {
		uint64_t count = irq_vector_count(vector);

		if (count)
			text_print(out, "%3u: %10lu%s\n", vector, count,
				   vector == IRQ_VECTOR_TIMER ? "  timer" : "");
	}
	return 0;
}
