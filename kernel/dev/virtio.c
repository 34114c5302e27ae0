/*
 * virtio over PCI. The specification: Virtual I/O Device (VIRTIO) Version 1.1, sections 2.6, 3.1, 4.1.
 */
#include "dev/virtio.h"

#include "arch/x86_64/cpu.h"
#include "debug/log.h"
#include "debug/stage.h"
#include "lib/err.h"
#include "lib/math.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

enum virtio_status {
	STATUS_ACKNOWLEDGE = 1,
	STATUS_DRIVER = 2,
	STATUS_DRIVER_OK = 4,
	STATUS_FEATURES_OK = 8,
	STATUS_FAILED = 128,
};

/* Kinds of capability. */
enum virtio_structure {
	STRUCTURE_COMMON = 1,
	STRUCTURE_NOTIFY = 2,
	STRUCTURE_ISR = 3,
	STRUCTURE_DEVICE = 4,
};

/* Registers of the common structure. */
enum virtio_common {
	COMMON_FEATURE_SELECT = 0x00,
	COMMON_FEATURES = 0x04,
	COMMON_DRIVER_FEATURE_SELECT = 0x08,
	COMMON_DRIVER_FEATURES = 0x0c,
	COMMON_MSIX_CONFIG = 0x10,
	COMMON_STATUS = 0x14,
	COMMON_QUEUE_SELECT = 0x16,
	COMMON_QUEUE_SIZE = 0x18,
	COMMON_QUEUE_MSIX = 0x1a,
	COMMON_QUEUE_ENABLE = 0x1c,
	COMMON_QUEUE_NOTIFY_OFFSET = 0x1e,
	COMMON_QUEUE_DESCRIPTORS = 0x20,
	COMMON_QUEUE_AVAILABLE = 0x28,
	COMMON_QUEUE_USED = 0x30,
	COMMON_BYTES = 0x38,
};

#define NO_VECTOR 0xffff

static volatile uint8_t *map_structure(struct pci_device *pci, unsigned capability, uint32_t *bytes)
{
	unsigned bar = pci_read8(pci, capability + 4);
	uint32_t offset = pci_read32(pci, capability + 8), length = pci_read32(pci, capability + 12);
	uint8_t *window;

	if (bar > 5 || pci->bars[bar].io || offset > pci->bars[bar].bytes ||
	    length > pci->bars[bar].bytes - offset)
		return NULL;
	window = pci_map_bar(pci, bar);
	*bytes = length;
	return window ? window + offset : NULL;
}

