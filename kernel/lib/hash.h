/*
 * Hashes: SipHash-2-4 where the input is chosen by others, a 64-bit mix where it is not.
 */
#ifndef OSIER_LIB_HASH_H
#define OSIER_LIB_HASH_H

#include <osier/types.h>

struct hash_key {
	uint64_t k0, k1;
};

uint64_t siphash(const struct hash_key *key, const void *data, size_t size);

/* A bijection on 64 bits in which every input bit reaches every output bit. */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	return x;
}

/* FNV-1a with a final mix, for short names in tables whose keys are not an attacker's. */
static inline uint64_t hash_bytes(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash_u64(hash);
}

#endif
