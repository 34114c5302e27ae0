/* Faults and changes of address spaces, as records of the trace ring. */
#ifndef OSIER_VM_TRACE_H
#define OSIER_VM_TRACE_H

#include "debug/trace.h"
#include "task/thread.h"
#include "vm/fault.h"

static inline void trace_fault(const struct vm_fault *fault)
{
	struct trace_record *record = trace_slot();

	if (unlikely(!record))
		return;
	record->sequence = fault->sequence;
	record->tsc = fault->tsc;
	record->address = fault->address;
	record->instruction = fault->instruction;
	record->region_start = fault->has_region ? fault->region_start : 0;
	record->pid = fault->pid;
	record->tid = fault->tid;
	record->frame_before = (uint32_t)fault->frame_before;
	record->frame_after = (uint32_t)fault->frame_after;
	record->kind = TRACE_FAULT;
	record->verdict = (uint8_t)fault->verdict;
	record->outcome = (uint8_t)fault->outcome;
	record->error = (uint8_t)fault->error;
	record->prot = fault->has_region ? fault->region_prot : 0;
	record->tables = (uint8_t)(fault->tables_copied << 4 | fault->tables_made);
	record->pages = fault->pages_mapped;
	record->cpu = fault->cpu;
	trace_commit();
}

/* A change of [start, end) in the space of process `pid`. */
void trace_range(enum trace_kind kind, uint32_t pid, vaddr_t start, vaddr_t end, uint8_t prot);

#endif
