/*
 * virtio-blk: disks vda, vdb, … of QEMU's virtio-blk-pci.
 *
 * Any number of requests is in flight, as long as their descriptors fit the ring; who does not find room sleeps until
 * one is done.
 */
#include "dev/virtio_blk.h"

#include "debug/assert.h"
#include "debug/log.h"
#include "dev/device.h"
#include "dev/partition.h"
#include "dev/random.h"
#include "dev/virtio.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "sync/spinlock.h"
#include "task/waitq.h"

#define VIRTIO_BLK_MAJOR 254
#define DEVICE_ID_TRANSITIONAL 0x1001
#define DEVICE_ID 0x1042

#define FEATURE_READ_ONLY (1ull << 5)
#define FEATURE_FLUSH (1ull << 9)

enum virtio_blk_type {
	TYPE_READ = 0,
	TYPE_WRITE = 1,
	TYPE_FLUSH = 4,
};

/* What the device reads before the data, and the status it writes after; one for each descriptor that may head a chain. */
struct request_head {
	uint32_t type, reserved;
	uint64_t sector;
	uint8_t status;
	uint8_t pad[15];
};
static_assert(sizeof(struct request_head) == 32, "aligned for the device");

struct virtio_disk {
	struct virtio virtio;
	struct spinlock lock;
	struct virtq queue;
	struct waitq room;		/* for descriptors */
	struct request_head *heads;
	struct block_request *requests[VIRTIO_QUEUE_MAX];	/* by head */
	bool can_flush, broken;
	char name[8];
	struct block_device device;
};

static unsigned disk_count;

static void disk_interrupt(void *argument)
{
	struct virtio_disk *disk = argument;
	struct list_node done = LIST_INIT(done);
	struct list_node *node;
	unsigned head;
	uint64_t flags;

	/* Reading takes back a line interrupt; a message needs none. */
	if (!disk->virtio.msix)
		(void)mmio_read8(disk->virtio.isr);
	flags = spin_lock_irqsave(&disk->lock);
	while (virtq_next_used(&disk->queue, &head)) {
		struct block_request *request;

		if (head >= disk->queue.size || !disk->requests[head]) {
			disk->broken = true;
			continue;
		}
		request = disk->requests[head];
		disk->requests[head] = NULL;
		request->status = disk->heads[head].status == 0 ? 0 : -EIO;
		virtq_release(&disk->queue, head);
		list_add_tail(&done, &request->link);
	}
	spin_unlock_irqrestore(&disk->lock, flags);
	if (list_empty(&done))
		return;
	while ((node = list_pop(&done)) != NULL) {
		struct block_request *request = list_entry(node, struct block_request, link);

		if (request->status)
			log_error("%s: %s of sector %llu failed", disk->name, request->write ? "write" : "read",
				  (unsigned long long)request->sector);
		request->done(request);
	}
	waitq_wake_all(&disk->room);
}

/* The chain for a request: head, data, status. => its first descriptor. disk->lock held, room is there. */
static unsigned build_chain(struct virtio_disk *disk, struct block_request *request)
{
	struct virtq *queue = &disk->queue;
	unsigned head = virtq_take(queue), last = head;
	struct request_head *request_head = &disk->heads[head];
	struct virtq_descriptor *descriptors = queue->descriptors;

	request_head->type = !request->segment_count ? TYPE_FLUSH : request->write ? TYPE_WRITE : TYPE_READ;
	request_head->sector = request->sector;
	request_head->status = 0xff;
	descriptors[head] = (struct virtq_descriptor){
		.address = virt_to_phys(request_head), .bytes = 16, .flags = VIRTQ_NEXT,
		.next = descriptors[head].next,
	};
	for (unsigned i = 0; i <= request->segment_count; i++) {
		bool is_status = i == request->segment_count;
		unsigned next = virtq_take(queue);
		uint16_t flags = is_status ? VIRTQ_DEVICE_WRITES :
				 request->write ? VIRTQ_NEXT : VIRTQ_NEXT | VIRTQ_DEVICE_WRITES;

		descriptors[last].next = (uint16_t)next;
		descriptors[next].address = is_status ? virt_to_phys(&request_head->status) :
							request->segments[i].address;
		descriptors[next].bytes = is_status ? 1 : request->segments[i].bytes;
		descriptors[next].flags = flags;
		last = next;
	}
	return head;
}

