// links: kernel/vm/classify.c
/*
 * Page tables shared from the root, against a naive model: every space is an array of values. Random faults, forks,
 * unmaps, protections and exits run through the kernel's own pt.c, pt_range.c and resolve.c; a simulated TLB for each space
 * remembers every translation until it is flushed, and memory is read and written through it, stale or not.
 *
 * Checked after each step: what a space reads is what the model says; pt_check's rules. Checked at each put: no TLB
 * still translates to a frame that loses a reference it counted on (rule 6). At the end: every frame is free again.
 *
 * Mutations it would catch: W left in the source of a copied table, a reference not taken for a HELD entry, a put before
 * the flush, COW_REUSE on a shared path, an edge not owned before an unmap, a live count off by one.
 */
#include <string.h>

#include "unit.h"

#define CONFIG_DEBUG 1

/* The CPU as far as page tables see it. */
#define OSIER_ARCH_CPU_H
#include <osier/compiler.h>
#include <osier/types.h>
static inline uint64_t irq_save(void) { return 0; }
static inline void irq_restore(uint64_t flags) { (void)flags; }
static inline void cpu_pause(void) { }
static inline void preempt_disable(void) { }
static inline void preempt_enable(void) { }
static inline void invlpg(vaddr_t address) { (void)address; }
extern struct thread *test_thread;
static inline struct thread *cpu_current_thread(void) { return test_thread; }

#define OSIER_DEBUG_PANIC_H
#define panic(...) abort()
#undef CONFIG_DEBUG

#include "mm/frame.h"

uintptr_t host_direct_map_base;
struct frame *host_frame_array;
struct frame_cpu frame_cpus[1];

#include "sync/failpoint.h"

#include "../../kernel/arch/x86_64/pt.c"
#include "../../kernel/arch/x86_64/pt_range.c"
#include "../../kernel/arch/x86_64/pt_visit.c"
#include "../../kernel/vm/resolve.c"

/* ---- memory ---------------------------------------------------------------------------------- */

#define FRAMES 4096
static char *memory;
static pfn_t free_frames[FRAMES];
static unsigned free_count;
static unsigned fail_after;		/* 0: never; else allocations until one fails */

struct frame *frame_alloc_slow(unsigned flags)
{
	struct frame *frame;

	if (fail_after && --fail_after == 0)
		return NULL;
	assert_true(free_count > 0);
	frame = frame_of(free_frames[--free_count]);
	memset(frame, 0, sizeof *frame);
	frame->refs = 1;
	frame->kind = flags & FRAME_KIND_MASK;
	memset(frame_to_virt(frame), flags & FRAME_ZERO ? 0 : 0x6b, PAGE_SIZE);
	return frame;
}

static void free_frame(struct frame *frame);

void frame_free_slow(struct frame *frame)
{
	free_frame(frame);
}

void frame_free_zeroed(struct frame *frame)
{
	static const char zeros[PAGE_SIZE];

	assert_int_equal(memcmp(frame_to_virt(frame), zeros, PAGE_SIZE), 0);
	free_frame(frame);
}

int commit_charge(uint64_t pages) { (void)pages; return 0; }
void commit_uncharge(uint64_t pages) { (void)pages; }

/* ---- spaces, their TLBs, the model ----------------------------------------------------------- */

#define SPACES 6
#define PAGES 64
#define CPUS 2				/* each with a TLB: two threads of every space */

struct translation {
	bool valid, write;
	pfn_t pfn;
};

static struct vm_space spaces[SPACES];
static bool alive[SPACES];
static struct translation tlb[SPACES][CPUS][PAGES];
static unsigned char prot[SPACES][PAGES];	/* 0xff: no region */
static uint64_t model[SPACES][PAGES];

static struct thread the_thread;
struct thread *test_thread = &the_thread;

/* Pages in four leaf tables, two directories and two root slots. */
static vaddr_t va(unsigned page)
{
	static const vaddr_t bases[] = { 0x400000, 0x600000, 0x40000000, 0x8000000000 };

	return bases[page / 16] + (page % 16) * PAGE_SIZE;
}

