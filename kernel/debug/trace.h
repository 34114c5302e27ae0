/*
 * The trace ring: the last events of each CPU, in a fixed, versioned format that GDB, /proc and the panic report read.
 * It lies in memory that nothing else uses, so it survives a panic.
 *
 * Invariants
 *  1. A record is 64 bytes, and its meaning changes only together with TRACE_VERSION.
 *  2. `next` only grows; record n lies at n % TRACE_RECORDS. Only its own CPU writes a ring.
 */
#ifndef OSIER_DEBUG_TRACE_H
#define OSIER_DEBUG_TRACE_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "arch/x86_64/cpu.h"

#define TRACE_MAGIC 0x4352544fu		/* "OTRC" */
#define TRACE_VERSION 1u
#define TRACE_RECORDS 1024u

enum trace_kind {
	TRACE_NONE,
	TRACE_FAULT,			/* a page fault and what became of it */
	TRACE_MAP,			/* a range was mapped: address, end in `instruction` */
	TRACE_UNMAP,
	TRACE_PROTECT,
	TRACE_FORK,			/* `address`: the child's pid */
	TRACE_EXEC,
	TRACE_EXIT,
};

struct trace_record {
	uint64_t sequence, tsc;
	uint64_t address;
	uint64_t instruction;		/* fault: where; range: its end */
	uint64_t region_start;
	uint32_t pid, tid;
	uint32_t frame_before, frame_after;
	uint8_t kind;			/* enum trace_kind */
	uint8_t verdict, outcome;	/* enum vm_verdict, enum vm_outcome */
	uint8_t error;			/* hardware's error code */
	uint8_t prot;			/* the region's */
	uint8_t tables;			/* copied << 4 | made */
	uint8_t pages;			/* entries written */
	uint8_t cpu;
};

static_assert(sizeof(struct trace_record) == 64, "the format that tools read");

struct trace_ring {
	uint32_t magic, version, records, cpu;
	uint64_t next;			/* number of the record to be written */
	struct trace_record record[TRACE_RECORDS];
};

extern struct trace_ring trace_boot_ring;
extern uint64_t trace_sequence;

/* The slot for the next record of this CPU, or NULL (no ring yet); trace_commit makes it count. */
static inline struct trace_record *trace_slot(void)
{
	struct trace_ring *ring = cpu_slot(CPU_SLOT_TRACE);

	return likely(ring) ? &ring->record[ring->next % TRACE_RECORDS] : NULL;
}

static inline void trace_commit(void)
{
	struct trace_ring *ring = cpu_slot(CPU_SLOT_TRACE);

	__atomic_store_n(&ring->next, ring->next + 1, __ATOMIC_RELEASE);
}

/* Gives this CPU its ring. */
void trace_init(struct trace_ring *ring);

#endif
