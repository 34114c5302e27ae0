/*
 * Random numbers: ChaCha20 keyed from RDSEED/RDRAND where the CPU has them, and from timing jitter. `seed=N` on the
 * command line makes them the same in every boot (for class and for tests).
 */
#ifndef OSIER_DEV_RANDOM_H
#define OSIER_DEV_RANDOM_H

#include <osier/types.h>

void random_init(void);
/* Any thread context; never fails, never waits. */
void random_bytes(void *out, size_t size);
uint64_t random_u64(void);
/* Stirs something in: interrupt times, what is written to /dev/random. Any context. */
void random_add(const void *data, size_t size);

#endif
