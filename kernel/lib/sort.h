/*
 * Sorting in place: heap sort, no recursion, no memory, O(n log n) whatever the input. Not stable.
 */
#ifndef OSIER_LIB_SORT_H
#define OSIER_LIB_SORT_H

#include <osier/types.h>

/* < 0, 0, > 0 as a sorts before, with, after b. */
typedef int (*sort_compare_fn)(const void *a, const void *b);

void sort(void *array, size_t count, size_t size, sort_compare_fn compare);

#endif
