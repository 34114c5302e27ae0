/*
 * IOAPICs: which vector a global interrupt number raises. All lines begin masked.
 */
#ifndef OSIER_ARCH_IOAPIC_H
#define OSIER_ARCH_IOAPIC_H

#include <osier/types.h>

/* Maps the controllers that acpi.c found (or the usual one) and masks every line. */
void ioapic_init(void);
/* => 0, or -ENODEV when no controller has that line. */
int ioapic_route(uint32_t gsi, unsigned vector, uint32_t apic_id, bool active_low, bool level);
void ioapic_mask(uint32_t gsi);

#endif
