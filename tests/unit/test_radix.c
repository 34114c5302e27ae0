// links: kernel/lib/radix.c
/*
 * The radix tree against a plain map: random indices of several shapes, failing allocation, prepared insertion,
 * iteration from any index, no node left behind.
 */
#include <string.h>

#include "unit.h"

#include "lib/err.h"
#include "lib/radix.h"

static int live_nodes;
static int fail_after = -1;	/* allocations that still succeed; -1: all */

static struct radix_node *node_alloc(void)
{
	struct radix_node *node;

	if (fail_after == 0)
		return NULL;
	if (fail_after > 0)
		fail_after--;
	node = malloc(sizeof(*node));
	memset(node, 0xa5, sizeof(*node));
	live_nodes++;
	return node;
}

static void node_free(struct radix_node *node)
{
	live_nodes--;
	free(node);
}

static const struct radix_node_ops ops = { node_alloc, node_free };

#define MODEL 600

static struct {
	uint64_t index;
	void *value;
} model[MODEL];
static unsigned model_count;

static int model_find(uint64_t index)
{
	for (unsigned i = 0; i < model_count; i++)
		if (model[i].index == index)
			return (int)i;
	return -1;
}

static int by_index(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t pick_index(unsigned shape)
{
	switch (shape) {
	case 0:
		return unit_below(100);
	case 1:
		return unit_below(5000);
	case 2:
		return 1ull << unit_below(64);
	case 3:
		return UINT64_MAX - unit_below(80);
	default:
		return unit_random() >> unit_below(64);
	}
}

static void compare_with_model(struct radix *tree)
{
	uint64_t index;
	void *value;
	unsigned at = 0;

	assert_int_equal(radix_check(tree), 0);
	assert_int_equal(tree->count, model_count);
	qsort(model, model_count, sizeof(model[0]), by_index);
	radix_for_each(tree, value, index, 0) {
		assert_true(at < model_count);
		assert_int_equal(index, model[at].index);
		assert_ptr_equal(value, model[at].value);
		at++;
	}
	assert_int_equal(at, model_count);
}

static void compare_next(struct radix *tree, uint64_t from)
{
	uint64_t index = from, best = 0;
	void *value = radix_next(tree, &index), *expected = NULL;

	for (unsigned i = 0; i < model_count; i++) {
		if (model[i].index >= from && (!expected || model[i].index < best)) {
			best = model[i].index;
			expected = model[i].value;
		}
	}
	assert_ptr_equal(value, expected);
	assert_int_equal(index, expected ? best : from);
}

static void run(unsigned shapes, unsigned steps)
{
	struct radix tree;

	radix_init(&tree, &ops);
	model_count = 0;
	for (unsigned step = 0; step < steps; step++) {
		uint64_t index = pick_index(shapes < 5 ? shapes : (unsigned)unit_below(5));
		int at = model_find(index);
		bool grow = unit_below(10) < (step / 700 % 2 ? 3 : 7);

		if (unit_below(4) && model_count) {	/* meet what is there more often */
			at = (int)unit_below(model_count);
			index = model[at].index;
		}
		assert_ptr_equal(radix_lookup(&tree, index), at < 0 ? NULL : model[at].value);
		if (grow && model_count < MODEL) {
			void *value = (void *)(uintptr_t)(unit_random() | 1);
			int error, nodes = live_nodes;
			unsigned way = (unsigned)unit_below(3);

			if (way == 0) {
				error = radix_insert(&tree, index, value);
			} else if (way == 1) {
				fail_after = (int)unit_below(4);
				error = radix_insert(&tree, index, value);
				fail_after = -1;
				if (error == -ENOMEM) {
					assert_true(at < 0);
					assert_int_equal(live_nodes, nodes);
					assert_int_equal(radix_check(&tree), 0);
					continue;
				}
			} else {
				struct radix_reserve reserve = RADIX_RESERVE_INIT;

				assert_int_equal(radix_prepare(&tree, index, &reserve), 0);
				assert_true(reserve.count <= RADIX_MAX_RESERVE);
				fail_after = 0;
				error = radix_insert_prepared(&tree, index, value, &reserve);
				fail_after = -1;
				assert_int_equal(reserve.count, 0);
				radix_reserve_release(&tree, &reserve);
			}
			assert_int_equal(error, at < 0 ? 0 : -EEXIST);
			if (at < 0) {
				model[model_count].index = index;
				model[model_count++].value = value;
			}
		} else {
			void *value = radix_remove(&tree, index);

			assert_ptr_equal(value, at < 0 ? NULL : model[at].value);
			if (at >= 0)
				model[at] = model[--model_count];
		}
		assert_int_equal(radix_check(&tree), 0);
		compare_next(&tree, pick_index(4));
		if (model_count)
			compare_next(&tree, model[unit_below(model_count)].index + unit_below(2));
		if (step % 50 == 0)
			compare_with_model(&tree);
	}
	compare_with_model(&tree);
	while (model_count)
		assert_non_null(radix_remove(&tree, model[--model_count].index));
	assert_null(tree.root);
	assert_int_equal(live_nodes, 0);
}

static void test_shapes(void **state)
{
	unit_seed(10);
	for (unsigned shapes = 0; shapes < 6; shapes++)
		run(shapes, 6000);
}

static void test_edges(void **state)
{
	struct radix tree;
	uint64_t index;
	void *value;
	int count = 0;

	radix_init(&tree, &ops);
	index = 0;
	assert_null(radix_next(&tree, &index));
	assert_null(radix_remove(&tree, 0));
	assert_int_equal(radix_insert(&tree, 0, &tree), 0);
	assert_int_equal(live_nodes, 0);	/* one value at 0 needs no node */
	assert_int_equal(radix_insert(&tree, 0, &tree), -EEXIST);
	index = 1;
	assert_null(radix_next(&tree, &index));
	assert_int_equal(radix_insert(&tree, UINT64_MAX, &index), 0);
	assert_int_equal(tree.height, RADIX_MAX_HEIGHT);
	radix_for_each(&tree, value, index, 0)
		count++;
	assert_int_equal(count, 2);		/* and does not wrap around */
	*radix_slot(&tree, UINT64_MAX) = &count;
	assert_ptr_equal(radix_remove(&tree, UINT64_MAX), &count);
	assert_int_equal(tree.height, 0);
	assert_int_equal(live_nodes, 0);
	assert_ptr_equal(radix_remove(&tree, 0), &tree);
	assert_int_equal(tree.count, 0);
}

/* A walk may remove what it stands on, which is how a file is truncated. */
static void test_remove_while_walking(void **state)
{
	struct radix tree;
	uint64_t index;
	void *value;

	radix_init(&tree, &ops);
	for (uint64_t i = 0; i < 10000; i++)
		assert_int_equal(radix_insert(&tree, i * 3, &tree), 0);
	radix_for_each(&tree, value, index, 15000)
		assert_ptr_equal(radix_remove(&tree, index), value);
	assert_int_equal(radix_check(&tree), 0);
	assert_int_equal(tree.count, 5000);
	radix_for_each(&tree, value, index, 0)
		assert_ptr_equal(radix_remove(&tree, index), value);
	assert_int_equal(tree.count, 0);
	assert_int_equal(live_nodes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_remove_while_walking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
