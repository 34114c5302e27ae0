/*
 * Frames that user mode has a hand in, and the names of traps.
 */
#include "arch/x86_64/trap_frame.h"

#include "lib/err.h"

#define USER_ADDRESS_END 0x0000800000000000ull

int trap_frame_sanitise(struct trap_frame *frame)
{
	/* A non-canonical rip would fault in the kernel, at iretq; a kernel address only in user mode, but it cannot be meant. */
	if (frame->rip >= USER_ADDRESS_END || frame->rsp >= USER_ADDRESS_END)
		return -EFAULT;
	frame->cs = USER_CS;
	frame->ss = USER_SS;
	frame->rflags = (frame->rflags & RFLAGS_USER) | RFLAGS_FIXED | RFLAGS_IF;
	return 0;
}

void trap_frame_init_user(struct trap_frame *frame, vaddr_t rip, vaddr_t rsp)
{
	*frame = (struct trap_frame){
		.vector = TRAP_SYSCALL,
		.rip = rip,
		.cs = USER_CS,
		.rflags = RFLAGS_FIXED | RFLAGS_IF,
		.rsp = rsp,
		.ss = USER_SS,
	};
}

const char *trap_name(unsigned vector)
{
	static const char *const names[] = {
		"divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode",
		"FPU not available", "double fault", "coprocessor overrun", "invalid TSS", "segment not present",
		"stack segment fault", "general protection fault", "page fault", "reserved", "x87 error",
		"alignment check", "machine check", "SIMD error", "virtualisation", "control protection",
	};

	if (vector < ARRAY_SIZE(names))
		return names[vector];
	return vector == TRAP_SYSCALL ? "system call" : vector < TRAP_FIRST_IRQ ? "reserved" : "interrupt";
}
