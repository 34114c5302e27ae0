/*
 * selftest.h.
 */
#include "init/selftest.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/direct_map.h"
#include "arch/x86_64/image.h"
#include "debug/assert.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "lib/string.h"
#include "sync/spinlock.h"
#include "task/timer.h"

static volatile unsigned zero;

static void test_panic(void)
{
	panic("selftest: asked for");
}

/* Eats the stack, frame by frame: ends in the guard. */
static __noinline unsigned dig(unsigned depth)
{
	volatile char page[512];

	page[0] = (char)depth;
	return depth == UINT32_MAX ? 0 : dig(depth + 1) + (unsigned)page[0];
}

static void test_stack(void)
{
	log_info("selftest: %u frames and still here", dig(zero));
}

static void test_null(void)
{
	*(volatile int *)(uintptr_t)zero = 1;
}

static void test_write_text(void)
{
	volatile char *alias = phys_to_virt(image_to_phys(kernel_text_start));

	*alias = 0;
}

static void test_ubsan(void)
{
	int large = INT32_MAX - (int)zero;

	log_info("selftest: %d", large + 1);
}

static void test_assert(void)
{
	VERIFY(zero == 1);
}

static void test_hang(void)
{
	irq_enable();
	for (;;)
		cpu_pause();
}

/* Nothing runs and nothing will: the watchdog must notice all the same. */
static void test_idle(void)
{
	clock_sleep_until(UINT64_MAX, false);
}

static void test_rank(void)
{
	static struct spinlock outer = SPINLOCK_INIT("selftest outer", LOCK_RANK_LIST);
	static struct spinlock inner = SPINLOCK_INIT("selftest inner", LOCK_RANK_TIMER);

	spin_lock(&inner);
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&inner);
}

static void test_sleep(void)
{
	uint64_t before = clock_monotonic_ns(), slept;
	int error = clock_sleep_ns(50000000, false);

	slept = (clock_monotonic_ns() - before) / 1000;
	log_info("selftest: slept %lu us for 50000, result %d", slept, error);
}

void selftest_run(void)
{
	static const struct { const char *name; void (*run)(void); } tests[] = {
		{ "panic", test_panic }, { "stack", test_stack }, { "null", test_null },
		{ "write-text", test_write_text }, { "ubsan", test_ubsan }, { "assert", test_assert },
		{ "hang", test_hang }, { "idle", test_idle },
		{ "rank", test_rank }, { "sleep", test_sleep }, { "task", selftest_task },
	};
	const char *wanted = cmdline_get("selftest");

	if (!wanted)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
		if (strcmp(tests[i].name, wanted) == 0) {
			tests[i].run();
			log_info("selftest: %s returned", wanted);
			return;
		}
	}
	log_warn("selftest: nothing is called \"%s\"", wanted);
}
