/*
 * ChaCha20 (chacha.h), for a little-endian machine.
 */
#include "lib/chacha.h"

#include <osier/compiler.h>

#include "lib/string.h"

static inline uint32_t rotate(uint32_t x, unsigned bits)
{
	return x << bits | x >> (32 - bits);
}

static inline void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

void chacha_init(struct chacha *chacha, const uint8_t key[CHACHA_KEY_BYTES], uint32_t counter,
		 const uint8_t nonce[12])
{
	uint32_t *state = chacha->state;

	state[0] = 0x61707865;	/* "expand 32-byte k" */
	state[1] = 0x3320646e;
	state[2] = 0x79622d32;
	state[3] = 0x6b206574;
	memcpy(&state[4], key, CHACHA_KEY_BYTES);
	state[12] = counter;
	memcpy(&state[13], nonce, 12);
}

void chacha_block(struct chacha *chacha, uint8_t out[CHACHA_BLOCK_BYTES])
{
	uint32_t x[16];

	memcpy(x, chacha->state, sizeof(x));
	for (int i = 0; i < 10; i++) {
		quarter_round(&x[0], &x[4], &x[8], &x[12]);
		quarter_round(&x[1], &x[5], &x[9], &x[13]);
		quarter_round(&x[2], &x[6], &x[10], &x[14]);
		quarter_round(&x[3], &x[7], &x[11], &x[15]);
		quarter_round(&x[0], &x[5], &x[10], &x[15]);
		quarter_round(&x[1], &x[6], &x[11], &x[12]);
		quarter_round(&x[2], &x[7], &x[8], &x[13]);
		quarter_round(&x[3], &x[4], &x[9], &x[14]);
	}
	for (int i = 0; i < 16; i++)
		x[i] += chacha->state[i];
	memcpy(out, x, sizeof(x));
	chacha->state[12]++;
}

void chacha_random(uint8_t key[CHACHA_KEY_BYTES], const void *entropy, size_t entropy_size,
		   void *out, size_t size)
{
	static const uint8_t no_nonce[12];
	const uint8_t *extra = entropy;
	struct chacha chacha;
	uint8_t block[CHACHA_BLOCK_BYTES];
	uint8_t *to = out;

	for (size_t i = 0; i < min(entropy_size, (size_t)CHACHA_KEY_BYTES); i++)
		key[i] ^= extra[i];
	chacha_init(&chacha, key, 0, no_nonce);

	/* The first block gives the next key and 32 bytes of output, the others output only. */
	chacha_block(&chacha, block);
	memcpy(key, block, CHACHA_KEY_BYTES);

	size_t piece = min(size, sizeof(block) - CHACHA_KEY_BYTES);

	memcpy(to, block + CHACHA_KEY_BYTES, piece);
	for (to += piece, size -= piece; size; to += piece, size -= piece) {
		if (chacha.state[12] == 0)
			chacha.state[13]++;	/* past 256 GiB in one call */
		chacha_block(&chacha, block);
		piece = min(size, sizeof(block));
		memcpy(to, block, piece);
	}
	memset(block, 0, sizeof(block));
	memset(&chacha, 0, sizeof(chacha));
	__asm__ volatile("" : : "r"(block), "r"(&chacha) : "memory");	/* the wiping is meant */
}
