/*
 * The end: says what broke, where, and how one got there; on the serial line, the screen and the control port.
 * For broken invariants only, never for exhaustion or user input. Declarations only: every layer may include it.
 */
#ifndef OSIER_DEBUG_PANIC_H
#define OSIER_DEBUG_PANIC_H

#include <osier/compiler.h>
#include <osier/types.h>

struct trap_frame;

__noreturn __cold void panic(const char *format, ...) __printf_format(1, 2);

/* The same with the registers of the trap that showed it; the backtrace begins there. frame may be NULL. */
__noreturn __cold void panic_trap(const struct trap_frame *frame, const char *format, ...) __printf_format(2, 3);

/*
 * For a kernel trap that nothing handles: decodes it (double fault, stack overflow, page fault, …) and panics.
 * `address` is CR2 where it matters.
 */
__noreturn __cold void panic_unhandled_trap(const struct trap_frame *frame, vaddr_t address);

/* True once a panic has begun: log calls then take no locks. */
extern bool panic_in_progress;

/* What upper layers know: called during a panic, must not lock or allocate. Each may be NULL. */
struct panic_hooks {
	/* Describes the current thread: "thread 7 sh (pid 3)"; => false when there is none. */
	bool (*describe_thread)(char *buffer, size_t size);
	/* Says what a kernel address is: "stack guard of thread 7 sh". => false when it is nothing special. */
	bool (*describe_address)(vaddr_t address, char *buffer, size_t size);
	/* Whether `address` lies in the guard below a kernel stack. */
	bool (*is_stack_guard)(vaddr_t address);
	/* More to print at the end (the last faults of the trace ring, say), through log_raw. */
	void (*report)(void);
};
extern struct panic_hooks panic_hooks;

#endif
