/*
 * New processes and threads.
 */
#ifndef OSIER_PROC_FORK_H
#define OSIER_PROC_FORK_H

#include <osier/types.h>

struct trap_frame;

/*
 * fork(2) with the calling thread's user frame; `wait_for_exec`: vfork, the caller sleeps until the child has called
 * exec or has ended. => the child's pid, -EAGAIN, -ENOMEM.
 */
long process_fork(const struct trap_frame *, bool wait_for_exec);

/* thread_create(2). => tid, -EAGAIN, -ENOMEM, -EFAULT, -EINVAL. */
long process_create_thread(vaddr_t entry, vaddr_t stack_top, uint64_t argument, vaddr_t tls,
			   vaddr_t parent_tid, vaddr_t clear_tid);

#endif