static int disk_submit(struct block_device *device, struct block_request *request)
{
	struct virtio_disk *disk = device->data;
	unsigned needed = request->segment_count + 2, head;
	uint64_t flags;

	if (!request->segment_count && !disk->can_flush) {
		/* It has no cache that could lose anything. */
		request->done(request);
		return 0;
	}
	if (needed > disk->queue.size)
		return -EINVAL;
	for (;;) {
		flags = spin_lock_irqsave(&disk->lock);
		if (disk->broken) {
			spin_unlock_irqrestore(&disk->lock, flags);
			return -EIO;
		}
		if (disk->queue.free >= needed)
			break;
		(void)waitq_sleep(&disk->room, &disk->lock, false, 0);
	}
	head = build_chain(disk, request);
	disk->requests[head] = request;
	virtq_offer(&disk->queue, head);
	spin_unlock_irqrestore(&disk->lock, flags);
	return 0;
}

static int disk_probe(struct pci_device *pci)
{
	struct virtio_disk *disk = kzalloc(sizeof *disk);
	unsigned head_order;
	struct frame *heads;
	uint64_t features;
	int error;

	if (!disk)
		return -ENOMEM;
	spin_init(&disk->lock, "virtio-blk", LOCK_RANK_DRIVER);
	waitq_init(&disk->room);
	for (head_order = 0; VIRTIO_QUEUE_MAX * sizeof(struct request_head) > PAGE_SIZE << head_order; head_order++)
		;
	heads = frame_alloc_block(head_order, FRAME_KERNEL);
	if (!heads) {
		kfree(disk);
		return -ENOMEM;
	}
	disk->heads = frame_to_virt(heads);

	error = virtio_open(&disk->virtio, pci);
	if (!error)
		error = virtio_negotiate(&disk->virtio, FEATURE_READ_ONLY | FEATURE_FLUSH, &features);
	if (error)
		goto fail;
	/* The interrupt may come as soon as it is enabled, but finds nothing until the queue is set up. */
	error = pci_enable_interrupt(pci, disk_interrupt, disk);
	if (error < 0)
		goto fail;
	disk->virtio.msix = pci->msix_table != NULL;
	error = virtio_queue_init(&disk->virtio, &disk->queue, 0, VIRTIO_QUEUE_MAX);
	if (error)
		goto fail_running;
	disk->can_flush = features & FEATURE_FLUSH;
	ksnprintf(disk->name, sizeof disk->name, "vd%c", 'a' + disk_count);
	disk->device = (struct block_device){
		.name = disk->name,
		.major = VIRTIO_BLK_MAJOR,
		.minor = disk_count * 16,
		.sectors = virtio_config_read(&disk->virtio, 0, 8),
		.read_only = features & FEATURE_READ_ONLY,
		.submit = disk_submit,
		.data = disk,
	};
	virtio_start(&disk->virtio);
	error = block_device_register(&disk->device);
	if (error)
		goto fail_running;
	disk_count++;
	log_info("%s: %llu MiB%s, virtio at %02x:%02x.%x", disk->name,
		 (unsigned long long)(disk->device.sectors >> 11), disk->device.read_only ? ", read-only" : "", pci->bus,
		 pci->slot, pci->function);
	partition_scan(&disk->device);
	return 0;

fail_running:
	/* Its interrupt points at `disk`, so that memory stays. */
	virtio_fail(&disk->virtio);
	return error;
fail:
	virtio_fail(&disk->virtio);
	frame_free_block(heads, head_order);
	kfree(disk);
	return error;
}

void virtio_blk_init(void)
{
	for (struct pci_device *pci = pci_next(NULL); pci; pci = pci_next(pci)) {
		int error;

		if (pci->vendor != VIRTIO_VENDOR ||
		    (pci->device != DEVICE_ID && pci->device != DEVICE_ID_TRANSITIONAL))
			continue;
		if (disk_count == 26)
			break;
		error = disk_probe(pci);
		if (error)
			log_error("virtio-blk: device at %02x:%02x.%x cannot be used (error %d)", pci->bus, pci->slot,
				  pci->function, -error);
	}
}
