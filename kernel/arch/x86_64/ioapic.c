/*
 * ioapic.h.
 */
#include "arch/x86_64/ioapic.h"

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/early_window.h"
#include "debug/log.h"
#include "lib/err.h"

#define SELECT 0x00
#define WINDOW 0x10
#define REGISTER_VERSION 1
#define REGISTER_ENTRY(line) (0x10 + 2 * (line))
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL (1u << 15)
#define ENTRY_MASKED (1u << 16)

static struct { volatile char *registers; uint32_t first, count; } controllers[ACPI_IOAPICS_MAX];
static unsigned controller_count;

static uint32_t get(unsigned controller, unsigned at)
{
	mmio_write32(controllers[controller].registers + SELECT, at);
	return mmio_read32(controllers[controller].registers + WINDOW);
}

static void put(unsigned controller, unsigned at, uint32_t value)
{
	mmio_write32(controllers[controller].registers + SELECT, at);
	mmio_write32(controllers[controller].registers + WINDOW, value);
}

static void add(paddr_t address, uint32_t first)
{
	unsigned c = controller_count;

	controllers[c].registers = early_map_device(address, 0x20);
	if (!controllers[c].registers) {
		log_warn("ioapic: no room for the one at 0x%lx", address);
		return;
	}
	controllers[c].first = first;
	controllers[c].count = (get(c, REGISTER_VERSION) >> 16 & 0xff) + 1;
	controller_count++;
	for (unsigned line = 0; line < controllers[c].count; line++) {
		put(c, REGISTER_ENTRY(line) + 1, 0);
		put(c, REGISTER_ENTRY(line), ENTRY_MASKED);
	}
	log_info("ioapic: lines %u-%u at 0x%lx", first, first + controllers[c].count - 1, address);
}

void ioapic_init(void)
{
	for (unsigned i = 0; i < acpi_info.ioapic_count; i++)
		add(acpi_info.ioapics[i].address, acpi_info.ioapics[i].first_gsi);
	if (!controller_count && !acpi_info.present) {
		log_warn("ioapic: none in the tables, trying the usual place");
		add(0xfec00000, 0);
	}
}

static bool find(uint32_t gsi, unsigned *controller, unsigned *line)
{
	for (unsigned c = 0; c < controller_count; c++) {
		if (gsi >= controllers[c].first && gsi - controllers[c].first < controllers[c].count) {
			*controller = c;
			*line = gsi - controllers[c].first;
			return true;
		}
	}
	return false;
}

int ioapic_route(uint32_t gsi, unsigned vector, uint32_t apic_id, bool active_low, bool level)
{
	unsigned c, line;

	if (!find(gsi, &c, &line))
		return -ENODEV;
	put(c, REGISTER_ENTRY(line), ENTRY_MASKED);
	put(c, REGISTER_ENTRY(line) + 1, apic_id << 24);
	put(c, REGISTER_ENTRY(line), vector | (active_low ? ENTRY_ACTIVE_LOW : 0) | (level ? ENTRY_LEVEL : 0));
	return 0;
}

void ioapic_mask(uint32_t gsi)
{
	unsigned c, line;

	if (find(gsi, &c, &line))
		put(c, REGISTER_ENTRY(line), ENTRY_MASKED);
}
