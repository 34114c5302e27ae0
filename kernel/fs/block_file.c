/*
 * Block devices: the one page cache of each, transfers between pages and sectors, and /dev/vda as a file.
 *
 * File systems keep their metadata in the cache of their device; the contents of files are in the files' own objects and are
 * not seen through the device.
 */
#include <osier/abi/ioctl.h>
#include <osier/abi/sysmacros.h>

#include "dev/device.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/special_file.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "task/mutex.h"
#include "task/sched.h"
#include "vm/object.h"
#include "vm/uio.h"
#include "vm/user_copy.h"

struct block_cache {
	struct vm_object object;	/* first */
	struct block_device *device;
	struct list_node link;
};

static struct list_node caches = LIST_INIT(caches);
static struct spinlock caches_lock = SPINLOCK_INIT("block_caches", LOCK_RANK_LIST);

static struct block_device *device_of(struct vm_object *object)
{
	return container_of(object, struct block_cache, object)->device;
}

/* ---- transfers ------------------------------------------------------------------------------- */

static int submit(struct block_device *device, struct block_request *request)
{
	int error;

	if (request->segment_count == 0)
		return 0;
	error = block_device_transfer(device, request);
	request->segment_count = 0;
	return error;
}

int block_transfer_pieces(struct block_device *device, const struct block_piece *pieces, unsigned count,
			  bool write)
{
	struct block_request request = { .write = write };
	uint64_t next = 0, limit = device->sectors * 512;
	int error;

	for (unsigned i = 0; i < count; i++) {
		const struct block_piece *piece = &pieces[i];

		if (piece->offset > limit || piece->bytes > limit - piece->offset)
			return -EIO;
		if (request.segment_count && (piece->offset != next ||
					      request.segment_count == ARRAY_SIZE(request.segments))) {
			error = submit(device, &request);
			if (error)
				return error;
		}
		if (request.segment_count == 0)
			request.sector = piece->offset / 512;
		request.segments[request.segment_count++] =
			(struct block_segment){ virt_to_phys(piece->memory), piece->bytes };
		next = piece->offset + piece->bytes;
	}
	return submit(device, &request);
}

int block_device_flush(struct block_device *device)
{
	struct block_request request = { .flush = true };

	return block_device_transfer(device, &request);
}

/* Pages of the device itself: byte for byte. A last page that the device does not fill ends in zeros. */
static int transfer_pages(struct vm_object *object, uint64_t index, struct frame **frames, unsigned count,
			  bool write)
{
	struct block_piece pieces[OBJECT_FILL_MAX];

	for (unsigned i = 0; i < count; i++) {
		uint64_t offset = (index + i) << PAGE_SHIFT;
		uint64_t left = object->size - offset;
		uint32_t bytes = (uint32_t)min(left, (uint64_t)PAGE_SIZE);
		char *page = frame_to_virt(frames[i]);

		if (!write && bytes < PAGE_SIZE)
			memset(page + bytes, 0, PAGE_SIZE - bytes);
		pieces[i] = (struct block_piece){ offset, bytes, page };
	}
	return block_transfer_pieces(device_of(object), pieces, count, write);
}

static int cache_fill(struct vm_object *object, uint64_t index, struct frame **frames, unsigned count)
{
	return transfer_pages(object, index, frames, count, false);
}

static int cache_prepare_write(struct vm_object *object, uint64_t index)
{
	return device_of(object)->read_only ? -EROFS : 0;
}

static int cache_write_back(struct vm_object *object, uint64_t index, struct frame **frames, unsigned count)
{
	return transfer_pages(object, index, frames, count, true);
}

static void cache_release(struct vm_object *object)
{
	/* The list keeps a reference for ever: devices do not go. */
}

static const struct object_ops cache_ops = {
	.fill = cache_fill,
	.prepare_write = cache_prepare_write,
	.write_back = cache_write_back,
	.release = cache_release,
};

/* caches_lock held. */
static struct vm_object *find_cache(const struct block_device *device)
{
	struct block_cache *cache;

	list_for_each_entry(cache, &caches, link) {
		if (cache->device == device)
			return object_get(&cache->object);
	}
	return NULL;
}

