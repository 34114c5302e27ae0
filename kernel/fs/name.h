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
