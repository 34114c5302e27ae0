/*
 * Disks behind virtio-blk-pci.
 */
#ifndef OSIER_DEV_VIRTIO_BLK_H
#define OSIER_DEV_VIRTIO_BLK_H

/* Finds and registers them, with their partitions. After pci_init. Sleeps. */
void virtio_blk_init(void);

#endif