struct vm_object *block_cache_get(struct block_device *device)
{
	struct block_cache *cache;
	struct vm_object *object;

	spin_lock(&caches_lock);
	object = find_cache(device);
	spin_unlock(&caches_lock);
	if (object)
		return object;

	cache = kmalloc(sizeof *cache);
	if (!cache)
		return ERR_PTR(-ENOMEM);
	cache->device = device;
	object_init(&cache->object, OBJECT_INODE, &cache_ops, device->sectors * 512, cache);
	mutex_init(&cache->object.lock, LOCK_RANK_METADATA);

	spin_lock(&caches_lock);
	object = find_cache(device);
	if (!object) {
		object = object_get(&cache->object);
		list_add_tail(&caches, &cache->link);
		cache = NULL;
	}
	spin_unlock(&caches_lock);
	if (cache) {
		object_put(&cache->object);
		kfree(cache);
	}
	return object;
}

int block_cache_sync(struct vm_object *object)
{
	int error = object_write_back(object, 0, UINT64_MAX);

	return error ? error : block_device_flush(device_of(object));
}

/* ---- /dev/vda -------------------------------------------------------------------------------- */

static ssize_t block_read(struct file *file, struct uio *uio, uint64_t *offset)
{
	return file_read_object(file->private, uio, offset);
}

static ssize_t block_write(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct vm_object *object = file->private;
	size_t wanted = uio->remaining;
	int error = 0;

	if (device_of(object)->read_only)
		return -EROFS;
	while (uio->remaining && *offset < object->size) {
		size_t bytes = min(uio->remaining, PAGE_SIZE - page_offset(*offset)), copied;
		struct frame *frame;

		bytes = min((uint64_t)bytes, object->size - *offset);
		error = uio_fault_in_source(uio, bytes);
		if (!error)
			error = object_page_get(object, *offset >> PAGE_SHIFT, OBJECT_PAGE_WRITE, &frame);
		if (error)
			break;
		copied = uio_copy_from_nofault(uio, (char *)frame_to_virt(frame) + page_offset(*offset), bytes);
		frame_put(frame);
		*offset += copied;
		sched_point();
	}
	if (wanted != uio->remaining)
		return (ssize_t)(wanted - uio->remaining);
	return error ? error : wanted ? -ENOSPC : 0;
}

static int64_t block_seek(struct file *file, int64_t offset, int whence)
{
	struct vm_object *object = file->private;

	if (whence == SEEK_END) {
		if (__builtin_add_overflow(offset, (int64_t)object->size, &offset))
			return -EOVERFLOW;
		whence = SEEK_SET;
	}
	return whence == SEEK_SET || whence == SEEK_CUR ? file_seek_generic(file, offset, whence) : -EINVAL;
}

static int block_ioctl(struct file *file, unsigned long request, vaddr_t arg)
{
	struct vm_object *object = file->private;
	int sector_bytes = 512;

	switch (request) {
	case BLKGETSIZE64:
		return copy_value_to_user(arg, &object->size);
	case BLKSSZGET:
		return copy_value_to_user(arg, &sector_bytes);
	case BLKFLSBUF:
		return block_cache_sync(object);
	default:
		return -ENOTTY;
	}
}

static struct vm_object *block_object(struct file *file, uint8_t *max_prot)
{
	return object_get(file->private);
}

static int block_sync(struct file *file, bool data_only)
{
	return block_cache_sync(file->private);
}

static void block_close(struct file *file)
{
	object_put(file->private);
}

static const struct file_ops block_file_ops = {
	.read = block_read,
	.write = block_write,
	.ioctl = block_ioctl,
	.seek = block_seek,
	.object = block_object,
	.sync = block_sync,
	.close = block_close,
};

int block_file_open(struct inode *inode, struct file *file)
{
	struct block_device *device = block_device_find_number(OSIER_MAJOR(inode->rdev), OSIER_MINOR(inode->rdev));
	struct vm_object *object;

	if (!device)
		return -ENXIO;
	if (file->writable && device->read_only)
		return -EROFS;
	object = block_cache_get(device);
	if (IS_ERR(object))
		return (int)PTR_ERR(object);
	file->private = object;
	file->ops = &block_file_ops;
	return 0;
}
