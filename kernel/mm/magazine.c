/*
 * Magazines: the slow paths of frame_alloc and frame_free. Everything that goes between a CPU's magazines, the pool
 * of zeroed frames and the buddy lists, in batches.
 *
 * Contract for all of it: not in interrupt handlers; a CPU's own magazine is used by that CPU only, with no sleep between
 * looking and taking.
 */
#include "mm/magazine.h"

#include "lib/math.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/frame_pool.h"

struct frame_cpu frame_cpus[CPU_MAX];
struct frame_pool frame_pool = {
	.lock = SPINLOCK_INIT("frames", LOCK_RANK_BUDDY),
	.zeroed = FRAME_LINK_NONE,
};

void magazine_init(void)
{
	uint64_t usable = frame_pool.usable;
	/* A few thousandths of memory per CPU, so that a small machine is not all magazines. */
	uint32_t limit = (uint32_t)clamp(usable / 512, (uint64_t)8, (uint64_t)MAGAZINE_SIZE);

	for (unsigned i = 0; i < CPU_MAX; i++)
		frame_cpus[i].limit = limit & ~1u;
	frame_pool.zeroed_limit = min(usable / 32, (uint64_t)4096);
}

/* ---- debug build: free frames are filled with a pattern ------------------------------------------ */

static bool page_is_filled(const void *page, uint64_t pattern)
{
	const uint64_t *words = page;

	for (size_t i = 0; i < PAGE_SIZE / 8; i++)
		if (words[i] != pattern)
			return false;
	return true;
}

static void frame_poison(struct frame *frame)
{
	uint64_t *words = frame_to_virt(frame);

	for (size_t i = 0; i < PAGE_SIZE / 8; i++)
		words[i] = POISON_FRAME;
}

/*
 * A frame that was never freed holds whatever boot left there; it has not been poisoned. Its first word tells, as
 * far as it goes: a frame of which only later words are wrong was written to after it was freed.
 */
static void frame_check_poison(const struct frame *frame, bool zero)
{
	const uint64_t *words = frame_to_virt(frame);

	if (zero) {
		if (!page_is_filled(words, 0))
			panic("frame %#lx of the zeroed pool is not zero", (unsigned long)pfn_of(frame));
	} else if (words[0] == POISON_FRAME && !page_is_filled(words, POISON_FRAME)) {
		panic("frame %#lx was written to while free", (unsigned long)pfn_of(frame));
	}
}

/* ---- batches ------------------------------------------------------------------------------------- */

/* Up to half a magazine from the buddy lists. */
static void refill(struct frame_cpu *cpu)
{
	uint32_t batch = cpu->limit / 2;
	unsigned order = log2_floor(batch);
	pfn_t pfn;

	spin_lock(&frame_pool.lock);
	pfn = buddy_alloc(&frame_pool.buddy, order);
	if (pfn != BUDDY_NONE) {
		/* The last pushed is the first out: so they come out in ascending order. */
		for (pfn_t i = 1ull << order; i-- > 0;) {
			struct frame *frame = frame_of(pfn + i);

			frame->flags = FRAME_FREE_CACHED;
			cpu->frames[cpu->count++] = frame;
		}
	} else {
		while (batch-- > 0) {
			struct frame *frame;

			pfn = buddy_alloc(&frame_pool.buddy, 0);
			if (pfn == BUDDY_NONE)
				break;
			frame = frame_of(pfn);
			frame->flags = FRAME_FREE_CACHED;
			cpu->frames[cpu->count++] = frame;
		}
	}
	spin_unlock(&frame_pool.lock);
	commit_refresh();
}

/* The upper half of a full magazine to the buddy lists. */
static void spill(struct frame_cpu *cpu)
{
	uint32_t keep = cpu->limit / 2;

	spin_lock(&frame_pool.lock);
	while (cpu->count > keep) {
		struct frame *frame = cpu->frames[--cpu->count];

		frame->flags = 0;
		buddy_free(&frame_pool.buddy, pfn_of(frame), 0);
	}
	spin_unlock(&frame_pool.lock);
	commit_refresh();
}

static struct frame *pool_pop_locked(void)
{
	struct frame *frame;

	if (frame_pool.zeroed == FRAME_LINK_NONE)
		return NULL;
	frame = frame_of(frame_pool.zeroed);
	frame_pool.zeroed = frame->link.next;
	frame_pool.zeroed_count--;
	return frame;
}

static void pool_push_locked(struct frame *frame)
{
	frame->link.next = frame_pool.zeroed;
	frame_pool.zeroed = (uint32_t)pfn_of(frame);
	frame_pool.zeroed_count++;
}

static void refill_zeroed(struct frame_cpu *cpu)
{
	uint32_t batch = cpu->limit / 2;

	if (READ_ONCE(frame_pool.zeroed_count) == 0)
		return;
	spin_lock(&frame_pool.lock);
	while (batch-- > 0) {
		struct frame *frame = pool_pop_locked();

		if (!frame)
			break;
		cpu->zeroed[cpu->zeroed_count++] = frame;
	}
	spin_unlock(&frame_pool.lock);
}

