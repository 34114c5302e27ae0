/* Records of what changes address spaces; faults are recorded inline (trace.h). */
#include "vm/trace.h"

#include "lib/string.h"

void trace_range(enum trace_kind kind, uint32_t pid, vaddr_t start, vaddr_t end, uint8_t prot)
{
	struct trace_record *record = trace_slot();

	if (!record)
		return;
	memset(record, 0, sizeof *record);
	record->sequence = __atomic_add_fetch(&trace_sequence, 1, __ATOMIC_RELAXED);
	record->tsc = rdtsc();
	record->address = start;
	record->instruction = end;
	record->pid = pid;
	record->tid = thread_current() ? thread_current()->tid : 0;
	record->kind = (uint8_t)kind;
	record->prot = prot;
	record->cpu = (uint8_t)cpu_id();
	trace_commit();
}
