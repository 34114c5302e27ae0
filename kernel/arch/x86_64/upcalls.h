/*
 * The five calls that the lowest layer makes upward, and the system call table it indexes.
 * Their definitions are the upper layers': sys (traps, system calls), task (ap_main), irq.c (interrupts).
 */
#ifndef OSIER_ARCH_UPCALLS_H
#define OSIER_ARCH_UPCALLS_H

#include <osier/types.h>

struct trap_frame;

/*
 * Every exception. Interrupts are off; the callee turns them on where the interrupted code had them on
 * (frame->rflags & RFLAGS_IF), after reading CR2 for vector 14. Returns with any interrupt state.
 * See trap_frame.h for what the frame holds.
 */
void trap_dispatch(struct trap_frame *frame);

/*
 * The slow road of a system call: the number is out of range (frame->error >= syscall_count), or the thread is traced.
 * Interrupts on, full frame, which the callee may change. => what goes into rax.
 */
long syscall_dispatch(struct trap_frame *frame);

/* An interrupt: vector 32..255. Interrupts off, and stay off. */
void irq_dispatch(unsigned vector);

/*
 * Before a return to user mode, whenever thread.work is not 0. Interrupts on, full frame; may sleep, may not return
 * (exit). Afterwards thread.work is looked at again, with interrupts off.
 */
void return_work(struct trap_frame *frame);

/* Where an application CPU goes once it is set up: per-CPU data, descriptors and local APIC are ready, interrupts off. */
__attribute__((noreturn)) void ap_main(void);

/* ---- system calls ---------------------------------------------------------------------------- */

typedef long (*syscall_function)(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);

enum syscall_flags {
	SYSCALL_FULL_FRAME = 1 << 0,	/* the function reads or changes cpu_user_frame(): fork, execve, sigreturn … */
};

struct syscall_entry {
	syscall_function function;	/* interrupts on; => result or -errno */
	uint64_t flags;			/* enum syscall_flags */
};

/*
 * Indexed by number, every slot filled. The fast path calls straight through it.
 * With SYSCALL_FULL_FRAME the return is by iretq and restores every register from the frame.
 */
extern const struct syscall_entry syscall_table[];
extern const uint32_t syscall_count;

#endif
