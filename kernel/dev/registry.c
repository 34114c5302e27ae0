/*
 * The lists of devices. A device is never unregistered, so what a find returns stays good.
 */
#include "dev/device.h"

#include <osier/layout.h>

#include "debug/assert.h"
#include "debug/log.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "sync/failpoint.h"
#include "sync/spinlock.h"
#include "task/waitq.h"

static struct spinlock registry_lock = SPINLOCK_INIT("devices", LOCK_RANK_LIST);
static struct list_node char_devices = LIST_INIT(char_devices);
static struct list_node block_devices = LIST_INIT(block_devices);

int char_device_register(struct char_device *device)
{
	struct char_device *other;
	int error = 0;

	spin_lock(&registry_lock);
	list_for_each_entry(other, &char_devices, link) {
		if (!strcmp(other->name, device->name) ||
		    (other->major == device->major && other->minor == device->minor))
			error = -EEXIST;
	}
	if (!error)
		list_add_tail(&char_devices, &device->link);
	spin_unlock(&registry_lock);
	return error;
}

struct char_device *char_device_find(uint32_t major, uint32_t minor)
{
	struct char_device *device, *found = NULL;

	spin_lock(&registry_lock);
	list_for_each_entry(device, &char_devices, link) {
		if (device->major == major && device->minor == minor) {
			found = device;
			break;
		}
	}
	spin_unlock(&registry_lock);
	return found;
}

struct char_device *char_device_next(struct char_device *previous)
{
	struct list_node *node;

	spin_lock(&registry_lock);
	node = previous ? previous->link.next : char_devices.next;
	spin_unlock(&registry_lock);
	return node == &char_devices ? NULL : list_entry(node, struct char_device, link);
}

int block_device_register(struct block_device *device)
{
	struct block_device *other;
	int error = 0;

	spin_lock(&registry_lock);
	list_for_each_entry(other, &block_devices, link) {
		if (!strcmp(other->name, device->name) ||
		    (other->major == device->major && other->minor == device->minor))
			error = -EEXIST;
	}
	if (!error)
		list_add_tail(&block_devices, &device->link);
	spin_unlock(&registry_lock);
	return error;
}

struct block_device *block_device_find(const char *name)
{
	struct block_device *device, *found = NULL;

	if (string_starts_with(name, "/dev/"))
		name += 5;
	spin_lock(&registry_lock);
	list_for_each_entry(device, &block_devices, link) {
		if (!strcmp(device->name, name)) {
			found = device;
			break;
		}
	}
	spin_unlock(&registry_lock);
	return found;
}

struct block_device *block_device_find_number(uint32_t major, uint32_t minor)
{
	struct block_device *device, *found = NULL;

	spin_lock(&registry_lock);
	list_for_each_entry(device, &block_devices, link) {
		if (device->major == major && device->minor == minor) {
			found = device;
			break;
		}
	}
	spin_unlock(&registry_lock);
	return found;
}

struct block_device *block_device_next(struct block_device *previous)
{
	struct list_node *node;

	spin_lock(&registry_lock);
	node = previous ? previous->link.next : block_devices.next;
	spin_unlock(&registry_lock);
	return node == &block_devices ? NULL : list_entry(node, struct block_device, link);
}

static uint64_t request_bytes(const struct block_request *request)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < request->segment_count; i++)
		bytes += request->segments[i].bytes;
	return bytes;
}

int block_device_submit(struct block_device *device, struct block_request *request)
{
	uint64_t bytes = request_bytes(request), sectors = bytes >> 9;

	if (request->segment_count > ARRAY_SIZE(request->segments) || bytes & 511)
		return -EINVAL;
	if (!bytes && !request->flush)
		return -EINVAL;
	if (request->write && device->read_only)
		return -EROFS;
	/* Down through the partitions to the disk; each is a window of its parent. */
	for (;;) {
		if (request->sector > device->sectors || sectors > device->sectors - request->sector)
			return -EIO;
		if (!device->parent)
			break;
		request->sector += device->first_sector;
		device = device->parent;
	}
	if (bytes && failpoint_hit(request->write ? FAILPOINT_DISK_WRITE : FAILPOINT_DISK_READ))
		return -EIO;
	request->status = 0;
	return device->submit(device, request);
}

static void transfer_done(struct block_request *request)
{
	completion_signal(request->private);
}

int block_device_transfer(struct block_device *device, struct block_request *request)
{
	struct completion completion;
	int error;

	completion_init(&completion);
	request->private = &completion;
	request->done = transfer_done;
	error = block_device_submit(device, request);
	if (error)
		return error;
	(void)completion_wait(&completion, false, 0);
	return request->status;
}

int block_device_flush_cache(struct block_device *device)
{
	struct block_request request = { .flush = true };

	return block_device_transfer(device, &request);
}

/* One read into memory of the direct map, which lies in one piece. */
static int read_piece(struct block_device *device, uint64_t byte_offset, void *buffer, size_t bytes)
{
	struct block_request request = {
		.sector = byte_offset >> 9,
		.segment_count = 1,
		.segments = { { .address = virt_to_phys(buffer), .bytes = (uint32_t)bytes } },
	};

	return block_device_transfer(device, &request);
}

int block_device_read(struct block_device *device, uint64_t byte_offset, void *buffer, size_t bytes)
{
	struct frame *bounce = NULL;
	int error = 0;

	if ((byte_offset | bytes) & 511)
		return -EINVAL;
	/* Elsewhere (a stack, say) memory need not lie in one piece. */
	if (!is_direct_map((vaddr_t)buffer)) {
		bounce = frame_alloc(FRAME_KERNEL);
		if (!bounce)
			return -ENOMEM;
	}
	while (bytes && !error) {
		size_t piece = min(bytes, bounce ? (size_t)PAGE_SIZE : (size_t)MIB(1));

		error = read_piece(device, byte_offset, bounce ? frame_to_virt(bounce) : buffer, piece);
		if (bounce && !error)
			memcpy(buffer, frame_to_virt(bounce), piece);
		buffer = (char *)buffer + piece;
		byte_offset += piece;
		bytes -= piece;
	}
	if (bounce)
		frame_put(bounce);
	return error;
}
