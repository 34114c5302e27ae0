/*
 * Interrupts by number: vectors, the lines of the IOAPIC, and who handles them.
 * Handlers run with interrupts off, in any thread's context; they acknowledge the device, wake, and return.
 */
#ifndef OSIER_ARCH_IRQ_H
#define OSIER_ARCH_IRQ_H

#include <osier/types.h>

typedef void (*irq_handler)(void *argument);

enum irq_vector {
	IRQ_VECTOR_FIRST = 32,
	IRQ_VECTOR_ALLOC_FIRST = 48,	/* handed out by irq_allocate_vector */
	IRQ_VECTOR_ALLOC_LAST = 223,
	IRQ_VECTOR_TIMER = 240,
	IRQ_VECTOR_RESCHEDULE = 241,	/* sent by another CPU */
	IRQ_VECTOR_TLB = 242,
	IRQ_VECTOR_STOP = 243,		/* panic elsewhere */
	IRQ_VECTOR_SPURIOUS = 255,
};

enum irq_mode {
	IRQ_ISA,			/* what the line is by default: edge, active high, unless ACPI says otherwise */
	IRQ_EDGE_HIGH,
	IRQ_LEVEL_LOW,			/* PCI INTx */
	IRQ_LEVEL_HIGH,
};

/* Masks everything, finds the controllers. Called once. */
void irq_init(void);

/*
 * Routes an ISA line (0..15; ACPI's overrides are applied) or, with another mode, a global interrupt number to `handler`, on the boot CPU.
 * Several handlers may share a line. => 0, -ENODEV (no such line), -ENOSPC.
 */
int irq_register(unsigned line, enum irq_mode mode, irq_handler handler, void *argument);
void irq_unregister(unsigned line, irq_handler handler, void *argument);

/* A vector of one's own, for MSI and MSI-X. => vector, or -ENOSPC. */
int irq_allocate_vector(irq_handler handler, void *argument);
void irq_free_vector(unsigned vector);
/* What to write into a message-signalled device so that it raises `vector` on the CPU with this id. */
void irq_message(unsigned vector, unsigned cpu, uint64_t *address, uint32_t *data);

/* The handler of one of the fixed vectors above (timer, IPIs). */
void irq_set_handler(unsigned vector, irq_handler handler, void *argument);

/* How often a vector came in, for /proc/interrupts. */
uint64_t irq_vector_count(unsigned vector);

#endif
