// links: kernel/fs/path_text.c
/*
 * Splitting paths into hashed components, against a splitter that only knows strchr.
 */
#include "unit.h"

#include <string.h>

#include "fs/name.h"

static void expect_components(const char *path, const char *const *expected)
{
	struct name name;

	while (*expected) {
		path = path_next_component(path, &name);
		assert_non_null(path);
		assert_int_equal(name.length, strlen(*expected));
		assert_memory_equal(name.text, *expected, name.length);
		assert_int_equal(name.hash, name_hash(*expected, name.length));
		assert_true(*path == '\0' || *path == '/');
		expected++;
	}
	assert_true(path_is_end(path));
	assert_null(path_next_component(path, &name));
	assert_int_equal(name.length, 0);
}

static void test_known(void **state)
{
	expect_components("", (const char *[]){ NULL });
	expect_components("///", (const char *[]){ NULL });
	expect_components("a", (const char *[]){ "a", NULL });
	expect_components("/usr//bin/", (const char *[]){ "usr", "bin", NULL });
	expect_components("./../x.", (const char *[]){ ".", "..", "x.", NULL });
}

static void test_dots(void **state)
{
	struct name name;

	path_next_component(".", &name);
	assert_true(name_is_dot(&name) && !name_is_dot_dot(&name));
	path_next_component("../a", &name);
	assert_true(!name_is_dot(&name) && name_is_dot_dot(&name));
	path_next_component(".a", &name);
	assert_true(!name_is_dot(&name) && !name_is_dot_dot(&name));
	path_next_component("...", &name);
	assert_true(!name_is_dot(&name) && !name_is_dot_dot(&name));
}

/* The longest names and beyond: the length is told truly, refusing is the walk's. */
static void test_long(void **state)
{
	char path[5000];
	struct name name;

	memset(path, 'n', sizeof path);
	path[sizeof path - 1] = '\0';
	assert_non_null(path_next_component(path, &name));
	assert_int_equal(name.length, sizeof path - 1);
	path[255] = '/';
	assert_non_null(path_next_component(path, &name));
	assert_int_equal(name.length, 255);
}

static void test_random(void **state)
{
	unit_seed(7);
	for (int round = 0; round < 20000; round++) {
		char path[64], copy[64], *save;
		size_t length = unit_below(sizeof path - 1);
		const char *rest = path;
		struct name name;

		for (size_t i = 0; i < length; i++)
			path[i] = "//ab.\xff"[unit_below(6)];
		path[length] = '\0';
		strcpy(copy, path);
		for (char *token = strtok_r(copy, "/", &save); token; token = strtok_r(NULL, "/", &save)) {
			rest = path_next_component(rest, &name);
			assert_non_null(rest);
			assert_int_equal(name.length, strlen(token));
			assert_memory_equal(name.text, token, name.length);
		}
		assert_null(path_next_component(rest, &name));
	}
}

/* Every length, and every place where two names may differ. */
static void test_equal(void **state)
{
	for (unsigned length = 1; length <= 40; length++) {
		char *a = malloc(length), *b = malloc(length);

		memset(a, 'x', length);
		memset(b, 'x', length);
		assert_true(name_equal(a, b, length));
		for (unsigned at = 0; at < length; at++) {
			b[at] = 'y';
			assert_false(name_equal(a, b, length));
			b[at] = 'x';
		}
		free(a);
		free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_dots),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
