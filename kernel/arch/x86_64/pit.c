/*
 * pit.h. Channel 2 in one-shot mode; its output is read from port 0x61, its count through the latch.
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

/*
 * Both counters at one moment: of several tries the one that took least, since an emulator or a hypervisor may stop in
 * the middle of any of them.
 */
static void sample(uint64_t *tsc, uint16_t *count)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < 16; i++) {
		uint64_t before = rdtsc(), after;
		uint16_t low;

		outb(PIT_COMMAND, 0x80);
		after = rdtsc();
		low = inb(PIT_CHANNEL2);
		low = (uint16_t)(low | inb(PIT_CHANNEL2) << 8);
		if (after - before < best) {
			best = after - before;
			*tsc = before + best / 2;
			*count = low;
		}
	}
}

uint64_t pit_measure_tsc(void)
{
	const uint32_t ticks = PIT_HZ / 200;		/* 5 ms */
	uint64_t best = UINT64_MAX;

	/*
	 * How long the wait really was does not matter, both counters run on through it. Only when the 16 bits have gone
	 * round unseen the quotient is wrong, and then too large: the smallest of several is taken.
	 */
	for (unsigned round = 0; round < 3; round++) {
		uint64_t tsc_begin = 0, tsc_end = 0, hz;
		uint16_t begin = 0, end = 0;

		pit_start(0xffff);
		sample(&tsc_begin, &begin);
		do {
			sample(&tsc_end, &end);
			/* A counter that stands still: no TSC runs this far in 5 ms. */
			if (tsc_end - tsc_begin > 10000000000ull)
				return 0;
		} while ((uint16_t)(begin - end) < ticks);
		hz = mul_div(tsc_end - tsc_begin, PIT_HZ, (uint16_t)(begin - end));
		best = hz < best ? hz : best;
	}
	return best;
}
