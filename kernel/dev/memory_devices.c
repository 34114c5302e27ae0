/*
 * null, zero, full, random, urandom.
 *
 * read of zero and write of null are what system call benchmarks use: they do no more than they must.
 */
#include "dev/memory_devices.h"

#include "debug/log.h"
#include "dev/device.h"
#include "dev/random.h"
#include "lib/err.h"
#include "task/sched.h"
#include "vm/object.h"
#include "vm/uio.h"

#define MEMORY_MAJOR 1

static ssize_t null_read(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	return 0;
}

static ssize_t null_write(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	size_t bytes = uio->remaining;

	uio->remaining = 0;
	return (ssize_t)bytes;
}

/* A large read gives way between pieces. */
#define ZERO_PIECE (64 * 1024u)

static ssize_t zero_read(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	size_t bytes = uio->remaining;

	while (unlikely(uio->remaining > ZERO_PIECE)) {
		if (uio_zero(uio, ZERO_PIECE))
			goto fault;
		sched_point();
		if (READ_ONCE(thread_current()->work) & THREAD_WORK_SIGNAL)
			return (ssize_t)(bytes - uio->remaining);
	}
	if (likely(!uio_zero(uio, uio->remaining)))
		return (ssize_t)bytes;
fault:
	return bytes != uio->remaining ? (ssize_t)(bytes - uio->remaining) : -EFAULT;
}

static ssize_t full_write(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	return uio->remaining ? -ENOSPC : 0;
}

static ssize_t random_read(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset,
			   unsigned flags)
{
	size_t bytes = uio->remaining;
	uint8_t chunk[256];

	while (uio->remaining) {
		size_t count = min(uio->remaining, sizeof chunk);
		size_t before = uio->remaining;

		random_bytes(chunk, count);
		if (uio_copy_to(uio, chunk, count))
			return bytes != uio->remaining ? (ssize_t)(bytes - uio->remaining) : -EFAULT;
		if ((before ^ uio->remaining) & ~0xffffull) {
			sched_point();
			if (READ_ONCE(thread_current()->work) & THREAD_WORK_SIGNAL)
				break;
		}
	}
	return (ssize_t)(bytes - uio->remaining);
}

/* What is written is stirred in. */
static ssize_t random_write(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset,
			    unsigned flags)
{
	size_t bytes = uio->remaining;
	uint8_t chunk[256];

	while (uio->remaining) {
		size_t count = min(uio->remaining, sizeof chunk);

		if (uio_copy_from(uio, chunk, count))
			return bytes != uio->remaining ? (ssize_t)(bytes - uio->remaining) : -EFAULT;
		random_add(chunk, count);
		sched_point();
	}
	return (ssize_t)bytes;
}

static const struct char_device_ops null_ops = { .read = null_read, .write = null_write };
static const struct char_device_ops zero_ops = { .read = zero_read, .write = null_write };
static const struct char_device_ops full_ops = { .read = zero_read, .write = full_write };
static const struct char_device_ops random_ops = { .read = random_read, .write = random_write };

static struct char_device devices[] = {
	{ .name = "null", .mode = 0666, .major = MEMORY_MAJOR, .minor = 3, .ops = &null_ops },
	{ .name = "zero", .mode = 0666, .major = MEMORY_MAJOR, .minor = 5, .ops = &zero_ops },
	{ .name = "full", .mode = 0666, .major = MEMORY_MAJOR, .minor = 7, .ops = &full_ops },
	{ .name = "random", .mode = 0666, .major = MEMORY_MAJOR, .minor = 8, .ops = &random_ops },
	{ .name = "urandom", .mode = 0666, .major = MEMORY_MAJOR, .minor = 9, .ops = &random_ops },
};

void memory_devices_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
		if (char_device_register(&devices[i]))
			log_error("%s cannot be registered", devices[i].name);
}
