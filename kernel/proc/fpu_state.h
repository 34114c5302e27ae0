/*
 * The FPU registers of user threads: the area that the first use allocates, and its way into signal frames.
 */
#ifndef OSIER_PROC_FPU_STATE_H
#define OSIER_PROC_FPU_STATE_H

#include <osier/types.h>

struct thread;

void fpu_state_init(void);
/* The trap of a first use in a time slice. => 0 or -ENOMEM. Interrupts on. */
int fpu_state_first_use(void);
/* fork: the child's copy of the calling thread's. => 0 or -ENOMEM. */
int fpu_state_fork(struct thread *child);
/* Frees the area of a thread that runs no more, or of the calling one (exec, exit). */
void fpu_state_free(struct thread *);
/* The calling thread has not used the FPU. */
void fpu_state_drop(void);
/* Signal frames: fpu_area_bytes() bytes, 64-byte aligned. => 0 or -EFAULT. */
int fpu_state_to_user(vaddr_t to);
int fpu_state_from_user(vaddr_t from);

#endif