static void free_frame(struct frame *frame)
{
	/* Nobody may still translate to a frame that is free. */
	for (unsigned s = 0; s < SPACES; s++)
		for (unsigned p = 0; p < CPUS * PAGES; p++)
			assert_false(tlb[s][p % CPUS][p / CPUS].valid &&
				     tlb[s][p % CPUS][p / CPUS].pfn == pfn_of(frame));
	frame->refs = 0;
	frame->kind = FRAME_FREE;
	memset(frame_to_virt(frame), 0x5a, PAGE_SIZE);
	free_frames[free_count++] = pfn_of(frame);
}

void gather_flush(struct tlb_gather *gather)
{
	for (unsigned s = 0; s < SPACES; s++) {
		if (gather->scope == GATHER_SPACE && gather->mmu != &spaces[s].mmu)
			continue;
		for (unsigned p = 0; p < PAGES; p++) {
			bool hit = gather->page_count > GATHER_PAGES;

			for (unsigned i = 0; i < gather->page_count && i < GATHER_PAGES; i++)
				hit |= page_round_down(gather->pages[i]) == va(p);
			for (unsigned cpu = 0; hit && cpu < CPUS; cpu++)
				tlb[s][cpu][p].valid = false;
		}
	}
	gather->page_count = 0;
	for (unsigned i = 0; i < gather->put_count; i++) {
		struct frame *frame = gather->puts[i];

		if (frame->kind == FRAME_TABLE)
			pt_table_put(frame);
		else
			frame_put(frame);
	}
	gather->put_count = 0;
}

static uint64_t *word_of(pfn_t pfn)
{
	return frame_to_virt(frame_of(pfn));
}

/* What the CPU would do: the TLB first, else the tables. => the frame, or NULL for a fault. */
static uint64_t *translate(unsigned s, unsigned cpu, unsigned p, bool write)
{
	struct translation *cached = &tlb[s][cpu][p];
	struct pt_path path;
	pte_t leaf;

	if (cached->valid && (!write || cached->write))
		return word_of(cached->pfn);
	pt_walk(&spaces[s].mmu, va(p), &path);
	if (path.levels < PT_LEVELS)
		return NULL;
	leaf = path.entry[PT_LEVELS - 1];
	if (!pte_present(leaf) || (write && !(pte_writable(leaf) && path.writable)))
		return NULL;
	*cached = (struct translation){ true, pte_writable(leaf) && path.writable, pte_pfn(leaf) };
	return word_of(pte_pfn(leaf));
}

/* The region is as wide as its neighbours are alike. */
static void region_around(unsigned s, unsigned p, struct vm_fault *fault)
{
	unsigned first = p, last = p;

	while (first % 16 && prot[s][first - 1] == prot[s][p])
		first--;
	while ((last + 1) % 16 && prot[s][last + 1] == prot[s][p])
		last++;
	fault->region_start = va(first);
	fault->region_end = va(last) + PAGE_SIZE;
	fault->region_flags = REGION_ACCOUNTED;
}

/* The fault path of fault.c without regions and locks. => 0, -EFAULT, -ENOMEM. */
static int fault_in(unsigned s, unsigned cpu, unsigned p, bool write)
{
	struct vm_fault fault;
	struct fault_work work;
	enum vm_outcome outcome;

	memset(&work, 0, sizeof work);
	work.fault = &fault;
	work.space = &spaces[s];
	gather_begin(&work.gather, &spaces[s].mmu, GATHER_SPACE);
	pt_owning_begin(&work.owning, &work.gather);
	do {
		memset(&fault, 0, sizeof fault);
		fault.address = va(p);
		fault.access = write ? ACCESS_WRITE : ACCESS_READ;
		fault.user_mode = true;
		fault.has_region = prot[s][p] != 0xff;
		region_around(s, p, &fault);
		the_thread.space = &spaces[s];
		fault.region_prot = work.prot = fault.has_region ? prot[s][p] : 0;
		snapshot_tables(&work);
		fault.verdict = vm_classify_fault(&fault);
		switch (fault.verdict) {
		case VERDICT_DEMAND_ZERO:
		case VERDICT_ZERO_SHARE:
			outcome = resolve_zero(&work);
			break;
		case VERDICT_COW_COPY:
		case VERDICT_COW_REUSE:
		case VERDICT_PTE_UPGRADE:
			outcome = resolve_cow(&work);
			break;
		case VERDICT_STALE_TLB:
			tlb[s][cpu][p].valid = false;
			outcome = OUTCOME_DONE;
			break;
		default:
			outcome = OUTCOME_SIGNAL;
		}
		gather_end(&work.gather);
	} while (outcome == OUTCOME_RETRY);
	pt_spares_release(&work.owning.spares);
	if (work.spare)
		frame_free(work.spare);
	return outcome == OUTCOME_DONE ? 0 : outcome == OUTCOME_NO_MEMORY ? -ENOMEM : -EFAULT;
}

