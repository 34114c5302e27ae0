/*
 * execve: a new program in the calling process.
 *
 * Everything that can fail is done before the point of no return, on a new space built aside; what follows it cannot.
 */
#ifndef OSIER_PROC_EXEC_H
#define OSIER_PROC_EXEC_H

#include <osier/types.h>

struct process;
struct trap_frame;

#define EXEC_SCRIPT_DEPTH 4

/* Where the strings come from: user vectors, or the kernel's own for the first process. */
struct exec_request {
	const char *path;
	bool kernel;
	vaddr_t arguments, environment;
	const char *const *kernel_arguments, *const *kernel_environment;
};

/*
 * => 0, and `frame` enters the new program; -errno, and nothing has changed: -ENOENT, -EACCES, -ENOEXEC (not a program and
 * no #! script), -EINVAL (hostile segments), -ETXTBSY, -E2BIG, -EFAULT, -ENOMEM, -ELOOP. Sleeps.
 */
int process_exec(const struct exec_request *, struct trap_frame *frame);

/* Fills in the process's limits where other layers look for them. */
void process_apply_limits(struct process *);

#endif
