/*
 * Splitting paths into components. Text only: what a name means, and . and .. and links, is the walker's.
 */
#ifndef OSIER_LIB_PATH_H
#define OSIER_LIB_PATH_H

#include <osier/types.h>

#define PATH_NAME_MAX 255	/* bytes in a component */
#define PATH_LENGTH_MAX 4096	/* bytes in a path, with its terminator */

struct path_cursor {
	const char *rest;	/* what has not been read yet */
};

struct path_component {
	const char *name;	/* not terminated */
	size_t length;
	bool last;		/* no other component follows */
	bool slash;		/* slashes follow: it must be a directory */
};

static inline bool path_is_absolute(const char *path)
{
	return path[0] == '/';
}

static inline void path_begin(struct path_cursor *cursor, const char *path)
{
	cursor->rest = path;
}

/*
 * The next component. Slashes in a row count as one, those in front are skipped.
 * => 1, 0 at the end, -ENAMETOOLONG for a component above PATH_NAME_MAX (the cursor stands behind it).
 */
int path_next(struct path_cursor *cursor, struct path_component *component);

static inline bool path_is_dot(const struct path_component *c)
{
	return c->length == 1 && c->name[0] == '.';
}

static inline bool path_is_dot_dot(const struct path_component *c)
{
	return c->length == 2 && c->name[0] == '.' && c->name[1] == '.';
}

/* 0; -ENOENT for the empty path, -ENAMETOOLONG from PATH_LENGTH_MAX bytes on, terminator included. */
int path_validate(const char *path);

/* The part after the last slash, for messages and thread names. */
const char *path_base_name(const char *path);

#endif
