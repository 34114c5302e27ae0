/*
 * Paths as text: components and their hash. Pure: compiles on the host.
 */
#include "fs/name.h"

/* One multiplication a byte: names are short, and this runs for every component of every path. */
uint32_t name_hash_seed = 0x9e3779b1u;

static inline uint32_t hash_step(uint32_t hash, unsigned char byte)
{
	return (hash ^ byte) * 0x01000193u;
}

static inline uint32_t hash_finish(uint32_t hash)
{
	return hash ^ hash >> 15;
}

uint32_t name_hash(const char *text, unsigned length)
{
	uint32_t hash = name_hash_seed;

	for (unsigned i = 0; i < length; i++)
		hash = hash_step(hash, (unsigned char)text[i]);
	return hash_finish(hash);
}

const char *path_next_component(const char *path, struct name *name)
{
	uint32_t hash = name_hash_seed;
	const char *end;

	while (*path == '/')
		path++;
	for (end = path; *end && *end != '/'; end++)
		hash = hash_step(hash, (unsigned char)*end);
	name->text = path;
	name->length = (unsigned)(end - path);
	name->hash = hash_finish(hash);
	return name->length ? end : NULL;
}
