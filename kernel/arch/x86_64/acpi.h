/*
 * The few things that are read from the ACPI tables: interrupt controllers and overrides, CPUs, and how to turn the
 * machine off. Read once at boot, copied, checked; no interpreter.
 */
#ifndef OSIER_ARCH_ACPI_H
#define OSIER_ARCH_ACPI_H

#include <osier/types.h>

#define ACPI_IOAPICS_MAX 8
#define ACPI_CPUS_MAX 64

struct acpi_ioapic {
	paddr_t address;
	uint32_t first_gsi;
};

/* Where an ISA interrupt really goes. */
struct acpi_override {
	bool present;
	uint32_t gsi;
	bool active_low, level;
};

struct acpi_info {
	bool present;
	struct acpi_ioapic ioapics[ACPI_IOAPICS_MAX];
	unsigned ioapic_count;
	struct acpi_override overrides[16];
	uint32_t cpu_apic_ids[ACPI_CPUS_MAX];
	unsigned cpu_count;

	/* Soft off: write s5_a << 10 | 1 << 13 to pm1a; pm1b likewise where it is not 0. */
	bool has_s5;
	uint16_t pm1a_control, pm1b_control;
	uint8_t s5_a, s5_b;
	uint16_t smi_command;
	uint8_t acpi_enable;

	bool has_reset;
	uint16_t reset_port;
	uint8_t reset_value;
};

extern struct acpi_info acpi_info;

void acpi_init(void);

#endif
