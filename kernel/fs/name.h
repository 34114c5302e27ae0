/*
 * Names within a directory, and paths as text. Pure: compiles on the host.
 */
#ifndef OSIER_FS_NAME_H
#define OSIER_FS_NAME_H

#include <osier/types.h>

/* Not terminated, 1 to NAME_MAX bytes, no slash. */
struct name {
	const char *text;
	unsigned length;
	uint32_t hash;			/* name_hash of it; file systems need not look */
};

/* Mixed into every hash; set once at boot, so that nobody can choose names that fall into one bucket. */
extern uint32_t name_hash_seed;

uint32_t name_hash(const char *text, unsigned length);

/* Whether two texts of one length are the same: at most one step more than there are words. */
static inline bool name_equal(const char *a, const char *b, unsigned length)
{
	uint64_t x, y;
	uint32_t u, v;

	if (length >= 8) {
		for (unsigned at = 0; at < length - 8; at += 8) {
			__builtin_memcpy(&x, a + at, 8);
			__builtin_memcpy(&y, b + at, 8);
			if (x != y)
				return false;
		}
		__builtin_memcpy(&x, a + length - 8, 8);
		__builtin_memcpy(&y, b + length - 8, 8);
		return x == y;
	}
	if (length >= 4) {
		__builtin_memcpy(&u, a, 4);
		__builtin_memcpy(&v, b, 4);
		if (u != v)
			return false;
		__builtin_memcpy(&u, a + length - 4, 4);
		__builtin_memcpy(&v, b + length - 4, 4);
		return u == v;
	}
	while (length--) {
		if (a[length] != b[length])
			return false;
	}
	return true;
}

static inline bool name_is_dot(const struct name *name)
{
	return name->text[0] == '.' && name->length == 1;
}

static inline bool name_is_dot_dot(const struct name *name)
{
	return name->text[0] == '.' && name->length == 2 && name->text[1] == '.';
}

/*
 * The next component of a path, hashed: skips slashes; => the rest after it, which begins with a slash or is empty; NULL
 * when there is none left. A length above NAME_MAX is for the caller to refuse.
 */
const char *path_next_component(const char *path, struct name *name);

/* Whether only slashes are left. */
static inline bool path_is_end(const char *rest)
{
	while (*rest == '/')
		rest++;
	return *rest == '\0';
}

#endif
