/* fork and vfork. */
#include "osier.h"
#include "thread.h"
#include <unistd.h>

/* Present when the program uses pthread_atfork or threads: see atfork.c. */
extern void __osier_atfork(int when) __attribute__((weak));
extern void __osier_fork_threads(int when) __attribute__((weak));

pid_t fork(void)
{
	pid_t pid;

	if (__osier_atfork)
		__osier_atfork(-1);
	if (__osier_fork_threads)
		__osier_fork_threads(-1);
	pid = (pid_t)raw(SYS_fork);
	if (__osier_fork_threads)
		__osier_fork_threads(pid == 0);
	if (__osier_atfork)
		__osier_atfork(pid == 0);
	return (pid_t)result(pid);
}

/* The child may use the parent's stack and overwrite the return address, so that is kept in a
 * register, of which each of the two has its own. */
__attribute__((naked)) pid_t vfork(void)
{
	__asm__("popq	%%rdx\n\t"
		"movl	%0, %%eax\n\t"
		"syscall\n\t"
		"pushq	%%rdx\n\t"
		"movq	%%rax, %%rdi\n\t"
		"cmpq	$-4096, %%rax\n\t"
		"ja	__osier_result\n\t"
		"ret"
		: : "i"(SYS_vfork));
}

/* For assembly: see result(). */
hidden long __osier_result(long value)
{
	return result(value);
}
