/*
 * power.h.
 */
#include "arch/x86_64/power.h"

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"
#include "debug/log.h"

#define SLEEP_ENABLE (1u << 13)
#define QEMU_POWER_PORT 0x604
#define DEBUG_EXIT_PORT 0xf4
#define KEYBOARD_CONTROL 0x64

void power_off(void)
{
	irq_disable();
	if (cpu_count > 1)
		apic_send_others(IRQ_VECTOR_STOP);
	if (acpi_info.has_s5 && acpi_info.pm1a_control) {
		if (acpi_info.smi_command && acpi_info.acpi_enable && !(inw(acpi_info.pm1a_control) & 1)) {
			outb(acpi_info.smi_command, acpi_info.acpi_enable);
			for (unsigned i = 0; i < 1000000 && !(inw(acpi_info.pm1a_control) & 1); i++)
				cpu_pause();
		}
		outw(acpi_info.pm1a_control, (uint16_t)(acpi_info.s5_a << 10 | SLEEP_ENABLE));
		if (acpi_info.pm1b_control)
			outw(acpi_info.pm1b_control, (uint16_t)(acpi_info.s5_b << 10 | SLEEP_ENABLE));
		for (unsigned i = 0; i < 1000000; i++)
			cpu_pause();
	}
	outw(QEMU_POWER_PORT, SLEEP_ENABLE);
	power_debug_exit(0);
	log_error("power: the machine cannot turn itself off; you may do so now");
	cpu_halt();
}

void power_reboot(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed none = { 0, 0 };

	irq_disable();
	if (cpu_count > 1)
		apic_send_others(IRQ_VECTOR_STOP);
	if (acpi_info.has_reset) {
		outb(acpi_info.reset_port, acpi_info.reset_value);
		for (unsigned i = 0; i < 1000000; i++)
			cpu_pause();
	}
	for (unsigned i = 0; i < 100000 && inb(KEYBOARD_CONTROL) & 2; i++)
		cpu_pause();
	outb(KEYBOARD_CONTROL, 0xfe);
	for (unsigned i = 0; i < 1000000; i++)
		cpu_pause();
	/* A trap that cannot be delivered: triple fault. */
	__asm__ volatile("lidt %0; int3" : : "m"(none));
	cpu_halt();
}

void power_debug_exit(unsigned code)
{
	/* The device reads as 0, a port without one as all ones. */
	if (inb(DEBUG_EXIT_PORT) != 0)
		return;
	outl(DEBUG_EXIT_PORT, code);
}
