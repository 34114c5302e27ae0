/*
 * Paths as text: components and their hash. Pure: compiles on the host.
 */
#include "fs/name.h"
#include "lib/string.h"

/*
 * Hashed eight bytes at a time, because this runs for every component of every path: one multiplication a word, the last
 * word filled up with zeros.
 */
uint32_t name_hash_seed = 0x9e3779b1u;

#define ONES 0x0101010101010101ull

static inline uint64_t hash_step(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static inline uint32_t hash_finish(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

uint32_t name_hash(const char *text, unsigned length)
{
	uint64_t hash = name_hash_seed, word;

	for (; length >= 8; length -= 8, text += 8) {
		memcpy(&word, text, 8);
		hash = hash_step(hash, word);
	}
	if (length) {
		word = 0;
		memcpy(&word, text, length);
		hash = hash_step(hash, word);
	}
	return hash_finish(hash);
}

/* The high bit of each byte of `word` that is zero; above the lowest such byte there may be more. */
static inline uint64_t zero_bytes(uint64_t word)
{
	return (word - ONES) & ~word & ONES * 0x80;
}

/* The same for a string whose next eight bytes are not all known to be there. */
static __noinline uint64_t load_word_slowly(const char *text)
{
	uint64_t word = 0;

	for (unsigned i = 0; i < 8; i++) {
		word |= (uint64_t)(unsigned char)text[i] << 8 * i;
		if (!text[i])
			break;
	}
	return word;
}

/* Eight bytes of a string of which at least one is left. What lies behind the string's end does not matter. */
static inline uint64_t load_word(const char *text)
{
#ifndef OSIER_HOST
	uint64_t word;

	/* Within a page the bytes behind the end are there to be read. */
	if (likely(((uintptr_t)text & (PAGE_SIZE - 1)) <= PAGE_SIZE - 8)) {
		__builtin_memcpy(&word, text, 8);
		return word;
	}
#endif
	return load_word_slowly(text);
}

const char *path_next_component(const char *path, struct name *name)
{
	uint64_t hash = name_hash_seed;
	const char *end;

	while (*path == '/')
		path++;
	if (!*path) {
		name->length = 0;
		return NULL;
	}
	for (end = path;; end += 8) {
		uint64_t word = load_word(end);
		uint64_t stop = zero_bytes(word) | zero_bytes(word ^ ONES * '/');

		if (stop) {
			unsigned bits = (unsigned)__builtin_ctzll(stop) & ~7u;

			if (bits) {
				hash = hash_step(hash, word & ((1ull << bits) - 1));
				end += bits / 8;
			}
			break;
		}
		hash = hash_step(hash, word);
	}
	name->text = path;
	name->length = (unsigned)(end - path);
	name->hash = hash_finish(hash);
	return end;
}
