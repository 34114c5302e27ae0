/*
 * irq.h.
 *
 * Invariants
 *  1. A vector's list of handlers is changed with interrupts off on the boot CPU, which is where lines are routed;
 *     entries are linked and unlinked by one store, so that an interrupt sees a whole list.
 *  2. Every interrupt is acknowledged once, before its handlers run: lines that are level-triggered are
 *     silenced by the handler, and raise again after the iretq if they still need to.
 */
#include "arch/x86_64/irq.h"

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/ioapic.h"
#include "arch/x86_64/pic.h"
#include "arch/x86_64/upcalls.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "debug/stage.h"
#include "lib/err.h"

#define HANDLERS_MAX 96

struct irq_entry {
	irq_handler handler;
	void *argument;
	struct irq_entry *next;
};

static struct irq_entry pool[HANDLERS_MAX];
static struct irq_entry *handlers[256];
static uint64_t counts[256];
static uint32_t vector_gsi[256];	/* the line + 1 that raises it, 0: none */
static bool vector_used[256];
static uint64_t unexpected;

static struct irq_entry *entry_take(irq_handler handler, void *argument)
{
	for (unsigned i = 0; i < HANDLERS_MAX; i++) {
		if (!pool[i].handler) {
			pool[i] = (struct irq_entry){ .handler = handler, .argument = argument };
			return &pool[i];
		}
	}
	return NULL;
}

static int vector_add(unsigned vector, irq_handler handler, void *argument)
{
	uint64_t flags = irq_save();
	struct irq_entry *entry = entry_take(handler, argument);

	if (entry) {
		entry->next = handlers[vector];
		store_release(&handlers[vector], entry);
	}
	irq_restore(flags);
	return entry ? 0 : -ENOSPC;
}

static void vector_remove(unsigned vector, irq_handler handler, void *argument)
{
	uint64_t flags = irq_save();

	for (struct irq_entry **link = &handlers[vector]; *link; link = &(*link)->next) {
		struct irq_entry *entry = *link;

		if (entry->handler == handler && entry->argument == argument) {
			*link = entry->next;
			entry->handler = NULL;
			break;
		}
	}
	irq_restore(flags);
}

static int vector_allocate(void)
{
	for (unsigned vector = IRQ_VECTOR_ALLOC_FIRST; vector <= IRQ_VECTOR_ALLOC_LAST; vector++) {
		if (!vector_used[vector]) {
			vector_used[vector] = true;
			return (int)vector;
		}
	}
	return -ENOSPC;
}

static void stop_this_cpu(void *argument)
{
	cpu_halt();
}

void irq_init(void)
{
	pic_disable();
	acpi_init();
	apic_init();
	ioapic_init();
	irq_set_handler(IRQ_VECTOR_STOP, stop_this_cpu, NULL);
	apic_timer_set(UINT64_MAX);
}

int irq_register(unsigned line, enum irq_mode mode, irq_handler handler, void *argument)
{
	bool active_low = mode == IRQ_LEVEL_LOW, level = mode == IRQ_LEVEL_LOW || mode == IRQ_LEVEL_HIGH;
	uint32_t gsi = line;
	int vector = 0, error;

	if (line < 16 && acpi_info.overrides[line].present) {
		gsi = acpi_info.overrides[line].gsi;
		/* What ACPI says about a line beats what a driver assumes, as PCI lines on ISA numbers show. */
		active_low = acpi_info.overrides[line].active_low;
		level = acpi_info.overrides[line].level;
	}
	for (unsigned v = IRQ_VECTOR_ALLOC_FIRST; v <= IRQ_VECTOR_ALLOC_LAST && !vector; v++)
		if (vector_gsi[v] == gsi + 1)
			vector = (int)v;
	if (vector)
		return vector_add((unsigned)vector, handler, argument);

	vector = vector_allocate();
	if (vector < 0)
		return vector;
	error = vector_add((unsigned)vector, handler, argument);
	if (error)
		goto fail_vector;
	vector_gsi[vector] = gsi + 1;
	error = ioapic_route(gsi, (unsigned)vector, boot_cpu.apic_id, active_low, level);
	if (error)
		goto fail_handler;
	return 0;

fail_handler:
	vector_gsi[vector] = 0;
	vector_remove((unsigned)vector, handler, argument);
fail_vector:
	vector_used[vector] = false;
	return error;
}

void irq_unregister(unsigned line, irq_handler handler, void *argument)
{
	uint32_t gsi = line < 16 && acpi_info.overrides[line].present ? acpi_info.overrides[line].gsi : line;

	for (unsigned v = IRQ_VECTOR_ALLOC_FIRST; v <= IRQ_VECTOR_ALLOC_LAST; v++) {
		if (vector_gsi[v] != gsi + 1)
			continue;
		vector_remove(v, handler, argument);
		if (!handlers[v]) {
			ioapic_mask(gsi);
			vector_gsi[v] = 0;
			vector_used[v] = false;
		}
	}
}

int irq_allocate_vector(irq_handler handler, void *argument)
{
	int vector = vector_allocate(), error;

	if (vector < 0)
		return vector;
	error = vector_add((unsigned)vector, handler, argument);
	if (error) {
		vector_used[vector] = false;
		return error;
	}
	return vector;
}

void irq_free_vector(unsigned vector)
{
	if (vector < IRQ_VECTOR_ALLOC_FIRST || vector > IRQ_VECTOR_ALLOC_LAST || !handlers[vector])
		return;
	vector_remove(vector, handlers[vector]->handler, handlers[vector]->argument);
	vector_used[vector] = false;
}

void irq_message(unsigned vector, unsigned cpu, uint64_t *address, uint32_t *data)
{
	uint32_t id = cpu < CPU_MAX && cpu_table[cpu] ? cpu_table[cpu]->apic_id : boot_cpu.apic_id;

	*address = 0xfee00000ull | (uint64_t)id << 12;
	*data = vector;
}

void irq_set_handler(unsigned vector, irq_handler handler, void *argument)
{
	while (handlers[vector])
		vector_remove(vector, handlers[vector]->handler, handlers[vector]->argument);
	if (handler && vector_add(vector, handler, argument))
		panic("irq: no entry left for vector %u", vector);
}

uint64_t irq_vector_count(unsigned vector)
{
	return vector < 256 ? counts[vector] : 0;
}

void irq_dispatch(unsigned vector)
{
	struct cpu *cpu = cpu_this();

	if (vector == IRQ_VECTOR_SPURIOUS)
		return;
	cpu->irq_nesting++;
	cpu->irq_count++;
	counts[vector]++;
	apic_eoi();
	if (!handlers[vector] && unexpected++ < 8)
		log_warn("irq: nobody handles vector %u", vector);
	if (unlikely(!stage_is_done()) && vector == IRQ_VECTOR_TIMER)
		apic_timer_heartbeat(true);
	for (struct irq_entry *entry = handlers[vector]; entry; entry = entry->next)
		entry->handler(entry->argument);
	if (unlikely(!stage_is_done()) && vector == IRQ_VECTOR_TIMER) {
		stage_watchdog_tick();
		apic_timer_heartbeat(false);
	}
	cpu->irq_nesting--;
}
