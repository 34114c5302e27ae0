/*
 * What an entry into the kernel leaves on the kernel stack, and the contract of the entry stubs.
 *
 * An entry from user mode begins at the top of the thread's kernel stack, so its frame is always at
 * cpu_user_frame(). Layout and order are known to entry.asm and syscall_entry.asm.
 *
 * Which fields are good when
 *  - every trap but vector 14, every IRQ that interrupts user mode and has work to do, and everything that
 *    return_work sees: all fields;
 *  - page fault (vector 14) while trap_dispatch runs: all but r15..rbx, which still are in the registers (the C code
 *    below keeps them); a change to them would be lost. return_work, called after it, has them all;
 *  - system call without SYSCALL_FULL_FRAME: rip, rflags, rsp, rdi, rsi, rdx, r10, r8, r9, `error` (the number).
 *    return_work, called after it, has them all, with rax the result.
 *  - system call with SYSCALL_FULL_FRAME: all, may be changed; rax is what the function returns.
 */
#ifndef OSIER_ARCH_TRAP_FRAME_H
#define OSIER_ARCH_TRAP_FRAME_H

#include "arch/x86_64/cpu.h"

struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx;
	uint64_t r11, rcx, rax;
	uint64_t r10, r9, r8, rdx, rsi, rdi;
	uint64_t vector;		/* enum trap_vector, an IRQ's vector, or TRAP_SYSCALL */
	uint64_t error;			/* hardware error code, or the system call's number */
	uint64_t rip, cs, rflags, rsp, ss;
};

static_assert(sizeof(struct trap_frame) == 176, "entry.asm pushes 22 words; keeps the stack 16-aligned");

enum trap_vector {
	TRAP_DIVIDE = 0, TRAP_DEBUG = 1, TRAP_NMI = 2, TRAP_BREAKPOINT = 3, TRAP_OVERFLOW = 4, TRAP_BOUND = 5,
	TRAP_INVALID_OPCODE = 6, TRAP_NO_FPU = 7, TRAP_DOUBLE_FAULT = 8, TRAP_INVALID_TSS = 10,
	TRAP_NO_SEGMENT = 11, TRAP_STACK = 12, TRAP_PROTECTION = 13, TRAP_PAGE_FAULT = 14, TRAP_X87 = 16,
	TRAP_ALIGNMENT = 17, TRAP_MACHINE_CHECK = 18, TRAP_SIMD = 19, TRAP_CONTROL_PROTECTION = 21,
	TRAP_FIRST_IRQ = 32,
	TRAP_SYSCALL = 256,
};

/* Selectors: the order that SYSCALL and SYSRET want. */
enum selector {
	KERNEL_CS = 0x08, KERNEL_SS = 0x10,
	USER_SS = 0x1b, USER_CS = 0x23,
	TSS_SELECTOR = 0x28,
};

enum rflags_bits {
	RFLAGS_CF = 1 << 0, RFLAGS_FIXED = 1 << 1, RFLAGS_PF = 1 << 2, RFLAGS_AF = 1 << 4, RFLAGS_ZF = 1 << 6,
	RFLAGS_SF = 1 << 7, RFLAGS_TF = 1 << 8, RFLAGS_DF = 1 << 10, RFLAGS_OF = 1 << 11, RFLAGS_NT = 1 << 14,
	RFLAGS_RF = 1 << 16, RFLAGS_AC = 1 << 18, RFLAGS_ID = 1 << 21,
};
/* What user mode may set in its flags (sigreturn, tracers). */
#define RFLAGS_USER (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_TF | RFLAGS_DF | \
		     RFLAGS_OF | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID)

static inline bool trap_from_user(const struct trap_frame *frame)
{
	return frame->cs & 3;
}

/* The frame of this thread's entry from user mode; good in a process's thread only. */
static inline struct trap_frame *cpu_user_frame(void)
{
	return (struct trap_frame *)cpu_this()->kernel_stack_top - 1;
}

static inline struct trap_frame *trap_frame_of_stack(vaddr_t stack_top)
{
	return (struct trap_frame *)stack_top - 1;
}

/*
 * Makes a frame that user mode had a hand in safe to return through: user selectors, harmless flags.
 * => 0, or -EFAULT when rip or rsp cannot be a user address (frame then unusable).
 */
int trap_frame_sanitise(struct trap_frame *frame);

/* A fresh user context: all registers zero, flags IF only. */
void trap_frame_init_user(struct trap_frame *frame, vaddr_t rip, vaddr_t rsp);

/* "page fault", "general protection", … */
const char *trap_name(unsigned vector);

#endif
