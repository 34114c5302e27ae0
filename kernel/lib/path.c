/*
 * Splitting paths into components (path.h).
 */
#include "lib/path.h"

#include "lib/err.h"
#include "lib/string.h"

int path_next(struct path_cursor *cursor, struct path_component *component)
{
	const char *at = cursor->rest;

	while (*at == '/')
		at++;
	component->name = at;
	while (*at && *at != '/')
		at++;
	component->length = (size_t)(at - component->name);
	component->slash = *at == '/';
	while (*at == '/')
		at++;
	component->last = !*at;
	cursor->rest = at;
	if (component->length == 0)
		return 0;
	return component->length > PATH_NAME_MAX ? -ENAMETOOLONG : 1;
}

int path_validate(const char *path)
{
	if (!path[0])
		return -ENOENT;
	return strnlen(path, PATH_LENGTH_MAX) == PATH_LENGTH_MAX ? -ENAMETOOLONG : 0;
}

const char *path_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
