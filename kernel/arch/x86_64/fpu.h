/*
 * FPU, SSE and AVX registers of user threads, lazily: CR0.TS is set whenever the registers are not the running
 * thread's, the first use in a time slice traps (TRAP_NO_FPU), and only a thread that used them is saved.
 * The kernel itself never uses them.
 *
 * An area holds one thread's registers: XSAVE format where the CPU has it, else FXSAVE; the first 512 bytes
 * are the same in both. The upper layers allocate areas: fpu_area_bytes() bytes, aligned to FPU_AREA_ALIGN.
 */
#ifndef OSIER_ARCH_FPU_H
#define OSIER_ARCH_FPU_H

#include <osier/types.h>

#define FPU_AREA_ALIGN 64

/* This CPU: enables what there is, registers off. Called at boot and on each AP. */
void fpu_init(void);
size_t fpu_area_bytes(void);

/* The state a program starts with. */
void fpu_area_init(void *area);

/* First use in this slice: turns the registers on and loads `area`. Interrupts off. */
void fpu_first_use(const void *area);

/* The thread whose registers are live stops running (or they are to be read): saves and turns them off. Interrupts off. */
void fpu_switch_out(void *area);

/* Throws live registers away (exec, exit). Interrupts off. */
void fpu_reset(void);

/* Copies the state of a thread, live in the registers or not, into a child's area. Interrupts off. */
void fpu_fork_copy(void *child_area, void *parent_area, bool parent_live);

/*
 * Makes an area that came from user memory safe to load: unknown components and reserved bits cleared.
 * Any contents are survived.
 */
void fpu_area_sanitise(void *area);

#endif
