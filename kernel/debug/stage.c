/*
 * stage.h.
 */
#include "debug/stage.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/tsc.h"
#include "debug/backtrace.h"
#include "debug/log.h"

#define PATIENCE_NS 10000000000ull

static unsigned number;
static const char *name = "entry";
static uint64_t last_progress_ns;
static bool done, complained;

void stage_enter(const char *stage)
{
	number++;
	name = stage;
	complained = false;
	stage_progress();
	log_info("stage %u: %s", number, stage);
}

void stage_progress(void)
{
	last_progress_ns = time_ns();
}

void stage_done(void)
{
	done = true;
}

bool stage_is_done(void)
{
	return done;
}

unsigned stage_number(void)
{
	return number;
}

const char *stage_name(void)
{
	return name;
}

void stage_watchdog_tick(void)
{
	vaddr_t callers[12];
	unsigned count;

	if (done || complained || time_ns() - last_progress_ns < PATIENCE_NS)
		return;
	complained = true;
	log_error("boot: no progress for 10 s in stage %u (%s); this is what runs:", number, name);
	count = backtrace_collect(callers, 12);
	backtrace_print(count ? callers[0] : 0, *(const uint64_t *)__builtin_frame_address(0));
}

bool stage_spin(uint64_t *count, uint64_t limit, const char *what)
{
	cpu_pause();
	if (++*count < limit)
		return true;
	log_error("boot: gave up waiting for %s in stage %u (%s)", what, number, name);
	return false;
}
