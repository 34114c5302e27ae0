/*
 * Address spaces: their life, and the small steps that every change of one is made of.
 */
#include "vm/space_private.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/pt.h"
#include "debug/assert.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/slab.h"
#include "sync/spinlock.h"
#include "task/sched.h"
#include "task/thread.h"
#include "vm/fault.h"
#include "debug/trace.h"

static struct slab_cache *region_cache, *space_cache;
struct list_node vm_spaces = LIST_INIT(vm_spaces);	/* every space, for the debugger */
static struct spinlock spaces_lock = SPINLOCK_INIT("spaces", LOCK_RANK_LIST);
struct vm_space kernel_space;

struct region *region_allocate(void)
{
	return slab_alloc(region_cache);
}

void region_free(struct region *region)
{
	slab_free(region_cache, region);
}

/* ---- changes ---------------------------------------------------------------------------------- */

void change_begin(struct space_change *change, struct vm_space *space)
{
	change->node_count = 0;
	list_init(&change->dead);
	gather_begin(&change->gather, &space->mmu, GATHER_SPACE);
}

int change_take_nodes(struct space_change *change, unsigned count)
{
	while (change->node_count < count) {
		struct region *node = region_allocate();

		if (!node)
			return -ENOMEM;
		change->nodes[change->node_count++] = node;
	}
	return 0;
}

struct region *change_node(struct space_change *change)
{
	ASSERT(change->node_count);
	return change->nodes[--change->node_count];
}

void change_flush(struct space_change *change)
{
	gather_end(&change->gather);
}

void change_end(struct space_change *change)
{
	struct list_node *link;

	while ((link = list_pop(&change->dead)) != NULL) {
		struct region *region = list_entry(link, struct region, object_link);

		if (region->object)
			object_put(region->object);
		region_free(region);
	}
	while (change->node_count)
		region_free(change->nodes[--change->node_count]);
}

/* ---- regions and their sums ------------------------------------------------------------------ */

static void count_pages(struct vm_space *space, const struct region *region, int64_t pages)
{
	space->mapped_pages += (uint64_t)pages;
	if ((region->prot & PROT_W) && !(region->flags & (REGION_SHARED | REGION_STACK)))
		space->data_pages += (uint64_t)pages;
	if (region->flags & REGION_LOCKED)
		space->locked_pages += (uint64_t)pages;
}

void region_attach(struct vm_space *space, struct region *region)
{
	region->space = space;
	list_init(&region->object_link);
	count_pages(space, region, (int64_t)region_pages(region));
	if (region->object) {
		mutex_lock(&region->object->lock);
		list_add_tail(&region->object->regions, &region->object_link);
		mutex_unlock(&region->object->lock);
	}
}

void region_detach(struct vm_space *space, struct region *region)
{
	count_pages(space, region, -(int64_t)region_pages(region));
	if (region->object) {
		mutex_lock(&region->object->lock);
		list_remove(&region->object_link);
		mutex_unlock(&region->object->lock);
	}
}

void region_resize(struct vm_space *space, struct region *region, vaddr_t start, vaddr_t end)
{
	int64_t before = (int64_t)region_pages(region);

	if (region->object)
		mutex_lock(&region->object->lock);
	region->object_page += (uint64_t)((int64_t)(start - region->start) >> PAGE_SHIFT);
	region_set_range(&space->regions, region, start, end);
	if (region->object)
		mutex_unlock(&region->object->lock);
	count_pages(space, region, (int64_t)region_pages(region) - before);
}

struct region *region_clip(struct vm_space *space, struct space_change *change,
			   struct region *region, vaddr_t at)
{
	struct region *upper = change_node(change);
	struct vm_object *object = region->object;

	if (object) {
		object_get(object);
		mutex_lock(&object->lock);
	}
	region_split(&space->regions, region, upper, at);
	if (object) {
		list_add_tail(&object->regions, &upper->object_link);
		mutex_unlock(&object->lock);
	}
	return upper;
}

bool region_merge(struct vm_space *space, struct space_change *change, struct region *lower,
		  struct region *upper)
{
	if (!lower || !upper || !region_can_merge(lower, upper))
		return false;
	if (upper->object)
		mutex_lock(&upper->object->lock);
	list_remove(&upper->object_link);
	region_absorb(&space->regions, lower, upper);
	if (upper->object)
		mutex_unlock(&upper->object->lock);
	list_add_tail(&change->dead, &upper->object_link);
	return true;
}

struct region *space_cover(const struct vm_space *space, vaddr_t start, vaddr_t end,
			   struct region **last)
{
	struct region *first = region_find(&space->regions, start), *region = first;

	for (; region && region->end < end; region = *last) {
		*last = region_next(region);
		if (!*last || (*last)->start != region->end)
			return NULL;
	}
	*last = region;
	return first;
}

bool space_is_covered(const struct vm_space *space, vaddr_t start, vaddr_t end)
{
	struct region *last;

	return start == end || space_cover(space, start, end, &last);
}

unsigned range_cuts(const struct region *first, const struct region *last, vaddr_t start, vaddr_t end)
{
	return (unsigned)(first->start < start) + (unsigned)(last->end > end);
}

struct region *change_cut_edges(struct vm_space *space, struct space_change *change,
				struct region *first, struct region *last, vaddr_t start,
				vaddr_t end)
{
	if (first->start < start) {
		struct region *upper = region_clip(space, change, first, start);

		if (last == first)
			last = upper;
		first = upper;
	}
	if (last->end > end)
		region_clip(space, change, last, end);
	return first;
}

