/*
 * Heap sort (sort.h).
 */
#include "lib/sort.h"

static void swap_items(char *a, char *b, size_t size)
{
	while (size >= 8) {
		uint64_t x, y;

		__builtin_memcpy(&x, a, 8);
		__builtin_memcpy(&y, b, 8);
		__builtin_memcpy(a, &y, 8);
		__builtin_memcpy(b, &x, 8);
		a += 8;
		b += 8;
		size -= 8;
	}
	while (size--) {
		char c = *a;

		*a++ = *b;
		*b++ = c;
	}
}

/* Lets the item at `root` sink until both its children sort before it. */
static void sink(char *items, size_t root, size_t count, size_t size, sort_compare_fn compare)
{
	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= count)
			return;
		if (child + 1 < count &&
		    compare(items + child * size, items + (child + 1) * size) < 0)
			child++;
		if (compare(items + root * size, items + child * size) >= 0)
			return;
		swap_items(items + root * size, items + child * size, size);
		root = child;
	}
}

void sort(void *array, size_t count, size_t size, sort_compare_fn compare)
{
	char *items = array;

	for (size_t root = count / 2; root-- > 0;)
		sink(items, root, count, size, compare);
	while (count > 1) {
		count--;
		swap_items(items, items + count * size, size);
		sink(items, 0, count, size, compare);
	}
}
