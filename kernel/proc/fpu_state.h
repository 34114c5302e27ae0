/*
 * The FPU registers of user threads: the area that the first use allocates, and its way into signal frames.
 *
 * A handler seldom uses the FPU. So a frame of a handler without SA_SIGINFO (which could look at it) gets no copy: the kernel
 * keeps the area under the frame's address, and only a use of the FPU makes the thread a copy to go on with. When the table is
 * full, the frame gets its copy at once.
 *
 * Invariants
 *  1. thread.fpu may be one of the kept areas; it is then not live, and is copied before it becomes live.
 *  2. A kept entry's frame address is the fpregs of that frame's context; no two entries have the same. The innermost comes last.
 */
#ifndef OSIER_PROC_FPU_STATE_H
#define OSIER_PROC_FPU_STATE_H

#include <osier/types.h>

struct thread;

#define FPU_KEPT_MAX 4

struct fpu_kept {
	vaddr_t frame;
	void *area;
};

void fpu_state_init(void);
/* The trap of a first use in a time slice. => 0 or -ENOMEM. Interrupts on. */
int fpu_state_first_use(void);
/* fork: the child's copy of the calling thread's. => 0 or -ENOMEM. */
int fpu_state_fork(struct thread *child);
/* Frees the area of a thread that runs no more, or of the calling one (exec, exit). */
void fpu_state_free(struct thread *);
/* The calling thread has not used the FPU. */
void fpu_state_drop(void);
/*
 * The calling thread enters a handler; its registers are kept for the frame whose context has fpregs == `frame`.
 * => false: no room, the frame needs a copy (fpu_state_to_user).
 */
bool fpu_state_keep(vaddr_t frame);
/* The handler's return: the registers are what they were at fpu_state_keep. => false: nothing was kept for that frame. */
bool fpu_state_take_back(vaddr_t frame);
/* Signal frames with a copy: fpu_area_bytes() bytes, 64-byte aligned. => 0 or -EFAULT. */
int fpu_state_to_user(vaddr_t to);
int fpu_state_from_user(vaddr_t from);

#endif