void change_merge_range(struct vm_space *space, struct space_change *change, struct region *first,
			vaddr_t end)
{
	struct region *region = region_previous(first), *next;

	if (!region)
		region = first;
	while (region->end <= end && (next = region_next(region)) != NULL)
		if (!region_merge(space, change, region, next))
			region = next;
}

/* Each step goes past a whole region or a whole slot, whichever is more: many small regions in a slot count once. */
uint64_t space_slots(const struct vm_space *space, vaddr_t start, vaddr_t end)
{
	const unsigned shift = 21;
	uint64_t next = start >> shift, last = (end - 1) >> shift, count = 0;

	if (likely(next == last)) {
		const struct region *region = region_find_from(&space->regions, next << shift);

		return region && region->start >> shift <= last;
	}
	while (next <= last) {
		const struct region *region = region_find_from(&space->regions, next << shift);
		uint64_t from, to;

		if (!region || region->start >> shift > last)
			break;
		from = max(region->start >> shift, next);
		to = min((region->end - 1) >> shift, last);
		count += to - from + 1;
		next = to + 1;
	}
	return count;
}

static void count_touched(vaddr_t address, pte_t value, bool shared, void *count)
{
	if (!pte_special(value))
		++*(uint64_t *)count;
}

uint64_t space_touched_pages(struct vm_space *space, vaddr_t start, vaddr_t end)
{
	uint64_t pages = 0;

	pt_for_each(&space->mmu, start, end, count_touched, &pages);
	return pages;
}

void space_uncharge_touched(struct vm_space *space, const struct region *region, vaddr_t start,
			    vaddr_t end)
{
	uint64_t before = vm_touched_charge(space);
	uint64_t *counter = region->flags & REGION_STACK ? &space->stack_pages
							 : &space->unreserved_pages;

	__atomic_fetch_sub(counter, space_touched_pages(space, start, end), __ATOMIC_RELAXED);
	commit_uncharge(before - vm_touched_charge(space));
}

/* ---- life ------------------------------------------------------------------------------------- */

struct vm_space *vm_space_create(void)
{
	struct vm_space *space;

	if (commit_charge(SPACE_BASE_PAGES))
		return ERR_PTR(-ENOMEM);
	space = slab_alloc_zeroed(space_cache);
	if (!space)
		goto uncharge;
	if (pt_root_create(&space->mmu))
		goto free;
	rwlock_init(&space->lock, LOCK_RANK_SPACE);
	region_tree_init(&space->regions);
	refcount_init(&space->refs, 1);
	space->promised = SPACE_BASE_PAGES;
	space->mmap_top = USER_STACK_TOP;
	space->limit_address_space = space->limit_data = space->limit_locked = UINT64_MAX;
	spin_lock(&spaces_lock);
	list_add_tail(&vm_spaces, &space->all_link);
	spin_unlock(&spaces_lock);
	return space;

free:
	slab_free(space_cache, space);
uncharge:
	commit_uncharge(SPACE_BASE_PAGES);
	return ERR_PTR(-ENOMEM);
}

struct vm_space *vm_space_get(struct vm_space *space)
{
	refcount_get(&space->refs);
	return space;
}

/* Nobody can reach the space: regions leave their objects first, so that no object visits the tables any more. */
static void tear_down(struct vm_space *space)
{
	struct region *region, *next;
	struct list_node dead = LIST_INIT(dead);

	for (region = region_first(&space->regions); region; region = region_next(region)) {
		if (!region->object)
			continue;
		mutex_lock(&region->object->lock);
		list_remove(&region->object_link);
		mutex_unlock(&region->object->lock);
	}
	pt_root_destroy(&space->mmu);
	/* region_next looks at neighbours, so none is freed before all have been seen. */
	for (region = region_first(&space->regions); region; region = region_next(region))
		list_add_tail(&dead, &region->object_link);
	list_for_each_entry_safe(region, next, &dead, object_link) {
		if (region->object)
			object_put(region->object);
		region_free(region);
	}
}

void vm_space_put(struct vm_space *space)
{
	if (!refcount_put(&space->refs))
		return;
	spin_lock(&spaces_lock);
	list_remove(&space->all_link);
	spin_unlock(&spaces_lock);
	/* A kernel thread may have run on the last root that was loaded here. */
	if (space->mmu.cpus) {
		uint64_t flags = irq_save();

		mmu_switch(&kernel_mmu);
		irq_restore(flags);
	}
	tear_down(space);
	commit_uncharge(space->promised + vm_touched_charge(space));
	slab_free(space_cache, space);
}

struct vm_space *vm_space_switch(struct vm_space *space)
{
	struct thread *thread = thread_current();
	struct vm_space *old = thread->space;
	uint64_t flags = irq_save();

	thread->space = space;
	thread->mmu = space ? &space->mmu : &kernel_mmu;
	thread->region_hint = NULL;
	mmu_switch(thread->mmu);
	irq_restore(flags);
	return old;
}

void vm_init(void)
{
	region_cache = slab_cache_create("region", sizeof(struct region), 0, NULL);
	space_cache = slab_cache_create("vm_space", sizeof(struct vm_space), 0, NULL);
	if (!region_cache || !space_cache)
		panic("no memory for the region caches");
	rwlock_init(&kernel_space.lock, LOCK_RANK_SPACE);
	region_tree_init(&kernel_space.regions);
	refcount_init(&kernel_space.refs, 1);
	list_init(&kernel_space.all_link);
	vm_fork_eager = cmdline_get("fork") && !strcmp(cmdline_get("fork"), "eager");
	vm_fault_ahead = cmdline_get_number("ahead", 1);
	trace_init(&trace_boot_ring);
	pt_init();
	tlb_init();
	object_subsystem_init();
}
