/*
 * apic.h. Memory-mapped registers, or MSRs where the firmware has left the APIC in x2APIC mode.
 *
 * The timer counts down from a number of bus ticks; how many a second has is measured against the TSC.
 */
#include "arch/x86_64/apic.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/early_window.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/tsc.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "debug/stage.h"

enum apic_register {
	APIC_ID = 0x020,
	APIC_TASK_PRIORITY = 0x080,
	APIC_EOI = 0x0b0,
	APIC_SPURIOUS = 0x0f0,
	APIC_ERROR_STATUS = 0x280,
	APIC_COMMAND = 0x300,
	APIC_COMMAND_HIGH = 0x310,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_THERMAL = 0x330,
	APIC_LVT_PERFORMANCE = 0x340,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
};

#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2 (1u << 10)
#define LVT_MASKED (1u << 16)
#define LVT_NMI (4u << 8)
#define COMMAND_PENDING (1u << 12)
#define COMMAND_ALL_BUT_SELF (3u << 18)

#define CALIBRATION_NS 2000000u
/* While the boot lasts the timer goes off at least once a second: the stage watchdog looks around. */
#define BOOT_HEARTBEAT_NS 1000000000ull

static volatile char *registers;	/* NULL: x2APIC */
static bool present;
static bool timer_armed;		/* boot CPU only: for the heartbeat */
/* Timer ticks per nanosecond as a fraction of 2^32, and the most that one shot may wait. */
static uint64_t timer_mul;
static uint64_t timer_max_ns;

static uint32_t apic_read(unsigned at)
{
	return registers ? mmio_read32(registers + at) : (uint32_t)rdmsr(MSR_X2APIC + (at >> 4));
}

static void apic_write(unsigned at, uint32_t value)
{
	if (registers)
		mmio_write32(registers + at, value);
	else
		wrmsr(MSR_X2APIC + (at >> 4), value);
}

static void timer_calibrate(void)
{
	uint64_t start, now;
	uint32_t ticks;

	apic_write(APIC_TIMER_DIVIDE, 3);		/* by 16 */
	apic_write(APIC_LVT_TIMER, LVT_MASKED | IRQ_VECTOR_TIMER);
	start = time_ns();
	apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
	do
		now = time_ns();
	while (now - start < CALIBRATION_NS);
	ticks = UINT32_MAX - apic_read(APIC_TIMER_CURRENT);
	apic_write(APIC_TIMER_INITIAL, 0);
	if (!ticks)
		panic("apic: the timer does not count");
	timer_mul = ((uint64_t)ticks << 32) / (now - start);
	timer_max_ns = ((uint64_t)(UINT32_MAX - 1) << 32) / timer_mul;
	log_info("apic: timer %lu kHz", (uint64_t)ticks * 1000000 / (now - start));
}

void apic_init(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (!cpu_features.apic)
		panic("apic: this CPU has no local APIC; Osier needs one");
	if (!(base & APIC_BASE_X2)) {
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
		if (!registers)
			registers = early_map_device(base & 0x000ffffffffff000ull, PAGE_SIZE);
		if (!registers)
			panic("apic: no room for its registers in the early window");
	}
	apic_write(APIC_TASK_PRIORITY, 0);
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
	apic_write(APIC_LVT_PERFORMANCE, LVT_MASKED);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, LVT_NMI);
	apic_write(APIC_LVT_ERROR, LVT_MASKED);
	apic_write(APIC_ERROR_STATUS, 0);
	apic_write(APIC_SPURIOUS, 0x100 | IRQ_VECTOR_SPURIOUS);
	apic_write(APIC_EOI, 0);
	present = true;
	cpu_this()->apic_id = apic_id();
	if (!timer_mul)
		timer_calibrate();
	apic_write(APIC_TIMER_DIVIDE, 3);
	apic_write(APIC_LVT_TIMER, IRQ_VECTOR_TIMER);
}

uint32_t apic_id(void)
{
	uint32_t id = apic_read(APIC_ID);

	return registers ? id >> 24 : id;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

void apic_timer_set(uint64_t deadline_ns)
{
	uint64_t now, wait;
	uint32_t ticks;

	if (unlikely(!stage_is_done())) {
		deadline_ns = min(deadline_ns, time_ns() + BOOT_HEARTBEAT_NS);
		timer_armed = true;
	}
	if (deadline_ns == UINT64_MAX) {
		apic_write(APIC_TIMER_INITIAL, 0);
		return;
	}
	now = time_ns();
	wait = deadline_ns > now ? min(deadline_ns - now, timer_max_ns) : 0;
	/* Rounded up: a shot that comes early finds nothing to do and has to be repeated. */
	ticks = (uint32_t)((unsigned __int128)wait * timer_mul >> 32) + 1;
	apic_write(APIC_TIMER_INITIAL, ticks);
}

void apic_timer_heartbeat(bool fired)
{
	if (fired)
		timer_armed = false;
	else if (!timer_armed)
		apic_timer_set(UINT64_MAX);
}

static void command(uint32_t destination, uint32_t low)
{
	uint64_t spins = 0;

	if (!present)
		return;
	if (!registers) {
		wrmsr(MSR_X2APIC + (APIC_COMMAND >> 4), (uint64_t)destination << 32 | low);
		return;
	}
	apic_write(APIC_COMMAND_HIGH, destination << 24);
	apic_write(APIC_COMMAND, low);
	while (apic_read(APIC_COMMAND) & COMMAND_PENDING)
		if (++spins > 100000000)
			break;
}

void apic_send(uint32_t id, unsigned vector)
{
	uint64_t flags = irq_save();

	command(id, vector);
	irq_restore(flags);
}

void apic_send_others(unsigned vector)
{
	uint64_t flags = irq_save();

	command(0, COMMAND_ALL_BUT_SELF | vector);
	irq_restore(flags);
}

void apic_send_init(uint32_t id)
{
	command(id, 0x4500);			/* INIT, assert */
}

void apic_send_startup(uint32_t id, unsigned page)
{
	command(id, 0x4600 | page);		/* STARTUP */
}
