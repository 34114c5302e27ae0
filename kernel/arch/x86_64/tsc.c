/*
 * tsc.h.
 */
#include "arch/x86_64/tsc.h"

#include "arch/x86_64/pit.h"
#include "debug/log.h"

uint64_t tsc_at_boot;
uint32_t tsc_mul;
uint32_t tsc_shift = 32;
uint64_t tsc_hz;

static void set_rate(uint64_t hz)
{
	/* mul = 10^9 * 2^shift / hz, as large as 32 bits allow: exact to 1 in 2^31. */
	uint32_t shift = 32;

	tsc_hz = hz;
	while ((1000000000ull << shift) / hz > UINT32_MAX)
		shift--;
	tsc_shift = shift;
	tsc_mul = (uint32_t)((1000000000ull << shift) / hz);
}

void tsc_init(void)
{
	uint64_t hz = pit_measure_tsc();

	tsc_at_boot = rdtsc();
	if (!hz) {
		hz = 1000000000;
		log_warn("tsc: cannot be calibrated, taken as 1 GHz");
	}
	set_rate(hz);
	log_info("tsc: %lu.%03lu MHz", hz / 1000000, hz / 1000 % 1000);
}

void delay_us(uint64_t microseconds)
{
	uint64_t end = time_ns() + microseconds * 1000;

	while (time_ns() < end)
		cpu_pause();
}
