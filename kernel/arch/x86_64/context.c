/*
 * First contexts (context.h); switch_context itself is in switch.asm.
 */
#include "arch/x86_64/context.h"

#include "debug/assert.h"

void thread_entry_trampoline(void);

struct context *context_init(vaddr_t stack_top, size_t reserve, void (*function)(void *), void *argument)
{
	/* One word of zero above the context ends frame-pointer backtraces. */
	uint64_t *top = (uint64_t *)((stack_top - reserve) & ~15ull);
	struct context *context = (struct context *)(top - 2) - 1;

	ASSERT(reserve % 16 == 0);
	top[-1] = 0;
	top[-2] = 0;
	*context = (struct context){
		.r12 = (uint64_t)function,
		.r13 = (uint64_t)argument,
		.rip = (uint64_t)thread_entry_trampoline,
	};
	return context;
}
