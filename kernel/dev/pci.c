/*
 * PCI configuration space and the scan. See pci.h.
 */
#include "dev/pci.h"

#include "arch/x86_64/cpu.h"
#include "debug/log.h"
#include "lib/err.h"
#include "mm/slab.h"
#include "sync/spinlock.h"
#include "vm/kernel_regions.h"
#include "vm/region.h"

#define PCI_ADDRESS_PORT 0xcf8
#define PCI_DATA_PORT 0xcfc

static struct spinlock pci_lock = SPINLOCK_INIT("pci", LOCK_RANK_DRIVER);
static struct list_node pci_devices = LIST_INIT(pci_devices);

/* ---- configuration space --------------------------------------------------------------------- */

static uint32_t config_read(unsigned bus, unsigned slot, unsigned function, unsigned offset)
{
	uint64_t flags = spin_lock_irqsave(&pci_lock);
	uint32_t value;

	outl(PCI_ADDRESS_PORT, 0x80000000u | bus << 16 | slot << 11 | function << 8 | (offset & 0xfc));
	value = inl(PCI_DATA_PORT);
	spin_unlock_irqrestore(&pci_lock, flags);
	return value;
}

uint32_t pci_read32(const struct pci_device *device, unsigned offset)
{
	return config_read(device->bus, device->slot, device->function, offset);
}

uint16_t pci_read16(const struct pci_device *device, unsigned offset)
{
	return (uint16_t)(pci_read32(device, offset) >> (offset & 2) * 8);
}

uint8_t pci_read8(const struct pci_device *device, unsigned offset)
{
	return (uint8_t)(pci_read32(device, offset) >> (offset & 3) * 8);
}

static void select_register(const struct pci_device *device, unsigned offset)
{
	outl(PCI_ADDRESS_PORT, 0x80000000u | device->bus << 16 | device->slot << 11 | device->function << 8 |
				       (offset & 0xfc));
}

void pci_write32(const struct pci_device *device, unsigned offset, uint32_t value)
{
	uint64_t flags = spin_lock_irqsave(&pci_lock);

	select_register(device, offset);
	outl(PCI_DATA_PORT, value);
	spin_unlock_irqrestore(&pci_lock, flags);
}

void pci_write16(const struct pci_device *device, unsigned offset, uint16_t value)
{
	uint64_t flags = spin_lock_irqsave(&pci_lock);

	select_register(device, offset);
	outw(PCI_DATA_PORT + (offset & 2), value);
	spin_unlock_irqrestore(&pci_lock, flags);
}

