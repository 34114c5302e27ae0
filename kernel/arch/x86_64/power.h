/*
 * Turning the machine off or starting it again.
 */
#ifndef OSIER_ARCH_POWER_H
#define OSIER_ARCH_POWER_H

#include <osier/compiler.h>

/* ACPI S5, then QEMU's port 0x604, then halt. */
__noreturn void power_off(void);
__noreturn void power_reboot(void);
/* Ends QEMU through isa-debug-exit (status 2 * code + 1) when the device is there; else returns. */
void power_debug_exit(unsigned code);

#endif