static void access_page(unsigned s, unsigned p, bool write)
{
	uint64_t *word, value = unit_random();
	unsigned cpu = (unsigned)unit_below(CPUS);
	bool allowed = prot[s][p] != 0xff && (write ? prot[s][p] & PROT_W : prot[s][p] != 0);

	for (int tries = 0; !(word = translate(s, cpu, p, write)); tries++) {
		int error = fault_in(s, cpu, p, write);

		if (error == -ENOMEM)
			return;
		if (error) {
			assert_false(allowed);
			return;
		}
		assert_true(tries < 3);
	}
	assert_true(allowed);
	if (write)
		*word = model[s][p] = value;
	else
		assert_int_equal(*word, model[s][p]);
}

static void read_all(void)
{
	for (unsigned s = 0; s < SPACES; s++)
		for (unsigned p = 0; alive[s] && p < PAGES; p++)
			if (prot[s][p] != 0xff && prot[s][p])
				access_page(s, p, false);
}

static void fork_space(unsigned from, unsigned to)
{
	struct tlb_gather gather;

	if (pt_root_create(&spaces[to].mmu))
		return;
	gather_begin(&gather, &spaces[from].mmu, GATHER_SPACE);
	pt_share(&spaces[from].mmu, &spaces[to].mmu);
	gather_everything(&gather);
	gather_end(&gather);
	spaces[to].mmu.cpus = 3;		/* both CPUs run every space */
	memcpy(prot[to], prot[from], sizeof prot[to]);
	memcpy(model[to], model[from], sizeof model[to]);
	alive[to] = true;
}

static void exit_space(unsigned s)
{
	memset(tlb[s], 0, sizeof tlb[s]);	/* CR3 is another's before tables go */
	spaces[s].mmu.cpus = 0;
	pt_root_destroy(&spaces[s].mmu);
	alive[s] = false;
}

static void unmap_range(unsigned s, unsigned first, unsigned count)
{
	vaddr_t start = va(first), end = va(first + count - 1) + PAGE_SIZE;
	struct tlb_gather gather;

	gather_begin(&gather, &spaces[s].mmu, GATHER_SPACE);
	if (!pt_own_edges(&spaces[s].mmu, start, end, &gather)) {
		pt_unmap(&spaces[s].mmu, start, end, &gather);
		for (unsigned p = first; p < first + count; p++) {
			prot[s][p] = 0xff;
			model[s][p] = 0;
		}
	}
	gather_end(&gather);
}

static void protect_range(unsigned s, unsigned first, unsigned count, unsigned char after)
{
	vaddr_t start = va(first), end = va(first + count - 1) + PAGE_SIZE;
	struct tlb_gather gather;

	gather_begin(&gather, &spaces[s].mmu, GATHER_SPACE);
	if (!pt_own_range(&spaces[s].mmu, start, end, &gather)) {
		for (unsigned p = first; p < first + count; p++) {
			struct pt_restriction what = {
				.clear_write = !(after & PROT_W),
				.hold = !after,
			};

			if (prot[s][p] == 0xff)
				continue;
			prot[s][p] = after;
			pt_restrict(&spaces[s].mmu, va(p), va(p) + PAGE_SIZE, &what, &gather);
		}
	}
	gather_end(&gather);
}