unsigned pci_find_capability(const struct pci_device *device, unsigned id, unsigned previous)
{
	unsigned offset;

	if (!(pci_read16(device, PCI_STATUS) & 0x10))
		return 0;
	offset = pci_read8(device, previous ? previous + 1 : PCI_CAPABILITIES) & 0xfc;
	/* No more capabilities than fit, so a loop in the list ends. */
	for (unsigned i = 0; offset >= 0x40 && i < 48; i++) {
		if (pci_read8(device, offset) == id)
			return offset;
		offset = pci_read8(device, offset + 1) & 0xfc;
	}
	return 0;
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Sizes are learnt by writing ones; the device does not decode meanwhile. */
static void read_bars(struct pci_device *device, unsigned count)
{
	uint16_t command = pci_read16(device, PCI_COMMAND);

	pci_write16(device, PCI_COMMAND, command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	for (unsigned i = 0; i < count; i++) {
		struct pci_bar *bar = &device->bars[i];
		unsigned offset = PCI_BAR + 4 * i;
		uint32_t low = pci_read32(device, offset), high = 0, mask_low, mask_high = 0xffffffff;
		uint64_t mask;
		bool wide;

		pci_write32(device, offset, 0xffffffff);
		mask_low = pci_read32(device, offset);
		pci_write32(device, offset, low);
		if (!mask_low || mask_low == 0xffffffff)
			continue;
		bar->io = low & 1;
		if (bar->io) {
			bar->address = low & 0xfffc;
			bar->bytes = (uint16_t)(~(mask_low & 0xfffc) + 1);
			continue;
		}
		wide = (low & 6) == 4 && i + 1 < count;
		if (wide) {
			high = pci_read32(device, offset + 4);
			pci_write32(device, offset + 4, 0xffffffff);
			mask_high = pci_read32(device, offset + 4);
			pci_write32(device, offset + 4, high);
		}
		mask = (uint64_t)mask_high << 32 | (mask_low & 0xfffffff0);
		bar->address = (uint64_t)high << 32 | (low & 0xfffffff0);
		bar->bytes = bar->address ? ~mask + 1 : 0;
		if (wide)
			i++;
	}
	pci_write16(device, PCI_COMMAND, command);
}

void pci_enable(struct pci_device *device)
{
	uint16_t command = pci_read16(device, PCI_COMMAND) | PCI_COMMAND_MASTER;

	for (unsigned i = 0; i < ARRAY_SIZE(device->bars); i++)
		if (device->bars[i].bytes)
			command |= device->bars[i].io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
	pci_write16(device, PCI_COMMAND, command);
}

void *pci_map_bar(struct pci_device *device, unsigned index)
{
	if (index >= ARRAY_SIZE(device->bars) || device->bars[index].io || !device->bars[index].bytes)
		return NULL;
	if (!device->mapped[index])
		device->mapped[index] = kernel_map_device(device->bars[index].address, device->bars[index].bytes,
							  MEMTYPE_UNCACHED, "pci");
	return device->mapped[index];
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static int enable_msix(struct pci_device *device, unsigned capability, irq_handler handler, void *argument)
{
	uint16_t control = pci_read16(device, capability + 2);
	uint32_t table = pci_read32(device, capability + 4);
	volatile uint32_t *entry;
	uint64_t address;
	uint32_t data;
	char *window;
	int vector;

	window = pci_map_bar(device, table & 7);
	if (!window || (table & ~7u) + 16 > device->bars[table & 7].bytes)
		return -ENODEV;
	vector = irq_allocate_vector(handler, argument);
	if (vector < 0)
		return vector;
	irq_message((unsigned)vector, 0, &address, &data);
	entry = (volatile uint32_t *)(window + (table & ~7u));
	mmio_write32(&entry[0], (uint32_t)address);
	mmio_write32(&entry[1], (uint32_t)(address >> 32));
	mmio_write32(&entry[2], data);
	mmio_write32(&entry[3], 0);
	device->msix_table = entry;
	device->msix_vectors = (control & 0x7ff) + 1u;
	pci_write16(device, capability + 2, (control & 0x3fff) | 0x8000);
	return 1;
}

static int enable_msi(struct pci_device *device, unsigned capability, irq_handler handler, void *argument)
{
	uint16_t control = pci_read16(device, capability + 2);
	uint64_t address;
	uint32_t data;
	int vector = irq_allocate_vector(handler, argument);

	if (vector < 0)
		return vector;
	irq_message((unsigned)vector, 0, &address, &data);
	pci_write32(device, capability + 4, (uint32_t)address);
	if (control & 0x80) {
		pci_write32(device, capability + 8, (uint32_t)(address >> 32));
		pci_write16(device, capability + 12, (uint16_t)data);
	} else {
		pci_write16(device, capability + 8, (uint16_t)data);
	}
	/* One message, enabled. */
	pci_write16(device, capability + 2, (control & ~0x70) | 1);
	return 1;
}

int pci_enable_interrupt(struct pci_device *device, irq_handler handler, void *argument)
{
	uint16_t command = pci_read16(device, PCI_COMMAND);
	unsigned capability = pci_find_capability(device, PCI_CAPABILITY_MSIX, 0);
	int result = -ENODEV;
	uint8_t line;

	if (capability)
		result = enable_msix(device, capability, handler, argument);
	if (result < 0) {
		capability = pci_find_capability(device, PCI_CAPABILITY_MSI, 0);
		if (capability)
			result = enable_msi(device, capability, handler, argument);
	}
	if (result > 0) {
		pci_write16(device, PCI_COMMAND, command | PCI_COMMAND_NO_INTX);
		return result;
	}
	line = pci_read8(device, PCI_INTERRUPT_LINE);
	if (!pci_read8(device, PCI_INTERRUPT_PIN) || line > 15)
		return -ENODEV;
	/* What the firmware has routed the pin to; the MADT says how such lines behave. */
	pci_write16(device, PCI_COMMAND, command & ~PCI_COMMAND_NO_INTX);
	return irq_register(line, IRQ_ISA, handler, argument);
}

/* ---- the scan -------------------------------------------------------------------------------- */

static void scan_bus(unsigned bus, unsigned depth);

static void scan_function(unsigned bus, unsigned slot, unsigned function, unsigned depth)
{
	uint32_t class = config_read(bus, slot, function, PCI_CLASS);
	uint32_t id = config_read(bus, slot, function, PCI_VENDOR);
	unsigned header = config_read(bus, slot, function, PCI_HEADER_TYPE & 0xfc) >> 16 & 0x7f;
	struct pci_device *device = kzalloc(sizeof *device);

	if (!device) {
		log_warn("pci: no memory for device %02x:%02x.%x", bus, slot, function);
		return;
	}
	device->bus = (uint8_t)bus;
	device->slot = (uint8_t)slot;
	device->function = (uint8_t)function;
	device->vendor = (uint16_t)id;
	device->device = (uint16_t)(id >> 16);
	device->class = (uint8_t)(class >> 24);
	device->subclass = (uint8_t)(class >> 16);
	device->interface = (uint8_t)(class >> 8);
	if (header == 0)
		read_bars(device, 6);
	list_add_tail(&pci_devices, &device->link);
	log_debug("pci: %02x:%02x.%x %04x:%04x class %02x%02x%02x", bus, slot, function, device->vendor,
		  device->device, device->class, device->subclass, device->interface);
	if (header == 1) {
		unsigned secondary = pci_read8(device, PCI_SECONDARY_BUS);

		if (secondary > bus && depth < 8)
			scan_bus(secondary, depth + 1);
	}
}

static void scan_bus(unsigned bus, unsigned depth)
{
	for (unsigned slot = 0; slot < 32; slot++) {
		unsigned functions = 1;

		for (unsigned function = 0; function < functions; function++) {
			if ((config_read(bus, slot, function, PCI_VENDOR) & 0xffff) == 0xffff)
				continue;
			if (function == 0 && config_read(bus, slot, 0, PCI_HEADER_TYPE & 0xfc) >> 16 & 0x80)
				functions = 8;
			scan_function(bus, slot, function, depth);
		}
	}
}

void pci_init(void)
{
	outl(PCI_ADDRESS_PORT, 0x80000000u);
	if (inl(PCI_ADDRESS_PORT) != 0x80000000u) {
		log_info("pci: no bus");
		return;
	}
	scan_bus(0, 0);
}

struct pci_device *pci_next(struct pci_device *previous)
{
	struct list_node *node = previous ? previous->link.next : pci_devices.next;

	return node == &pci_devices ? NULL : list_entry(node, struct pci_device, link);
}
