/*
 * Kernel contexts: what switch_context leaves on a kernel stack, and how a thread gets its first one.
 */
#ifndef OSIER_ARCH_CONTEXT_H
#define OSIER_ARCH_CONTEXT_H

#include <osier/types.h>

struct trap_frame;

/*
 * The head of struct thread as the entry code knows it; task/thread.h asserts that it agrees:
 * the saved context, then the state, then the work word that every return to user mode tests.
 */
#define THREAD_OFFSET_CONTEXT 0
#define THREAD_OFFSET_WORK 12
#define THREAD_WORK_TRACE_BIT 0x10	/* THREAD_WORK_TRACE */

/* Lies on the stack of a thread that does not run; the pointer to it is its stack pointer. */
struct context {
	uint64_t r15, r14, r13, r12, rbx, rbp;
	uint64_t rip;
};

/*
 * Saves this thread's registers on its stack, stores where in *from, and continues `to`.
 * => interrupts off. Returns when somebody switches back. The FPU, CR3, cpu.thread and the kernel stack of the
 * next entry are the caller's business.
 */
void switch_context(struct context **from, struct context *to);

/*
 * The first context of a thread: at its first switch it runs function(argument) on the stack that ends at stack_top
 * (below `reserve` bytes, which stay untouched: a user frame, say). The function must not return.
 * Interrupts are as the switch left them: off.
 */
struct context *context_init(vaddr_t stack_top, size_t reserve, void (*function)(void *), void *argument);

/*
 * Goes to user mode through `frame`, which must be trap_frame_of_stack(this thread's stack top): does pending work
 * first, then restores every register. Does not return. Interrupts on or off.
 */
__attribute__((noreturn)) void enter_user(struct trap_frame *frame);

#endif