static void run(uint64_t salt, bool starve)
{
	unit_seed(salt);
	memset(alive, 0, sizeof alive);
	memset(tlb, 0, sizeof tlb);
	memset(prot, 0xff, sizeof prot);
	memset(model, 0, sizeof model);
	assert_int_equal(pt_root_create(&spaces[0].mmu), 0);
	alive[0] = true;
	spaces[0].mmu.cpus = 3;
	for (int step = 0; step < 20000; step++) {
		unsigned s = (unsigned)unit_below(SPACES), t = (unsigned)unit_below(SPACES);
		unsigned p = (unsigned)unit_below(PAGES);
		unsigned count = 1 + (unsigned)unit_below(unit_below(4) ? 8 : PAGES - p);

		if (p + count > PAGES)
			count = PAGES - p;
		fail_after = starve && unit_below(4) == 0 ? 1 + (unsigned)unit_below(6) : 0;
		if (!alive[s])
			continue;
		switch (unit_below(12)) {
		case 0:
			if (!alive[t] && t != s)
				fork_space(s, t);
			break;
		case 1:
			for (unsigned n = 0, i = 0; i < SPACES; i++)
				if (alive[i] && ++n == 2) {
					exit_space(s);
					break;
				}
			break;
		case 2:
			unmap_range(s, p, count);
			break;
		case 3:
			protect_range(s, p, count, (unsigned char)(unit_below(2) ? PROT_R
				      : unit_below(2) ? 0 : PROT_R | PROT_W));
			break;
		case 4:
			for (unsigned i = p; i < p + count; i++)
				if (prot[s][i] == 0xff)
					prot[s][i] = PROT_R | PROT_W;
			break;
		case 5:
			for (unsigned i = p; i < p + count; i++)	/* in order: faults map ahead */
				access_page(s, i, true);
			break;
		default:
			access_page(s, p, unit_below(3) != 0);
		}
		fail_after = 0;
		if (step % 16 == 0) {
			for (unsigned i = 0; i < SPACES; i++)
				if (alive[i])
					assert_int_equal(pt_check(&spaces[i].mmu), 0);
			read_all();
		}
	}
	for (unsigned s = 0; s < SPACES; s++)
		if (alive[s])
			exit_space(s);
}

static void with_memory(void (*body)(void))
{
	memory = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
	host_direct_map_base = (uintptr_t)memory;
	host_frame_array = calloc(FRAMES, sizeof(struct frame));
	free_count = 0;
	for (pfn_t pfn = FRAMES - 1; pfn > 0; pfn--)
		free_frames[free_count++] = pfn;
	root_cache_count = 0;
	kernel_mmu.root = frame_to_phys(frame_alloc(FRAME_TABLE | FRAME_ZERO));
	pt_zero_frame = frame_alloc(FRAME_KERNEL | FRAME_ZERO);
	body();
	assert_int_equal(free_count + root_cache_count, FRAMES - 1 - 2);
	free(memory);
	free(host_frame_array);
}

static void plenty(void)
{
	for (uint64_t salt = 0; salt < 6; salt++)
		run(salt, false);
}

static void starving(void)
{
	for (uint64_t salt = 100; salt < 106; salt++)
		run(salt, true);
}

/* What fork promises: the parent's tables are copied only along the paths that are written. */
static void one_write_copies_one_path(void)
{
	uint64_t before;

	memset(prot, PROT_R | PROT_W, sizeof prot);
	memset(model, 0, sizeof model);
	memset(tlb, 0, sizeof tlb);
	fail_after = 0;
	the_thread.ahead_next = 0;
	assert_int_equal(pt_root_create(&spaces[0].mmu), 0);
	alive[0] = true;
	for (unsigned p = 0; p < PAGES; p++)
		access_page(0, p, true);
	before = free_count;
	fork_space(0, 1);
	assert_int_equal(before - free_count, 1);	/* the child's root */
	access_page(1, 0, true);
	assert_int_equal(before - free_count, 1 + 3 + 1);	/* three tables, one page */
	access_page(1, 2, true);
	assert_int_equal(before - free_count, 1 + 3 + 2);	/* the tables are its own by now */
	exit_space(1);
	before = free_count;
	for (unsigned p = 0; p < PAGES; p++)
		access_page(0, p, true);		/* all reused in place */
	assert_int_equal(free_count, before);
	exit_space(0);
}

static void test_random(void **state) { with_memory(plenty); }
static void test_random_starving(void **state) { with_memory(starving); }
static void test_fork_cost(void **state) { with_memory(one_write_copies_one_path); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_starving),
		cmocka_unit_test(test_fork_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
