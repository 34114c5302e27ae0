/* Records of what changes address spaces; faults are recorded inline (trace.h). */
#include "vm/trace.h"

void trace_range(enum trace_kind kind, uint32_t pid, vaddr_t start, vaddr_t end, uint8_t prot)
{
	struct trace_record *record = trace_slot();

	if (!record)
		return;
	record->sequence = __atomic_add_fetch(&trace_sequence, 1, __ATOMIC_RELAXED);
	record->tsc = rdtsc();
	record->address = start;
	record->instruction = end;
	record->pid = pid;
	record->tid = thread_current() ? thread_current()->tid : 0;
	record->region_start = 0;
	record->frame_before = record->frame_after = 0;
	record->kind = (uint8_t)kind;
	record->verdict = record->outcome = record->error = 0;
	record->prot = prot;
	record->tables = record->pages = 0;
	record->cpu = (uint8_t)cpu_id();
	trace_commit();
}
