// links: kernel/lib/tree.c
/*
 * The balanced tree against a sorted array: links, erases, replacements and key-preserving changes of data in random
 * order, with the augmentation the region tree uses (first, last, largest gap) and with one that sums.
 */
#include <string.h>

#include "unit.h"

#include "lib/tree.h"
#include "lib/tree_impl.h"

#define KEYS 700

struct item {
	struct tree_node node;
	uint64_t start, end;
	uint64_t first, last, gap;	/* of the subtree */
	uint64_t sum;			/* of the sizes of the subtree */
	int used;
};

static struct item items[KEYS], spares[KEYS];
static struct item *present[KEYS];	/* the model: by slot, NULL when absent */
static unsigned updates;

static struct item *item_of(struct tree_node *node)
{
	return node ? tree_entry(node, struct item, node) : NULL;
}

static void compute(const struct item *item, struct item *out)
{
	struct item *left = item_of(item->node.left), *right = item_of(item->node.right);

	out->first = left ? left->first : item->start;
	out->last = right ? right->last : item->end;
	out->gap = 0;
	out->sum = item->end - item->start;
	if (left) {
		out->gap = max(left->gap, item->start - left->last);
		out->sum += left->sum;
	}
	if (right) {
		uint64_t between = right->first - item->end;

		out->gap = max(out->gap, max(right->gap, between));
		out->sum += right->sum;
	}
}

static bool update(struct tree_node *node)
{
	struct item *item = item_of(node), fresh;
	bool changed;

	updates++;
	compute(item, &fresh);
	changed = fresh.first != item->first || fresh.last != item->last || fresh.gap != item->gap ||
		  fresh.sum != item->sum;
	item->first = fresh.first;
	item->last = fresh.last;
	item->gap = fresh.gap;
	item->sum = fresh.sum;
	return changed;
}

static bool check_node(const struct tree_node *node)
{
	const struct item *item = tree_entry(node, struct item, node);
	struct item fresh;

	compute(item, &fresh);
	return fresh.first == item->first && fresh.last == item->last && fresh.gap == item->gap &&
	       fresh.sum == item->sum;
}

static int compare(const struct tree_node *a, const struct tree_node *b)
{
	uint64_t x = tree_entry(a, struct item, node)->start, y = tree_entry(b, struct item, node)->start;

	return x < y ? -1 : x > y;
}

static void insert(struct tree *tree, struct item *item, bool inlined)
{
	struct tree_node **link = &tree->root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->start < item_of(parent)->start ? &parent->left : &parent->right;
	}
	if (inlined)
		tree_link_with(tree, &item->node, parent, link, update);
	else
		tree_link(tree, &item->node, parent, link);
}

static void compare_with_model(struct tree *tree)
{
	struct tree_node *node = tree_first(tree), *before = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		if (!present[i])
			continue;
		count++;
		assert_ptr_equal(item_of(node), present[i]);
		assert_ptr_equal(tree_prev(node), before);
		before = node;
		node = tree_next(node);
	}
	assert_null(node);
	assert_ptr_equal(tree_last(tree), before);
	assert_int_equal(tree_check(tree, compare, tree->update ? check_node : NULL), count);
}

/* Slot i has its keys in [i * 100, i * 100 + 100), so the model is in order by itself. */
static void set_range(struct item *item, unsigned slot)
{
	item->start = slot * 100 + unit_below(40);
	item->end = item->start + 1 + unit_below(50);
}

