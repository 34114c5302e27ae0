/*
 * Exceptions: page faults to the vm layer, the rest to signals; in the kernel, to a panic. And the last stop before user
 * mode.
 */
#include "vm/fault.h"

#include <osier/abi/errno.h>
#include <osier/abi/signal.h>

#include "arch/x86_64/trap_frame.h"
#include "arch/x86_64/upcalls.h"
#include "arch/x86_64/usercopy.h"
#include "debug/panic.h"
#include "proc/exit.h"
#include "proc/fpu_state.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "task/sched.h"

/* Vector 14. The fewest instructions lie between a first write to a page and the second try at it. */
static void handle_page_fault(struct trap_frame *frame)
{
	vaddr_t address = read_cr2();
	bool user = trap_from_user(frame);
	vaddr_t fixup = user ? 0 : usercopy_fixup(frame->rip);
	struct vm_fault *fault;

	/* Before there are threads, and in an interrupt handler, nobody can handle a fault. */
	if (!user && unlikely(!thread_current() || cpu_this()->irq_nesting))
		panic_unhandled_trap(frame, address);
	if (likely(frame->rflags & RFLAGS_IF))
		irq_enable();
	switch (vm_fault(address, (uint32_t)frame->error, frame->rip, fixup != 0)) {
	case OUTCOME_DONE:
	case OUTCOME_RETRY:
		return;
	case OUTCOME_SIGNAL:
		if (user) {
			fault = thread_current()->fault;
			signal_force(fault->signal, fault->code, address);
			return;
		}
		break;
	case OUTCOME_NO_MEMORY:
		if (user) {
			signal_force(SIGBUS, 2 /* BUS_ADRERR */, address);
			return;
		}
		break;
	case OUTCOME_FIXUP:
		break;
	default:
		panic_unhandled_trap(frame, address);
	}
	if (!fixup)
		panic_unhandled_trap(frame, address);
	frame->rip = fixup;
}

/* si_code of an exception of the x87 (status word) or of SSE (mxcsr): the flags have the same order. */
static int arithmetic_code(unsigned flags, unsigned masks)
{
	unsigned raised = flags & ~masks;

	if (raised & 1)
		return FPE_FLTINV;
	if (raised & 4)
		return FPE_FLTDIV;
	if (raised & 8)
		return FPE_FLTOVF;
	if (raised & (16 | 2))
		return FPE_FLTUND;
	return FPE_FLTRES;
}

static int x87_code(void)
{
	uint16_t status, control;

	__asm__ volatile("fnstsw %0; fnstcw %1" : "=m"(status), "=m"(control));
	return arithmetic_code(status & 0x3f, control & 0x3f);
}

static int simd_code(void)
{
	uint32_t mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return arithmetic_code(mxcsr & 0x3f, (mxcsr >> 7) & 0x3f);
}

/* An exception that user mode caused. */
static void user_trap(struct trap_frame *frame)
{
	int code = 0;

	/* What lies in the registers is read before anybody else can run. */
	if (frame->vector == TRAP_X87)
		code = x87_code();
	else if (frame->vector == TRAP_SIMD)
		code = simd_code();
	irq_enable();
	switch (frame->vector) {
	case TRAP_NO_FPU:
		if (fpu_state_first_use())
			signal_force(SIGBUS, SI_KERNEL, 0);
		break;
	case TRAP_DIVIDE:
		signal_force(SIGFPE, FPE_INTDIV, frame->rip);
		break;
	case TRAP_DEBUG:
		frame->rflags &= ~(uint64_t)RFLAGS_TF;
		signal_force(SIGTRAP, TRAP_TRACE, frame->rip);
		break;
	case TRAP_BREAKPOINT:
		signal_force(SIGTRAP, TRAP_BRKPT, frame->rip);
		break;
	case TRAP_INVALID_OPCODE:
		signal_force(SIGILL, ILL_ILLOPN, frame->rip);
		break;
	case TRAP_X87:
	case TRAP_SIMD:
		signal_force(SIGFPE, code, frame->rip);
		break;
	case TRAP_ALIGNMENT:
		signal_force(SIGBUS, BUS_ADRALN, 0);
		break;
	case TRAP_STACK:
	case TRAP_NO_SEGMENT:
		signal_force(SIGBUS, SI_KERNEL, 0);
		break;
	default:
		/* General protection and its rare relatives: no address is told. */
		signal_force(SIGSEGV, SI_KERNEL, 0);
		break;
	}
}

void trap_dispatch(struct trap_frame *frame)
{
	if (likely(frame->vector == TRAP_PAGE_FAULT))
		handle_page_fault(frame);
	else if (trap_from_user(frame) && frame->vector != TRAP_NMI &&
		 frame->vector != TRAP_DOUBLE_FAULT && frame->vector != TRAP_MACHINE_CHECK)
		user_trap(frame);
	else
		panic_unhandled_trap(frame, read_cr2());
}

void return_work(struct trap_frame *frame)
{
	uint32_t work = READ_ONCE(thread_current()->work);

	if (work & THREAD_WORK_RESCHEDULE)
		sched_resched();
	if (work & (THREAD_WORK_SIGNAL | THREAD_WORK_EXIT))
		signal_deliver(frame);
}
