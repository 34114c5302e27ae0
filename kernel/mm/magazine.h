/*
 * Per-CPU magazines: the fast paths of the frame allocator, inline. Included by frame.h only.
 *
 * Each CPU keeps a stack of free frames and a stack of free frames that are zero already; both are refilled from and
 * spilled to the buddy lists and the zeroed pool in batches, under the allocator's lock (magazine.c). The counts by
 * kind are per CPU too; only their sum over all CPUs means anything.
 */
#ifndef OSIER_MM_MAGAZINE_H
#define OSIER_MM_MAGAZINE_H

#include "mm/frame.h"

#ifdef OSIER_HOST
#define CPU_MAX 1
static inline unsigned cpu_id(void)
{
	return 0;
}
#else
#include "arch/x86_64/cpu.h"
#endif

#define MAGAZINE_SIZE 64

struct frame_cpu {
	uint32_t count, zeroed_count;
	uint32_t limit;				/* frames kept in each stack; <= MAGAZINE_SIZE */
	int64_t kind_count[FRAME_KINDS];	/* this CPU's share: may be negative */
	struct frame *frames[MAGAZINE_SIZE];
	struct frame *zeroed[MAGAZINE_SIZE];
} __aligned(64);

extern struct frame_cpu frame_cpus[CPU_MAX];

struct frame *frame_alloc_slow(unsigned flags);
void frame_free_slow(struct frame *frame);

static __always_inline struct frame_cpu *frame_this_cpu(void)
{
	return &frame_cpus[cpu_id()];
}

/* A free frame becomes one in use. */
static __always_inline void frame_begin(struct frame_cpu *cpu, struct frame *frame, unsigned kind)
{
	frame->refs = 1;
	frame->kind = (uint8_t)kind;
	frame->order = 0;
	frame->flags = 0;
	frame->word = 0;
	cpu->kind_count[kind]++;
}

/* A frame in use becomes a free one, outside the buddy lists. */
static __always_inline void frame_end(struct frame_cpu *cpu, struct frame *frame)
{
	cpu->kind_count[frame->kind]--;
	frame->refs = 0;
	frame->kind = FRAME_FREE;
	frame->order = 0;
	frame->flags = FRAME_FREE_CACHED;
}

static __always_inline struct frame *frame_alloc(unsigned flags)
{
#if defined(CONFIG_DEBUG) || defined(OSIER_HOST)
	return frame_alloc_slow(flags);
#else
	struct frame_cpu *cpu = frame_this_cpu();
	struct frame *frame;

	if (flags & FRAME_ZERO) {
		if (unlikely(!cpu->zeroed_count))
			return frame_alloc_slow(flags);
		frame = cpu->zeroed[--cpu->zeroed_count];
	} else {
		if (unlikely(!cpu->count))
			return frame_alloc_slow(flags);
		frame = cpu->frames[--cpu->count];
	}
	frame_begin(cpu, frame, flags & FRAME_KIND_MASK);
	return frame;
#endif
}

static __always_inline void frame_free(struct frame *frame)
{
#if defined(CONFIG_DEBUG) || defined(OSIER_HOST)
	frame_free_slow(frame);
#else
	struct frame_cpu *cpu = frame_this_cpu();

	if (unlikely(cpu->count >= cpu->limit)) {
		frame_free_slow(frame);
		return;
	}
	frame_end(cpu, frame);
	cpu->frames[cpu->count++] = frame;
#endif
}

static __always_inline bool frame_put(struct frame *frame)
{
	if (!frame_put_test(frame))
		return false;
	frame_free(frame);
	return true;
}

#endif
