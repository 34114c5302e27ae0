/*
 * virtio 1.0 over PCI: finding the device's structures, agreeing on features, and the split virtqueue.
 *
 * Invariants of a queue
 *  1. Descriptors are on the free list (through `next`) or belong to a chain whose head is in flight.
 *  2. `free` of them are free; the driver's lock guards everything.
 */
#ifndef OSIER_DEV_VIRTIO_H
#define OSIER_DEV_VIRTIO_H

#include <osier/types.h>

#include "dev/pci.h"

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_QUEUE_MAX 256

#define VIRTIO_F_VERSION_1 (1ull << 32)

struct virtq_descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

enum virtq_flags {
	VIRTQ_NEXT = 1,
	VIRTQ_DEVICE_WRITES = 2,
};

struct virtq_available {
	uint16_t flags, index;
	uint16_t ring[];
};

struct virtq_used {
	uint16_t flags, index;
	struct virtq_used_entry {
		uint32_t id, bytes;
	} ring[];
};

struct virtq {
	uint16_t size, free, free_head, used_seen;
	struct virtq_descriptor *descriptors;
	struct virtq_available *available;
	struct virtq_used *used;
	volatile void *notify;
	uint16_t number;
};

struct virtio {
	struct pci_device *pci;
	volatile uint8_t *common, *isr, *config;
	volatile uint8_t *notify;
	uint32_t notify_multiplier;
	uint32_t config_bytes, notify_bytes;
	bool msix;
};

/* => 0, -ENODEV when the device lacks what version 1 needs. Resets it. Sleeps. */
int virtio_open(struct virtio *, struct pci_device *);
/* => the features both sides want, or -ENODEV when the device refuses. */
int virtio_negotiate(struct virtio *, uint64_t wanted, uint64_t *agreed);
/* Sets up queue `number`, at most `limit` entries. After the interrupt is enabled. => 0, -ENODEV, -ENOMEM. */
int virtio_queue_init(struct virtio *, struct virtq *, unsigned number, unsigned limit);
void virtio_start(struct virtio *);	/* DRIVER_OK */
void virtio_fail(struct virtio *);	/* gives the device up */

uint64_t virtio_config_read(struct virtio *, unsigned offset, unsigned bytes);

/* Takes a descriptor off the free list (there must be one). */
static inline unsigned virtq_take(struct virtq *queue)
{
	unsigned index = queue->free_head;

	queue->free_head = queue->descriptors[index].next;
	queue->free--;
	return index;
}

/* Puts a whole chain back. */
void virtq_release(struct virtq *, unsigned head);
/* Offers a chain to the device and rings. */
void virtq_offer(struct virtq *, unsigned head);
/* The next chain that the device is done with. => false: none. */
bool virtq_next_used(struct virtq *, unsigned *head);

#endif