/* => false when the pool is full. */
static bool spill_zeroed(struct frame_cpu *cpu)
{
	uint32_t keep = cpu->limit / 2;
	bool room;

	spin_lock(&frame_pool.lock);
	room = frame_pool.zeroed_count < frame_pool.zeroed_limit;
	while (room && cpu->zeroed_count > keep)
		pool_push_locked(cpu->zeroed[--cpu->zeroed_count]);
	spin_unlock(&frame_pool.lock);
	return room;
}

void magazine_drain(void)
{
	struct frame_cpu *cpu = frame_this_cpu();
	struct frame *frame;

	spin_lock(&frame_pool.lock);
	while (cpu->count > 0) {
		frame = cpu->frames[--cpu->count];
		frame->flags = 0;
		buddy_free(&frame_pool.buddy, pfn_of(frame), 0);
	}
	while (cpu->zeroed_count > 0)
		pool_push_locked(cpu->zeroed[--cpu->zeroed_count]);
	while ((frame = pool_pop_locked()) != NULL) {
		frame->flags = 0;
		buddy_free(&frame_pool.buddy, pfn_of(frame), 0);
	}
	spin_unlock(&frame_pool.lock);
}

/* ---- the slow paths ------------------------------------------------------------------------------ */

/* A free frame from wherever there is one, the wanted sort first. *zero says which sort it was. */
static struct frame *take(struct frame_cpu *cpu, bool *zero)
{
	if (*zero) {
		if (!cpu->zeroed_count)
			refill_zeroed(cpu);
		if (cpu->zeroed_count)
			return cpu->zeroed[--cpu->zeroed_count];
	}
	*zero = false;
	if (!cpu->count)
		refill(cpu);
	if (cpu->count)
		return cpu->frames[--cpu->count];
	*zero = true;
	if (!cpu->zeroed_count)
		refill_zeroed(cpu);
	if (cpu->zeroed_count)
		return cpu->zeroed[--cpu->zeroed_count];
	return NULL;
}

struct frame *frame_alloc_slow(unsigned flags)
{
	struct frame *frame;
	bool zero;

	ASSERT(!mm_in_interrupt());
	ASSERT((flags & FRAME_KIND_MASK) > FRAME_FREE && (flags & FRAME_KIND_MASK) < FRAME_RESERVED);
	if (failpoint_hit(FAILPOINT_FRAME_ALLOC))
		return NULL;
	for (;;) {
		zero = flags & FRAME_ZERO;
		frame = take(frame_this_cpu(), &zero);
		if (likely(frame))
			break;
		if ((flags & FRAME_NOWAIT) || !frame_reclaim(MAGAZINE_SIZE))
			return NULL;
	}
	if (MM_POISON) {
		ASSERT(frame->kind == FRAME_FREE && frame->refs == 0 &&
		       frame->flags == FRAME_FREE_CACHED);
		frame_check_poison(frame, zero);
	}
	if ((flags & FRAME_ZERO) && !zero)
		page_zero(frame_to_virt(frame));
	frame_begin(frame_this_cpu(), frame, flags & FRAME_KIND_MASK);
	return frame;
}

void frame_free_slow(struct frame *frame)
{
	struct frame_cpu *cpu = frame_this_cpu();

	ASSERT(!mm_in_interrupt());
	if (MM_POISON) {
		if (frame->kind == FRAME_FREE || frame->kind >= FRAME_RESERVED || frame->refs > 1)
			panic("frame_free: frame %#lx has kind %u, %u references",
			      (unsigned long)pfn_of(frame), frame->kind, frame->refs);
		frame_poison(frame);
	}
	if (cpu->count >= cpu->limit)
		spill(cpu);
	frame_end(cpu, frame);
	cpu->frames[cpu->count++] = frame;
}

void frame_free_zeroed(struct frame *frame)
{
	struct frame_cpu *cpu = frame_this_cpu();

	if (cpu->zeroed_count >= cpu->limit && !spill_zeroed(cpu)) {
		frame_free(frame);
		return;
	}
	if (MM_POISON && !page_is_filled(frame_to_virt(frame), 0))
		panic("frame_free_zeroed: frame %#lx is not zero", (unsigned long)pfn_of(frame));
	frame_end(cpu, frame);
	cpu->zeroed[cpu->zeroed_count++] = frame;
}

bool frame_zero_idle(void)
{
	struct frame_cpu *cpu = frame_this_cpu();
	bool to_magazine = cpu->zeroed_count < cpu->limit;
	struct frame *frame;
	pfn_t pfn;

	/* One idle CPU is enough: more of them would queue for the pool's lock before those that work. */
	if (cpu_id() != 0)
		return false;
	if (!to_magazine && READ_ONCE(frame_pool.zeroed_count) >= frame_pool.zeroed_limit)
		return false;
	spin_lock(&frame_pool.lock);
	pfn = buddy_alloc(&frame_pool.buddy, 0);
	spin_unlock(&frame_pool.lock);
	if (pfn == BUDDY_NONE)
		return false;
	frame = frame_of(pfn);
	if (MM_POISON)
		frame_check_poison(frame, false);
	frame->flags = FRAME_FREE_CACHED;
	page_zero(frame_to_virt(frame));
	if (to_magazine) {
		cpu->zeroed[cpu->zeroed_count++] = frame;
		return true;
	}
	spin_lock(&frame_pool.lock);
	pool_push_locked(frame);
	spin_unlock(&frame_pool.lock);
	return true;
}
