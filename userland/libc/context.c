/* makecontext, and the signal masks of its relatives in ucontext.S. */
#include "osier.h"
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

_Static_assert(offsetof(ucontext_t, uc_mcontext.gregs) == 40, "ucontext.S knows the offset");
_Static_assert(offsetof(ucontext_t, uc_sigmask) == 296, "ucontext.S knows the offset");
_Static_assert(offsetof(ucontext_t, __uc_fpstate) == 304, "ucontext.S knows the offset");

extern hidden void __osier_context_end(void);

hidden void __osier_context_getmask(ucontext_t *ucp)
{
	sigprocmask(SIG_SETMASK, NULL, &ucp->uc_sigmask);
}

hidden void __osier_context_setmask(const ucontext_t *ucp)
{
	sigprocmask(SIG_SETMASK, &ucp->uc_sigmask, NULL);
}

hidden void __osier_context_swapmask(ucontext_t *out, const ucontext_t *in)
{
	sigprocmask(SIG_SETMASK, &in->uc_sigmask, &out->uc_sigmask);
}

/* The function of a context has returned. */
hidden void __osier_context_next(ucontext_t *ucp)
{
	if (ucp->uc_link)
		setcontext(ucp->uc_link);
	exit(0);
}

/* Arguments are ints by the standard; whole words are passed, so that pointers survive. */
void makecontext(ucontext_t *ucp, void (*function)(void), int argc, ...)
{
	static const int reg[6] = { REG_RDI, REG_RSI, REG_RDX, REG_RCX, REG_R8, REG_R9 };
	uintptr_t top = ((uintptr_t)ucp->uc_stack.ss_sp + ucp->uc_stack.ss_size) & ~(uintptr_t)15;
	int extra = argc > 6 ? argc - 6 : 0;
	unsigned long *stack = (unsigned long *)(top - 16 * (((unsigned)extra + 2) / 2)) - 1;
	va_list ap;

	stack[0] = (unsigned long)__osier_context_end;
	va_start(ap, argc);
	for (int i = 0; i < argc; i++) {
		unsigned long value = va_arg(ap, unsigned long);

		if (i < 6)
			ucp->uc_mcontext.gregs[reg[i]] = (greg_t)value;
		else
			stack[1 + i - 6] = value;
	}
	va_end(ap);
	ucp->uc_mcontext.gregs[REG_RBX] = (greg_t)ucp;
	ucp->uc_mcontext.gregs[REG_RBP] = 0;
	ucp->uc_mcontext.gregs[REG_RSP] = (greg_t)stack;
	ucp->uc_mcontext.gregs[REG_RIP] = (greg_t)function;
}
