// links: kernel/task/timer_heap.c
/*
 * The timers' pairing heap against an array that is searched.
 */
#include "unit.h"

#include "task/timer_heap.h"

#define NODES 500

static struct timer_node nodes[NODES];
static bool queued[NODES];

static struct timer_node *naive_first(void)
{
	struct timer_node *best = NULL;

	for (unsigned i = 0; i < NODES; i++)
		if (queued[i] && (!best || nodes[i].deadline_ns < best->deadline_ns))
			best = &nodes[i];
	return best;
}

static void random_operations(void **state)
{
	struct timer_heap heap = { NULL };
	ssize_t count = 0;

	unit_seed(77);
	for (unsigned step = 0; step < 50000; step++) {
		unsigned i = (unsigned)unit_below(NODES);
		struct timer_node *first;

		if (queued[i]) {
			timer_heap_remove(&heap, &nodes[i]);
			queued[i] = false;
			count--;
		} else {
			nodes[i].deadline_ns = unit_below(step % 2 ? 10 : 1000000);
			timer_heap_insert(&heap, &nodes[i]);
			queued[i] = true;
			count++;
		}
		first = timer_heap_first(&heap);
		if (first && unit_below(3) == 0) {
			assert_int_equal(first->deadline_ns, naive_first()->deadline_ns);
			timer_heap_remove(&heap, first);
			queued[first - nodes] = false;
			count--;
		}
		if (step % 50 == 0)
			assert_int_equal(timer_heap_check(&heap), count);
	}
	while (timer_heap_first(&heap)) {
		struct timer_node *first = timer_heap_first(&heap);

		assert_ptr_equal(naive_first() ? (void *)first : NULL, first);
		assert_int_equal(first->deadline_ns, naive_first()->deadline_ns);
		timer_heap_remove(&heap, first);
		queued[first - nodes] = false;
	}
	assert_int_equal(timer_heap_check(&heap), 0);
}

static void check_sees_disorder(void **state)
{
	struct timer_heap heap = { NULL };
	struct timer_node a = { .deadline_ns = 1 }, b = { .deadline_ns = 2 };

	timer_heap_insert(&heap, &a);
	timer_heap_insert(&heap, &b);
	assert_int_equal(timer_heap_check(&heap), 2);
	b.deadline_ns = 0;
	assert_true(timer_heap_check(&heap) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations),
		cmocka_unit_test(check_sees_disorder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
