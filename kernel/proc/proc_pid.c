/*
 * /proc/PID: what one process is, in the formats that ps and its relatives read.
 */
#include <osier/abi/errno.h>
#include <osier/abi/stat.h>
#include <osier/abi/time.h>

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/fd_table.h"
#include "fs/fs_context.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/group.h"
#include "proc/proc_tree.h"
#include "proc/process.h"
#include "task/sched.h"
#include "vm/space.h"

#define TICK_NS (1000000000u / OSIER_CLK_TCK)

/* The facts that several files show, taken at one moment. */
struct snapshot {
	char name[16];
	char state;			/* R S D T Z, as in Linux */
	pid_t pid, parent, group, session, foreground;
	uint64_t user_ns, system_ns, children_user_ns, children_system_ns, start_ns;
	uint64_t minor_faults, major_faults, children_minor_faults, children_major_faults;
	uint64_t pending, shared_pending, blocked, ignored, caught;
	uint32_t threads;
	int nice, exit_status, wait_channel;
	uid_t uid, euid, suid;
	gid_t gid, egid, sgid;
	vaddr_t ip, sp;
	struct vm_space *space;		/* counted, or NULL */
	struct vm_space_usage usage;
};

static char state_letter(struct process *process)
{
	struct thread *thread;
	char letter = 'S';

	if (process->state == PROCESS_ZOMBIE)
		return 'Z';
	if (process->stop_signal)
		return 'T';
	list_for_each_entry(thread, &process->threads, process_link) {
		if (thread->state == THREAD_RUNNING || thread->state == THREAD_READY)
			return 'R';
		if (thread->state == THREAD_SLEEPING)
			letter = 'D';
	}
	return letter;
}

static void snapshot_ids_locked(struct snapshot *s, struct process *process)
{
	const struct cred *cred = process->cred;

	s->pid = process->pid;
	s->parent = process->parent ? process->parent->pid : 0;
	s->group = process->group->id;
	s->session = process->group->session->id;
	s->foreground = -1;
	if (cred) {
		s->uid = cred->uid;
		s->euid = cred->euid;
		s->suid = cred->suid;
		s->gid = cred->gid;
		s->egid = cred->egid;
		s->sgid = cred->sgid;
	}
}

/* => 0 or -ESRCH. snapshot_put afterwards. */
static int snapshot_get(const struct proc_node *node, struct snapshot *s)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process *process = process_find_locked((pid_t)node->key);
	struct thread *thread;

	if (!process) {
		spin_unlock_irqrestore(&process_lock, flags);
		return -ESRCH;
	}
	memset(s, 0, sizeof(*s));
	snapshot_ids_locked(s, process);
	string_copy(s->name, process->name, sizeof(s->name));
	s->state = state_letter(process);
	process_times_locked(process, &s->user_ns, &s->system_ns);
	s->children_user_ns = process->children_user_ns;
	s->children_system_ns = process->children_system_ns;
	s->start_ns = process->start_ns;
	s->minor_faults = process->minor_faults;
	s->major_faults = process->major_faults;
	s->children_minor_faults = process->children_minor_faults;
	s->children_major_faults = process->children_major_faults;
	s->shared_pending = process->pending.set;
	s->ignored = process->actions->ignored & ~SIGNAL_DEFAULT_IGNORES;
	s->caught = process->actions->caught;
	s->threads = process->thread_count;
	s->nice = process->nice;
	s->exit_status = process->exit_status;
	thread = list_first_entry_or_null(&process->threads, struct thread, process_link);
	if (thread) {
		s->blocked = thread->signal_mask;
		s->pending = thread->user->pending.set;
	}
	if (process->space) {
		s->space = vm_space_get(process->space);
		s->minor_faults += s->space->minor_faults;
		s->major_faults += s->space->major_faults;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	if (s->space)
		vm_space_usage(s->space, &s->usage);
	return 0;
}

static void snapshot_put(struct snapshot *s)
{
	if (s->space)
		vm_space_put(s->space);
}