int virtio_open(struct virtio *virtio, struct pci_device *pci)
{
	unsigned capability = 0;
	uint32_t common_bytes = 0, isr_bytes;
	uint64_t spins = 0;

	*virtio = (struct virtio){ .pci = pci };
	pci_enable(pci);
	while ((capability = pci_find_capability(pci, PCI_CAPABILITY_VENDOR, capability)) != 0) {
		switch (pci_read8(pci, capability + 3)) {
		case STRUCTURE_COMMON:
			if (!virtio->common)
				virtio->common = map_structure(pci, capability, &common_bytes);
			break;
		case STRUCTURE_NOTIFY:
			if (!virtio->notify) {
				virtio->notify = map_structure(pci, capability, &virtio->notify_bytes);
				virtio->notify_multiplier = pci_read32(pci, capability + 16);
			}
			break;
		case STRUCTURE_ISR:
			if (!virtio->isr)
				virtio->isr = map_structure(pci, capability, &isr_bytes);
			break;
		case STRUCTURE_DEVICE:
			if (!virtio->config)
				virtio->config = map_structure(pci, capability, &virtio->config_bytes);
			break;
		}
	}
	if (!virtio->common || common_bytes < COMMON_BYTES || !virtio->notify || !virtio->isr)
		return -ENODEV;
	mmio_write8(virtio->common + COMMON_STATUS, 0);
	while (mmio_read8(virtio->common + COMMON_STATUS) != 0)
		if (!stage_spin(&spins, 1000000, "virtio reset"))
			return -ENODEV;
	mmio_write8(virtio->common + COMMON_STATUS, STATUS_ACKNOWLEDGE);
	mmio_write8(virtio->common + COMMON_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	return 0;
}

int virtio_negotiate(struct virtio *virtio, uint64_t wanted, uint64_t *agreed)
{
	volatile uint8_t *common = virtio->common;
	uint64_t offered;

	mmio_write32(common + COMMON_FEATURE_SELECT, 0);
	offered = mmio_read32(common + COMMON_FEATURES);
	mmio_write32(common + COMMON_FEATURE_SELECT, 1);
	offered |= (uint64_t)mmio_read32(common + COMMON_FEATURES) << 32;
	*agreed = offered & (wanted | VIRTIO_F_VERSION_1);
	if (!(*agreed & VIRTIO_F_VERSION_1))
		return -ENODEV;
	mmio_write32(common + COMMON_DRIVER_FEATURE_SELECT, 0);
	mmio_write32(common + COMMON_DRIVER_FEATURES, (uint32_t)*agreed);
	mmio_write32(common + COMMON_DRIVER_FEATURE_SELECT, 1);
	mmio_write32(common + COMMON_DRIVER_FEATURES, (uint32_t)(*agreed >> 32));
	mmio_write8(common + COMMON_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	if (!(mmio_read8(common + COMMON_STATUS) & STATUS_FEATURES_OK))
		return -ENODEV;
	return 0;
}

static void write_address(volatile uint8_t *at, uint64_t address)
{
	mmio_write32(at, (uint32_t)address);
	mmio_write32(at + 4, (uint32_t)(address >> 32));
}

int virtio_queue_init(struct virtio *virtio, struct virtq *queue, unsigned number, unsigned limit)
{
	volatile uint8_t *common = virtio->common;
	size_t descriptor_bytes, available_bytes, used_bytes;
	unsigned size, order;
	uint32_t notify_offset;
	struct frame *frames;
	char *memory;

	mmio_write16(common + COMMON_QUEUE_SELECT, (uint16_t)number);
	size = mmio_read16(common + COMMON_QUEUE_SIZE);
	size = min(size, min(limit, (unsigned)VIRTIO_QUEUE_MAX));
	if (!size)
		return -ENODEV;
	size = 1u << log2_floor(size);
	notify_offset = mmio_read16(common + COMMON_QUEUE_NOTIFY_OFFSET) * virtio->notify_multiplier;
	if (notify_offset + 2 > virtio->notify_bytes)
		return -ENODEV;

	descriptor_bytes = size * sizeof(struct virtq_descriptor);
	available_bytes = align_up(sizeof(struct virtq_available) + 2 * size + 2, 4);
	used_bytes = sizeof(struct virtq_used) + size * sizeof(struct virtq_used_entry) + 2;
	order = log2_ceil(page_count(descriptor_bytes + available_bytes + used_bytes));
	frames = frame_alloc_block(order, FRAME_KERNEL);
	if (!frames)
		return -ENOMEM;
	memory = frame_to_virt(frames);
	for (unsigned i = 0; i < 1u << order; i++)
		page_zero(memory + i * PAGE_SIZE);

	*queue = (struct virtq){
		.size = (uint16_t)size,
		.free = (uint16_t)size,
		.number = (uint16_t)number,
		.descriptors = (void *)memory,
		.available = (void *)(memory + descriptor_bytes),
		.used = (void *)(memory + descriptor_bytes + available_bytes),
		.notify = virtio->notify + notify_offset,
	};
	for (unsigned i = 0; i < size; i++)
		queue->descriptors[i].next = (uint16_t)(i + 1);

	mmio_write16(common + COMMON_QUEUE_SIZE, (uint16_t)size);
	mmio_write16(common + COMMON_MSIX_CONFIG, NO_VECTOR);
	mmio_write16(common + COMMON_QUEUE_MSIX, virtio->msix ? 0 : NO_VECTOR);
	if (virtio->msix && mmio_read16(common + COMMON_QUEUE_MSIX) != 0) {
		frame_free_block(frames, order);
		return -ENODEV;
	}
	write_address(common + COMMON_QUEUE_DESCRIPTORS, virt_to_phys(queue->descriptors));
	write_address(common + COMMON_QUEUE_AVAILABLE, virt_to_phys(queue->available));
	write_address(common + COMMON_QUEUE_USED, virt_to_phys(queue->used));
	mmio_write16(common + COMMON_QUEUE_ENABLE, 1);
	return 0;
}

void virtio_start(struct virtio *virtio)
{
	mmio_write8(virtio->common + COMMON_STATUS,
		    STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

void virtio_fail(struct virtio *virtio)
{
	if (virtio->common)
		mmio_write8(virtio->common + COMMON_STATUS, STATUS_FAILED);
}

uint64_t virtio_config_read(struct virtio *virtio, unsigned offset, unsigned bytes)
{
	uint64_t value = 0;

	if (!virtio->config || offset + bytes > virtio->config_bytes)
		return 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)mmio_read8(virtio->config + offset + i) << 8 * i;
	return value;
}

void virtq_release(struct virtq *queue, unsigned head)
{
	unsigned last = head, count = 1;

	while (queue->descriptors[last].flags & VIRTQ_NEXT && count < queue->size) {
		last = queue->descriptors[last].next;
		count++;
	}
	queue->descriptors[last].next = queue->free_head;
	queue->free_head = (uint16_t)head;
	queue->free = (uint16_t)(queue->free + count);
}

void virtq_offer(struct virtq *queue, unsigned head)
{
	uint16_t index = queue->available->index;

	queue->available->ring[index % queue->size] = (uint16_t)head;
	store_release(&queue->available->index, (uint16_t)(index + 1));
	/* The index must be seen before the device decides whether it wants to be rung. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(READ_ONCE(queue->used->flags) & 1))
		mmio_write16(queue->notify, queue->number);
}

bool virtq_next_used(struct virtq *queue, unsigned *head)
{
	if (load_acquire(&queue->used->index) == queue->used_seen)
		return false;
	*head = queue->used->ring[queue->used_seen % queue->size].id;
	queue->used_seen++;
	return true;
}
