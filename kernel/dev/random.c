/*
 * The random source: one key, replaced at every use, so that what was handed out cannot be computed from it later.
 *
 * The seed is RDSEED or RDRAND where the CPU has them, the clocks, and the jitter of short timed loops. With `seed=N` it is N and
 * nothing is stirred in later.
 */
#include "dev/random.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/cpu.h"
#include "debug/log.h"
#include "lib/chacha.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "sync/spinlock.h"
#include "task/timer.h"

static struct spinlock random_lock = SPINLOCK_INIT("random", LOCK_RANK_TIMER);
static uint8_t key[CHACHA_KEY_BYTES];
static bool fixed;
/* Gathered since the last use, without a lock: what a race loses or mixes is as random as the rest. */
static uint64_t pool[4];
static uint32_t pool_next;

static bool hardware_random(uint64_t *value)
{
	bool good = false;

	/* The instructions may fail for a while when everybody asks at once. */
	for (unsigned tries = 0; tries < 10 && !good; tries++) {
		if (cpu_features.rdseed)
			__asm__ volatile("rdseed %0" : "=r"(*value), "=@ccc"(good));
		if (!good && cpu_features.rdrand)
			__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(good));
	}
	return good;
}

/* How long the same work takes differs in its lowest bits: caches, interrupts of the host, refresh. */
static uint64_t jitter(void)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 256; i++) {
		uint64_t begin = rdtsc();

		for (volatile unsigned spin = 0; spin < (begin & 15); spin++)
			;
		value = hash_u64(value ^ (rdtsc() - begin) ^ begin << 7);
	}
	return value;
}

void random_init(void)
{
	uint64_t entropy[4];

	fixed = cmdline_has("seed");
	if (fixed) {
		uint64_t seed = cmdline_get_number("seed", 0);

		for (unsigned i = 0; i < 4; i++)
			entropy[i] = hash_u64(seed + i * 0x9e3779b97f4a7c15ull + 1);
		log_info("random: fixed seed %llu", (unsigned long long)seed);
	} else {
		for (unsigned i = 0; i < 4; i++) {
			uint64_t word = 0;

			hardware_random(&word);
			entropy[i] = word ^ jitter();
		}
		entropy[3] ^= clock_realtime_ns();
	}
	memcpy(key, entropy, sizeof key);
}

void random_add(const void *data, size_t size)
{
	uint32_t at;

	if (fixed)
		return;
	at = pool_next++ % ARRAY_SIZE(pool);
	pool[at] = hash_u64(pool[at] ^ rdtsc() ^ (size ? hash_bytes(data, size) : 0));
}

void random_bytes(void *out, size_t size)
{
	uint64_t flags = spin_lock_irqsave(&random_lock);
	uint64_t entropy[4];

	memcpy(entropy, pool, sizeof entropy);
	chacha_random(key, fixed ? NULL : entropy, fixed ? 0 : sizeof entropy, out, size);
	spin_unlock_irqrestore(&random_lock, flags);
}

uint64_t random_u64(void)
{
	uint64_t value;

	random_bytes(&value, sizeof value);
	return value;
}