static void run(bool augmented, bool inlined, unsigned keys, unsigned steps)
{
	struct tree tree = TREE_INIT(augmented ? update : NULL);

	memset(items, 0, sizeof(items));
	memset(present, 0, sizeof(present));
	for (unsigned step = 0; step < steps; step++) {
		unsigned slot = (unsigned)unit_below(keys);
		struct item *item = present[slot];
		/* Growing and shrinking in turn, so that small and large trees are met. */
		bool grow = unit_below(10) < (step / 400 % 2 ? 3 : 7);

		if (!item && grow) {
			item = unit_below(2) ? &items[slot] : &spares[slot];
			memset(item, 0xa5, sizeof(*item));
			set_range(item, slot);
			insert(&tree, item, inlined);
			present[slot] = item;
		} else if (item && !grow) {
			if (inlined)
				tree_erase_with(&tree, &item->node, update);
			else
				tree_erase(&tree, &item->node);
			memset(item, 0x5a, sizeof(*item));
			present[slot] = NULL;
		} else if (item && unit_below(2)) {
			struct item *other = item == &items[slot] ? &spares[slot] : &items[slot];

			memset(other, 0xa5, sizeof(*other));
			set_range(other, slot);
			tree_replace(&tree, &item->node, &other->node);
			memset(item, 0x5a, sizeof(*item));
			present[slot] = other;
		} else if (item) {
			set_range(item, slot);
			tree_propagate(&tree, &item->node);
		}
		compare_with_model(&tree);
	}
}

static void test_plain(void **state)
{
	unit_seed(1);
	run(false, false, 9, 3000);
	run(false, false, KEYS, 3000);
}

static void test_augmented(void **state)
{
	unit_seed(2);
	run(true, false, 3, 1000);
	run(true, false, 17, 6000);
	run(true, false, KEYS, 6000);
}

static void test_inlined(void **state)
{
	unit_seed(3);
	run(true, true, 17, 6000);
	run(true, true, KEYS, 6000);
}

/* Every order of inserting and every order of erasing a few nodes. */
static void permute(unsigned *order, unsigned count, unsigned rank)
{
	bool taken[8] = { false };

	for (unsigned i = 0; i < count; i++) {
		unsigned pick = rank % (count - i);

		rank /= count - i;
		for (unsigned j = 0; j < count; j++) {
			if (taken[j])
				continue;
			if (pick-- == 0) {
				taken[j] = true;
				order[i] = j;
				break;
			}
		}
	}
}

static void test_exhaustive(void **state)
{
	unsigned in[8], out[8];

	unit_seed(4);
	for (unsigned a = 0; a < 720; a++) {
		for (unsigned b = 0; b < 720; b += 1 + a % 7) {
			struct tree tree = TREE_INIT(update);

			memset(present, 0, sizeof(present));
			permute(in, 6, a);
			permute(out, 6, b);
			for (unsigned i = 0; i < 6; i++) {
				present[in[i]] = &items[in[i]];
				set_range(&items[in[i]], in[i]);
				insert(&tree, &items[in[i]], false);
			}
			compare_with_model(&tree);
			for (unsigned i = 0; i < 6; i++) {
				tree_erase(&tree, &items[out[i]].node);
				present[out[i]] = NULL;
				assert_int_equal(tree_check(&tree, compare, check_node), 5 - i);
			}
			assert_true(tree_empty(&tree));
		}
	}
}

/* A change that does not reach the parent's data stops there. */
static void test_propagation_stops(void **state)
{
	struct tree tree = TREE_INIT(update);

	for (unsigned i = 0; i < 127; i++) {
		items[i].start = i * 100;
		items[i].end = i * 100 + 50;
		insert(&tree, &items[i], false);
	}
	updates = 0;
	tree_propagate(&tree, &items[64].node);
	assert_int_equal(updates, 1);
}

static void test_check_finds_faults(void **state)
{
	struct tree tree = TREE_INIT(update);

	for (unsigned i = 0; i < 20; i++) {
		items[i].start = i * 100;
		items[i].end = i * 100 + 50;
		insert(&tree, &items[i], false);
	}
	assert_int_equal(tree_check(&tree, compare, check_node), 20);
	items[7].gap++;
	assert_true(tree_check(&tree, compare, check_node) < 0);
	items[7].gap--;
	items[7].start = 5000;
	assert_true(tree_check(&tree, compare, NULL) < 0);
	items[7].start = 700;
	tree.root->left->parent_colour ^= 1;
	assert_true(tree_check(&tree, compare, check_node) < 0);
	tree.root->left->parent_colour ^= 1;
	assert_int_equal(tree_check(&tree, compare, check_node), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_augmented),
		cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_exhaustive),
		cmocka_unit_test(test_propagation_stops),
		cmocka_unit_test(test_check_finds_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