int proc_pid_owner(const struct proc_node *node, uid_t *uid, gid_t *gid)
{
	uint64_t flags = spin_lock_irqsave(&process_lock);
	struct process *process = process_find_locked((pid_t)node->key);

	if (process && process->cred && process->dumpable) {
		*uid = process->cred->euid;
		*gid = process->cred->egid;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return process ? 0 : -ESRCH;
}

static int show_stat(const struct proc_node *node, struct text_buffer *out)
{
	struct snapshot s;
	int error = snapshot_get(node, &s);

	if (error)
		return error;
	text_print(out, "%d (%s) %c %d %d %d %d %d 0 %lu %lu %lu %lu %lu %lu %lu %lu", s.pid, s.name,
		   s.state, s.parent, s.group, s.session, 0, s.foreground, s.minor_faults,
		   s.children_minor_faults, s.major_faults, s.children_major_faults, s.user_ns / TICK_NS,
		   s.system_ns / TICK_NS, s.children_user_ns / TICK_NS, s.children_system_ns / TICK_NS);
	text_print(out, " %d %d %u 0 %lu %lu %lu %lu 0 0 0 0 0 %lu %lu %lu %lu 0 0 0 17 0 0 0 0 0 0"
		   " 0 0 0 0 0 0 0 %d\n",
		   20 + s.nice, s.nice, s.threads, s.start_ns / TICK_NS,
		   s.usage.virtual_pages * PAGE_SIZE, s.usage.resident_pages, UINT64_MAX,
		   s.pending | s.shared_pending, s.blocked, s.ignored, s.caught, s.exit_status);
	snapshot_put(&s);
	return 0;
}

static int show_statm(const struct proc_node *node, struct text_buffer *out)
{
	struct snapshot s;
	int error = snapshot_get(node, &s);

	if (error)
		return error;
	text_print(out, "%lu %lu %lu %lu 0 %lu 0\n", s.usage.virtual_pages, s.usage.resident_pages,
		   s.usage.shared_pages, s.usage.text_pages, s.usage.data_pages + s.usage.stack_pages);
	snapshot_put(&s);
	return 0;
}

static const char *state_words(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "S (sleeping)";
	}
}

static void show_verdicts(struct text_buffer *out, struct vm_space *space)
{
	/* In the order of enum vm_verdict. */
	static const char *const names[] = {
		NULL, "DemandZero", "ZeroShare", "CowCopy", "CowReuse", "ObjectMap", "ObjectCopy",
		"ObjectWrite", "ObjectFill", "ObjectWait", "PteUpgrade", "StackGrow", "StaleTlb",
		"SegvMaperr", "SegvAccerr", "SegvGuard", "BusAdrerr", "BusObjerr",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && space->fault_count[i])
			text_print(out, "Faults%s:\t%lu\n", names[i], space->fault_count[i]);
}

