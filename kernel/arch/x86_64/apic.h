/*
 * The local APIC of each CPU: end of interrupt, one-shot timer, interrupts to other CPUs.
 */
#ifndef OSIER_ARCH_APIC_H
#define OSIER_ARCH_APIC_H

#include <osier/types.h>

/* Finds and enables this CPU's. Called on each CPU. */
void apic_init(void);
uint32_t apic_id(void);
void apic_eoi(void);

/*
 * Raises IRQ_VECTOR_TIMER once, at or soon after time_ns() == deadline_ns; an earlier call's deadline is forgotten. UINT64_MAX: never.
 * Interrupts off, or the caller must not mind a stray interrupt.
 */
void apic_timer_set(uint64_t deadline_ns);

/*
 * While the boot lasts: called before (fired) and after the handlers of the timer's interrupt; keeps it going though nobody
 * has a deadline, for the stage watchdog.
 */
void apic_timer_heartbeat(bool fired);

/* Sends `vector` to one CPU, or to all but this one. */
void apic_send(uint32_t apic_id, unsigned vector);
void apic_send_others(unsigned vector);

/* Starting another CPU: INIT, then STARTUP at a page below 1 MiB. */
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, unsigned page);

#endif
