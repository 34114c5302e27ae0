/*
 * Character devices as files. Each open has the device and what the device keeps for it.
 */
#include "fs/special_file.h"

#include <osier/abi/poll.h>
#include <osier/abi/sysmacros.h>

#include "dev/device.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/err.h"
#include "mm/slab.h"
#include "vm/uio.h"

struct char_open {
	struct char_device *device;
	void *data;
};

static ssize_t char_read(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct char_open *open = file->private;
	ssize_t done;

	if (!open->device->ops->read)
		return -EINVAL;
	done = open->device->ops->read(open->device, open->data, uio, *offset, file->flags);
	if (done > 0)
		*offset += (uint64_t)done;
	return done;
}

static ssize_t char_write(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct char_open *open = file->private;
	ssize_t done;

	if (!open->device->ops->write)
		return -EINVAL;
	done = open->device->ops->write(open->device, open->data, uio, *offset, file->flags);
	if (done > 0)
		*offset += (uint64_t)done;
	return done;
}

/* Terminals cannot seek, and their offset is nobody's business: what they move must not wait for each other. */
static ssize_t tty_read(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct char_open *open = file->private;

	return open->device->ops->read(open->device, open->data, uio, 0, file->flags);
}

static ssize_t tty_write(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct char_open *open = file->private;

	return open->device->ops->write(open->device, open->data, uio, 0, file->flags);
}

static int char_ioctl(struct file *file, unsigned long request, vaddr_t arg)
{
	struct char_open *open = file->private;

	return open->device->ops->ioctl ? open->device->ops->ioctl(open->device, open->data, request, arg)
					: -ENOTTY;
}

static unsigned char_poll(struct file *file, struct poll_waiter *waiter)
{
	struct char_open *open = file->private;

	return open->device->ops->poll ? open->device->ops->poll(open->device, open->data, waiter)
				       : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

static struct vm_object *char_object(struct file *file, uint8_t *max_prot)
{
	struct char_open *open = file->private;

	return open->device->ops->object ? open->device->ops->object(open->device, open->data)
					 : ERR_PTR(-ENODEV);
}

static void char_close(struct file *file)
{
	struct char_open *open = file->private;

	if (open->device->ops->close)
		open->device->ops->close(open->device, open->data);
	kfree(open);
}

static int char_sync(struct file *file, bool data_only)
{
	return -EINVAL;
}

static const struct file_ops char_file_ops = {
	.read = char_read,
	.write = char_write,
	.ioctl = char_ioctl,
	.poll = char_poll,
	.seek = file_seek_generic,
	.object = char_object,
	.sync = char_sync,
	.close = char_close,
};

static const struct file_ops tty_file_ops = {
	.read = tty_read,
	.write = tty_write,
	.ioctl = char_ioctl,
	.poll = char_poll,
	.object = char_object,
	.sync = char_sync,
	.close = char_close,
};

int char_file_open(struct inode *inode, struct file *file)
{
	struct char_device *device = char_device_find(OSIER_MAJOR(inode->rdev), OSIER_MINOR(inode->rdev));
	struct char_open *open;
	int error;

	if (!device)
		return -ENXIO;
	open = kmalloc(sizeof *open);
	if (!open)
		return -ENOMEM;
	open->device = device;
	open->data = NULL;
	error = device->ops->open ? device->ops->open(device, file->flags, &open->data) : 0;
	if (error) {
		kfree(open);
		return error;
	}
	file->private = open;
	file->ops = device->is_tty ? &tty_file_ops : &char_file_ops;
	return 0;
}

static const struct char_open *open_of(const struct file *file)
{
	return file->ops == &char_file_ops || file->ops == &tty_file_ops ? file->private : NULL;
}

struct char_device *file_char_device(const struct file *file)
{
	const struct char_open *open = open_of(file);

	return open ? open->device : NULL;
}

void *file_char_device_data(const struct file *file)
{
	const struct char_open *open = open_of(file);

	return open ? open->data : NULL;
}
