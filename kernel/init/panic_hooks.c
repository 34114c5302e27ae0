/*
 * panic_hooks.h. Called when anything may be broken: no locks, no allocation, pointers are asked about before use.
 */
#include "init/panic_hooks.h"

#include "debug/backtrace.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "debug/trace.h"
#include "lib/printf.h"
#include "proc/process.h"
#include "task/thread.h"
#include "vm/fault.h"

#define LAST_EVENTS 8u

static bool describe_thread(char *buffer, size_t size)
{
	const struct thread *thread = thread_current();
	const struct process *process;

	if (!thread || !kernel_readable((vaddr_t)thread) || !kernel_readable((vaddr_t)&thread->process))
		return false;
	process = thread->process;
	if (process && kernel_readable((vaddr_t)&process->pid))
		ksnprintf(buffer, size, "thread %u %.15s (pid %d)", thread->tid, thread->name, process->pid);
	else
		ksnprintf(buffer, size, "kernel thread %u %.15s", thread->tid, thread->name);
	return true;
}

/* What happened to memory last, newest first. */
static void report(void)
{
	const struct trace_ring *ring = cpu_slot(CPU_SLOT_TRACE);
	uint64_t next;

	if (!ring || !ring->next)
		return;
	next = ring->next;
	log_raw("last memory events of this CPU:\n");
	for (uint64_t n = next; n-- > 0 && next - n <= LAST_EVENTS;) {
		const struct trace_record *r = &ring->record[n % TRACE_RECORDS];
		static const char *const kinds[] = { "none", "fault", "map", "unmap", "protect", "fork", "exec", "exit" };

		if (r->kind == TRACE_FAULT)
			log_raw("  %lu pid %u fault at 0x%lx error 0x%x from 0x%lx: %s, %s\n", r->sequence, r->pid,
				r->address, r->error, r->instruction, vm_verdict_name(r->verdict),
				vm_outcome_name(r->outcome));
		else
			log_raw("  %lu pid %u %s 0x%lx-0x%lx\n", r->sequence, r->pid,
				r->kind < ARRAY_SIZE(kinds) ? kinds[r->kind] : "?", r->address, r->instruction);
	}
}

void panic_hooks_init(void)
{
	panic_hooks.describe_thread = describe_thread;
	panic_hooks.report = report;
}
