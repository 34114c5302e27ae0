/*
 * The interrupt descriptor table, the same for every CPU.
 */
#ifndef OSIER_ARCH_IDT_H
#define OSIER_ARCH_IDT_H

/* Fills the table; called once. */
void idt_init(void);
/* Loads it on this CPU. */
void idt_load(void);

#endif
