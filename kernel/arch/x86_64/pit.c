/*
 * pit.h. Channel 2 in one-shot mode; its output is read from port 0x61.
 */
#include "arch/x86_64/pit.h"

#include "arch/x86_64/cpu.h"
#include "lib/math.h"
#include "debug/stage.h"

#define PIT_HZ 1193182ull
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61
#define SPINS_MAX 50000000ull

static void pit_start(uint32_t ticks)
{
	/* Gate on, speaker off; channel 2, low then high byte, mode 0: the output rises at 0. */
	outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~2u) | 1));
	outb(PIT_COMMAND, 0xb0);
	outb(PIT_CHANNEL2, (uint8_t)ticks);
	outb(PIT_CHANNEL2, (uint8_t)(ticks >> 8));
}

static bool pit_finish(void)
{
	uint64_t spins = 0;

	while (!(inb(PIT_GATE) & 0x20))
		if (!stage_spin(&spins, SPINS_MAX, "the PIT"))
			return false;
	return true;
}

bool pit_wait(uint32_t ticks)
{
	pit_start(ticks);
	return pit_finish();
}

uint64_t pit_measure_tsc(void)
{
	const uint32_t ticks = PIT_HZ / 200;		/* 5 ms */
	uint64_t best = UINT64_MAX;

	/* The shortest of several: whatever interfered made it longer. */
	for (unsigned round = 0; round < 3; round++) {
		uint64_t start, end;

		pit_start(ticks);
		start = rdtsc();
		if (!pit_finish())
			return 0;
		end = rdtsc();
		if (end - start < best)
			best = end - start;
	}
	return mul_div(best, PIT_HZ, ticks);
}
