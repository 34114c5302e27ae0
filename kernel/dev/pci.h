/*
 * The PCI bus by configuration ports 0xcf8 and 0xcfc: finding devices, their windows, capabilities and interrupts.
 */
#ifndef OSIER_DEV_PCI_H
#define OSIER_DEV_PCI_H

#include <osier/types.h>

#include "arch/x86_64/irq.h"
#include "lib/list.h"

enum pci_register {
	PCI_VENDOR = 0x00,
	PCI_DEVICE = 0x02,
	PCI_COMMAND = 0x04,
	PCI_STATUS = 0x06,
	PCI_CLASS = 0x08,		/* revision, interface, subclass, class */
	PCI_HEADER_TYPE = 0x0e,
	PCI_BAR = 0x10,
	PCI_SECONDARY_BUS = 0x19,
	PCI_CAPABILITIES = 0x34,
	PCI_INTERRUPT_LINE = 0x3c,
	PCI_INTERRUPT_PIN = 0x3d,
};

enum pci_command_bits {
	PCI_COMMAND_IO = 1 << 0,
	PCI_COMMAND_MEMORY = 1 << 1,
	PCI_COMMAND_MASTER = 1 << 2,
	PCI_COMMAND_NO_INTX = 1 << 10,
};

enum pci_capability_id {
	PCI_CAPABILITY_MSI = 0x05,
	PCI_CAPABILITY_VENDOR = 0x09,
	PCI_CAPABILITY_MSIX = 0x11,
};

struct pci_bar {
	bool io;			/* ports, else memory */
	uint64_t address, bytes;	/* bytes 0: none */
};

struct pci_device {
	struct list_node link;
	uint8_t bus, slot, function;
	uint16_t vendor, device;
	uint8_t class, subclass, interface;
	struct pci_bar bars[6];
	void *mapped[6];		/* windows that pci_map_bar has mapped */
	volatile uint32_t *msix_table;
	unsigned msix_vectors;
	uint8_t msix_capability;
};

uint8_t pci_read8(const struct pci_device *, unsigned offset);
uint16_t pci_read16(const struct pci_device *, unsigned offset);
uint32_t pci_read32(const struct pci_device *, unsigned offset);
void pci_write16(const struct pci_device *, unsigned offset, uint16_t value);
void pci_write32(const struct pci_device *, unsigned offset, uint32_t value);

/* Scans the buses. Sleeps. */
void pci_init(void);
struct pci_device *pci_next(struct pci_device *previous);	/* NULL: the first */

/* Offset of a capability after `previous` (0: the first) with that id; 0: none. */
unsigned pci_find_capability(const struct pci_device *, unsigned id, unsigned previous);
/* Turns on memory, ports and bus mastering as its windows need. */
void pci_enable(struct pci_device *);
/* Maps a memory window, uncached, once. => NULL if there is none. */
void *pci_map_bar(struct pci_device *, unsigned index);

/*
 * Gives the device one interrupt: MSI-X entry 0, else MSI, else its line. => MSI-X or MSI: 1; line: 0; or -errno.
 * With MSI-X the device itself must be told to use entry 0.
 */
int pci_enable_interrupt(struct pci_device *, irq_handler, void *argument);

#endif
