/*
 * ChaCha20 (RFC 8439): the block function, for the kernel's random source.
 */
#ifndef OSIER_LIB_CHACHA_H
#define OSIER_LIB_CHACHA_H

#include <osier/types.h>

#define CHACHA_KEY_BYTES 32
#define CHACHA_BLOCK_BYTES 64

/* The cipher's state: constants, key, block counter, nonce. */
struct chacha {
	uint32_t state[16];
};

void chacha_init(struct chacha *chacha, const uint8_t key[CHACHA_KEY_BYTES], uint32_t counter,
		 const uint8_t nonce[12]);

/* The key stream's next block; the counter goes on by one. */
void chacha_block(struct chacha *chacha, uint8_t out[CHACHA_BLOCK_BYTES]);

/*
 * Random bytes from a key that is replaced at every call: who learns the key later cannot compute what was handed out
 * before. `entropy` (maybe NULL) of up to 32 bytes is mixed into the key first.
 */
void chacha_random(uint8_t key[CHACHA_KEY_BYTES], const void *entropy, size_t entropy_size,
		   void *out, size_t size);

#endif
