/*
 * What stands in /proc. The framework is fs/procfs.h; proc_tree.c: the top; proc_pid.c: /proc/PID; proc_maps.c: its memory;
 * proc_system.c: files about the system; proc_check.c: checks, in the debug build.
 */
#ifndef OSIER_PROC_PROC_TREE_H
#define OSIER_PROC_PROC_TREE_H

#include "fs/procfs.h"

/* Hands the tree to the file system. Before /proc is mounted. */
void proc_tree_init(void);

extern const struct proc_directory proc_pid_directory;
int proc_pid_owner(const struct proc_node *, uid_t *, gid_t *);

int proc_show_maps(const struct proc_node *, struct text_buffer *);
int proc_show_smaps(const struct proc_node *, struct text_buffer *);

int proc_show_meminfo(const struct proc_node *, struct text_buffer *);
int proc_show_uptime(const struct proc_node *, struct text_buffer *);
int proc_show_stat(const struct proc_node *, struct text_buffer *);
int proc_show_loadavg(const struct proc_node *, struct text_buffer *);
int proc_show_version(const struct proc_node *, struct text_buffer *);
int proc_show_cpuinfo(const struct proc_node *, struct text_buffer *);
int proc_show_mounts(const struct proc_node *, struct text_buffer *);
int proc_show_cmdline(const struct proc_node *, struct text_buffer *);
int proc_show_filesystems(const struct proc_node *, struct text_buffer *);
int proc_show_kmsg(const struct proc_node *, struct text_buffer *);
int proc_show_slabinfo(const struct proc_node *, struct text_buffer *);
int proc_show_interrupts(const struct proc_node *, struct text_buffer *);

#ifdef CONFIG_DEBUG
int proc_show_check(const struct proc_node *, struct text_buffer *);
int proc_show_space_check(const struct proc_node *, struct text_buffer *);
#endif

#endif
