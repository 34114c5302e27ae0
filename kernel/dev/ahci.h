/*
 * SATA disks behind an AHCI controller, for machines without virtio: sda, sdb, …
 */
#ifndef OSIER_DEV_AHCI_H
#define OSIER_DEV_AHCI_H

/* Finds and registers them, with their partitions. After pci_init. Sleeps. */
void ahci_init(void);

#endif