static int show_status(const struct proc_node *node, struct text_buffer *out)
{
	struct snapshot s;
	int error = snapshot_get(node, &s);

	if (error)
		return error;
	text_print(out, "Name:\t%s\nState:\t%s\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n", s.name,
		   state_words(s.state), s.pid, s.pid, s.parent);
	text_print(out, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", s.uid, s.euid, s.suid, s.euid,
		   s.gid, s.egid, s.sgid, s.egid);
	if (s.space) {
		uint64_t kib = PAGE_SIZE / 1024;

		text_print(out, "VmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmRSS:\t%8lu kB\n",
			   s.usage.virtual_pages * kib, s.space->locked_pages * kib,
			   s.usage.resident_pages * kib);
		text_print(out, "RssShmem:\t%8lu kB\nVmData:\t%8lu kB\nVmStk:\t%8lu kB\n",
			   s.usage.shared_pages * kib, s.usage.data_pages * kib, s.usage.stack_pages * kib);
		text_print(out, "VmExe:\t%8lu kB\nVmPTE:\t%8lu kB\nVmPromised:\t%8lu kB\n",
			   s.usage.text_pages * kib, s.usage.table_pages * kib, s.space->promised * kib);
		text_print(out, "Regions:\t%lu\n", s.space->regions.count);
		show_verdicts(out, s.space);
	}
	text_print(out, "Threads:\t%u\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n", s.threads,
		   s.pending, s.shared_pending, s.blocked);
	text_print(out, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", s.ignored, s.caught);
	snapshot_put(&s);
	return 0;
}

static int show_comm(const struct proc_node *node, struct text_buffer *out)
{
	struct process *process = process_find((pid_t)node->key);

	if (!process)
		return -ESRCH;
	text_print(out, "%s\n", process->name);
	process_put(process);
	return 0;
}

/* The strings of [start, end) in the process's memory, as they stand there. */
static int show_memory(const struct proc_node *node, struct text_buffer *out, bool environment)
{
	struct process *process = process_find((pid_t)node->key);
	struct vm_space *space;
	vaddr_t at, end;
	char *buffer;

	if (!process)
		return -ESRCH;
	space = process_space_get(process);
	at = environment ? process->environment_start : process->arguments_start;
	end = environment ? process->environment_end : process->arguments_end;
	process_put(process);
	buffer = kmalloc(PAGE_SIZE);
	while (space && buffer && at < end) {
		size_t piece = min((size_t)(end - at), (size_t)PAGE_SIZE);

		if (vm_access(space, at, buffer, piece, false, false))
			break;
		text_append(out, buffer, piece);
		at += piece;
	}
	if (!buffer)
		out->error = -ENOMEM;
	kfree(buffer);
	if (space)
		vm_space_put(space);
	return out->error;
}

static int show_cmdline(const struct proc_node *node, struct text_buffer *out)
{
	return show_memory(node, out, false);
}

static int show_environ(const struct proc_node *node, struct text_buffer *out)
{
	return show_memory(node, out, true);
}

/* ---- links ----------------------------------------------------------------------------------- */

static int node_cwd(const struct proc_node *node, struct dentry **out, bool root)
{
	struct process *process = process_find((pid_t)node->key);
	struct fs_context *fs;

	if (!process)
		return -ESRCH;
	fs = process_fs_get(process);
	process_put(process);
	if (!fs)
		return -ENOENT;
	*out = root ? fs_context_root(fs) : fs_context_cwd(fs);
	fs_context_put(fs);
	return 0;
}

static int follow_cwd(const struct proc_node *node, struct dentry **out)
{
	return node_cwd(node, out, false);
}

static int follow_root(const struct proc_node *node, struct dentry **out)
{
	return node_cwd(node, out, true);
}

/* The file that a link stands for, with a reference. => ERR_PTR. */
static struct file *node_executable(const struct proc_node *node)
{
	struct process *process = process_find((pid_t)node->key);
	struct file *file;

	if (!process)
		return ERR_PTR(-ESRCH);
	file = process_executable_get(process);
	process_put(process);
	return file ? file : ERR_PTR(-ENOENT);
}

static struct file *node_descriptor(const struct proc_node *node)
{
	struct process *process = process_find((pid_t)node->key);
	struct fd_table *files;
	struct file *file;

	if (!process)
		return ERR_PTR(-ESRCH);
	files = process_files_get(process);
	process_put(process);
	if (!files)
		return ERR_PTR(-ENOENT);
	file = fd_lookup_counted(files, (int)node->subkey);
	fd_table_put(files);
	return file ? file : ERR_PTR(-ENOENT);
}

static int follow_file(struct file *file, struct dentry **out)
{
	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	if (file->dentry) {
		*out = dentry_get(file->dentry);
	} else {
		*out = dentry_create_anonymous(file->inode, "pipe");
		if (IS_ERR(*out)) {
			file_put(file);
			return -ENOMEM;
		}
	}
	file_put(file);
	return 0;
}

static int follow_exe(const struct proc_node *node, struct dentry **out)
{
	return follow_file(node_executable(node), out);
}

static int follow_fd(const struct proc_node *node, struct dentry **out)
{
	return follow_file(node_descriptor(node), out);
}

static ssize_t describe_file(struct file *file, char *buffer, size_t size)
{
	char *text;
	const char *start;
	ssize_t length;

	if (IS_ERR(file))
		return PTR_ERR(file);
	text = kmalloc(PAGE_SIZE);
	if (!text) {
		file_put(file);
		return -ENOMEM;
	}
	start = file_describe(file, text, PAGE_SIZE);
	length = (ssize_t)min(strlen(start), size);
	memcpy(buffer, start, (size_t)length);
	kfree(text);
	file_put(file);
	return length;
}

static ssize_t readlink_exe(const struct proc_node *node, char *buffer, size_t size)
{
	return describe_file(node_executable(node), buffer, size);
}

static ssize_t readlink_fd(const struct proc_node *node, char *buffer, size_t size)
{
	return describe_file(node_descriptor(node), buffer, size);
}

static ssize_t readlink_place(const struct proc_node *node, char *buffer, size_t size, bool root)
{
	struct dentry *dentry, *top;
	char *text, *path;
	ssize_t length;
	int error = node_cwd(node, &dentry, root);

	if (error)
		return error;
	text = kmalloc(PAGE_SIZE);
	top = fs_root();
	path = text ? dentry_path(dentry, top, text, PAGE_SIZE, false) : ERR_PTR(-ENOMEM);
	if (IS_ERR(path)) {
		length = PTR_ERR(path);
	} else {
		length = (ssize_t)min(strlen(path), size);
		memcpy(buffer, path, (size_t)length);
	}
	kfree(text);
	dentry_put(top);
	dentry_put(dentry);
	return length;
}

static ssize_t readlink_cwd(const struct proc_node *node, char *buffer, size_t size)
{
	return readlink_place(node, buffer, size, false);
}

static ssize_t readlink_root(const struct proc_node *node, char *buffer, size_t size)
{
	return readlink_place(node, buffer, size, true);
}

static int64_t next_descriptor(const struct proc_node *node, uint64_t from)
{
	struct process *process = process_find((pid_t)node->key);
	struct fd_table *files;
	int64_t fd;

	if (!process)
		return -1;
	files = process_files_get(process);
	process_put(process);
	if (!files)
		return -1;
	fd = from > INT32_MAX ? -1 : fd_next(files, (int)from);
	fd_table_put(files);
	return fd;
}

static const struct proc_entry fd_entry = {
	.mode = S_IFLNK | 0700,
	.readlink = readlink_fd,
	.follow = follow_fd,
	.owner = proc_pid_owner,
};

static const struct proc_entry no_entries[] = { { .name = NULL } };

static const struct proc_directory fd_directory = {
	.entries = no_entries,
	.next = next_descriptor,
	.number_entry = &fd_entry,
};

static const struct proc_entry pid_entries[] = {
	{ .name = "stat", .mode = S_IFREG | 0444, .show = show_stat, .owner = proc_pid_owner },
	{ .name = "statm", .mode = S_IFREG | 0444, .show = show_statm, .owner = proc_pid_owner },
	{ .name = "status", .mode = S_IFREG | 0444, .show = show_status, .owner = proc_pid_owner },
	{ .name = "comm", .mode = S_IFREG | 0444, .show = show_comm, .owner = proc_pid_owner },
	{ .name = "cmdline", .mode = S_IFREG | 0444, .show = show_cmdline, .owner = proc_pid_owner },
	{ .name = "environ", .mode = S_IFREG | 0400, .show = show_environ, .owner = proc_pid_owner },
	{ .name = "maps", .mode = S_IFREG | 0444, .show = proc_show_maps, .owner = proc_pid_owner },
	{ .name = "smaps", .mode = S_IFREG | 0444, .show = proc_show_smaps, .owner = proc_pid_owner },
#ifdef CONFIG_DEBUG
	{ .name = "check", .mode = S_IFREG | 0400, .show = proc_show_space_check, .owner = proc_pid_owner },
#endif
	{ .name = "mounts", .mode = S_IFREG | 0444, .show = proc_show_mounts, .owner = proc_pid_owner },
	{ .name = "exe", .mode = S_IFLNK | 0777, .readlink = readlink_exe, .follow = follow_exe,
	  .owner = proc_pid_owner },
	{ .name = "cwd", .mode = S_IFLNK | 0777, .readlink = readlink_cwd, .follow = follow_cwd,
	  .owner = proc_pid_owner },
	{ .name = "root", .mode = S_IFLNK | 0777, .readlink = readlink_root, .follow = follow_root,
	  .owner = proc_pid_owner },
	{ .name = "fd", .mode = S_IFDIR | 0500, .directory = &fd_directory, .owner = proc_pid_owner },
	{ .name = NULL },
};

const struct proc_directory proc_pid_directory = { .entries = pid_entries };
