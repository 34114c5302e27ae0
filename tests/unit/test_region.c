// links: kernel/vm/region.c kernel/lib/tree.c
/*
 * The region tree against a naive model: a bitmap of pages with an owner each.
 * Mutations it would catch: a gap not recomputed after a split, a hole search that ignores `low`, a lookup that is off
 * by one at an edge, a merge of regions whose object pages do not follow on, a region
 * that absorbs its neighbour and tells its ancestors after the tree was balanced.
 */
#include <string.h>

#include "unit.h"

#include "vm/region.h"

#define PAGES 512
#define BASE 0x10000ull

static unsigned char owner[PAGES];	/* 0: free, else 1 + index of the region */
static struct region regions[PAGES];
static bool used[PAGES];

static vaddr_t address_of(unsigned page)
{
	return BASE + (vaddr_t)page * PAGE_SIZE;
}

static unsigned page_of(vaddr_t address)
{
	return (unsigned)((address - BASE) / PAGE_SIZE);
}

static struct region *node_new(void)
{
	for (unsigned i = 0; i < 250; i++) {
		if (!used[i]) {
			used[i] = true;
			memset(&regions[i], 0, sizeof regions[i]);
			list_init(&regions[i].object_link);
			return &regions[i];
		}
	}
	return NULL;
}

static void paint(const struct region *region, bool on)
{
	for (unsigned p = page_of(region->start); p < page_of(region->end); p++)
		owner[p] = on ? (unsigned char)(1 + (region - regions)) : 0;
}

static unsigned random_below(unsigned limit)
{
	return (unsigned)unit_below(limit);
}

static void check_holes(const struct region_tree *tree)
{
	unsigned pages = 1 + random_below(20);
	unsigned low = random_below(PAGES), high = low + random_below(PAGES - low + 1);
	vaddr_t expect_low = 0, expect_high = 0, got;

	for (unsigned p = low; p + pages <= high; p++) {
		unsigned q = p;

		while (q < p + pages && !owner[q])
			q++;
		if (q == p + pages) {
			if (!expect_low)
				expect_low = address_of(p);
			expect_high = address_of(p);
		}
	}
	got = region_find_hole(tree, pages * PAGE_SIZE, address_of(low), address_of(high), false);
	assert_int_equal(got, expect_low);
	got = region_find_hole(tree, pages * PAGE_SIZE, address_of(low), address_of(high), true);
	assert_int_equal(got, expect_high);
}

static void check_lookups(const struct region_tree *tree)
{
	unsigned page = random_below(PAGES);
	vaddr_t address = address_of(page) + random_below(PAGE_SIZE);
	struct region *found = region_find(tree, address), *from = region_find_from(tree, address);
	unsigned next = page;

	assert_ptr_equal(found, owner[page] ? &regions[owner[page] - 1] : NULL);
	while (next < PAGES && !owner[next])
		next++;
	assert_ptr_equal(from, next < PAGES ? &regions[owner[next] - 1] : NULL);
}

static void test_random(void **state)
{
	struct region_tree tree;

	unit_seed(7);
	memset(owner, 0, sizeof owner);
	memset(used, 0, sizeof used);
	region_tree_init(&tree);
	for (int step = 0; step < 60000; step++) {
		unsigned page = random_below(PAGES), count = 1 + random_below(12);
		vaddr_t start = address_of(page), end;
		struct region *region, *upper;

		if (page + count > PAGES)
			count = PAGES - page;
		end = start + count * PAGE_SIZE;
		switch (random_below(6)) {
		case 0:
		case 1:
			if (!region_range_is_free(&tree, start, end) || !(region = node_new()))
				break;
			region->start = start;
			region->end = end;
			region->prot = region->max_prot = PROT_R;
			region_insert(&tree, region);
			paint(region, true);
			break;
		case 2:
			region = region_find(&tree, start);
			if (!region)
				break;
			paint(region, false);
			region_remove(&tree, region);
			used[region - regions] = false;
			break;
		case 3:
			region = region_find(&tree, start);
			if (!region || start <= region->start || !(upper = node_new()))
				break;
			region_split(&tree, region, upper, start);
			assert_int_equal(upper->object_page,
					 region->object_page + (start - region->start) / PAGE_SIZE);
			assert_true(region_can_merge(region, upper));
			paint(upper, true);
			break;
		case 4:
			region = region_find(&tree, start);
			if (!region || region->end - region->start <= PAGE_SIZE)
				break;
			paint(region, false);
			region_set_range(&tree, region, region->start,
					 region->end - PAGE_SIZE);
			paint(region, true);
			break;
		case 5:
			region = region_find(&tree, start);
			upper = region ? region_next(region) : NULL;
			if (!upper || upper->start != region->end)
				break;
			region_absorb(&tree, region, upper);
			used[upper - regions] = false;
			paint(region, true);
			assert_int_equal(region_tree_check(&tree), 0);
			break;
		}
		check_lookups(&tree);
		if (step % 8 == 0) {
			check_holes(&tree);
			assert_int_equal(region_tree_check(&tree), 0);
		}
	}
}

static void test_merge_needs_likeness(void **state)
{
	struct region a = { .start = 0x1000, .end = 0x2000, .prot = PROT_R, .max_prot = PROT_R };
	struct region b = { .start = 0x2000, .end = 0x3000, .prot = PROT_R, .max_prot = PROT_R };

	assert_true(region_can_merge(&a, &b));
	b.prot = b.max_prot = PROT_R | PROT_W;
	assert_false(region_can_merge(&a, &b));
	b.prot = b.max_prot = PROT_R;
	b.flags = REGION_NORESERVE;
	assert_false(region_can_merge(&a, &b));
	b.flags = 0;
	a.object = b.object = (struct vm_object *)&a;
	a.object_page = 5;
	b.object_page = 7;
	assert_false(region_can_merge(&a, &b));
	b.object_page = 6;
	assert_true(region_can_merge(&a, &b));
	b.start = 0x3000;
	b.end = 0x4000;
	assert_false(region_can_merge(&a, &b));
}

static void test_check_finds_a_wrong_gap(void **state)
{
	struct region_tree tree;
	struct region a = { .start = 0x1000, .end = 0x2000 }, b = { .start = 0x9000, .end = 0xa000 };

	region_tree_init(&tree);
	region_insert(&tree, &a);
	region_insert(&tree, &b);
	assert_int_equal(region_tree_check(&tree), 0);
	a.largest_gap += PAGE_SIZE;
	assert_int_not_equal(region_tree_check(&tree), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_merge_needs_likeness),
		cmocka_unit_test(test_check_finds_a_wrong_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
