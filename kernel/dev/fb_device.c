/*
 * /dev/fb0: mapped by mmap, described by FBIOGET_OSIER, and readable and writable as a file of its size.
 */
#include "dev/fb_device.h"

#include <osier/abi/ioctl.h>

#include "arch/x86_64/boot_info.h"
#include "debug/log.h"
#include "dev/device.h"
#include "lib/err.h"
#include "vm/kernel_regions.h"
#include "vm/object.h"
#include "vm/region.h"
#include "vm/uio.h"
#include "vm/user_copy.h"

#define FB_MAJOR 29

static char *fb_memory;

static uint64_t fb_size(void)
{
	return (uint64_t)boot_info.framebuffer.pitch * boot_info.framebuffer.height;
}

static size_t room_at(uint64_t offset, size_t wanted)
{
	uint64_t size = fb_size();

	return offset >= size ? 0 : min(wanted, (size_t)(size - offset));
}

static ssize_t fb_read(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	size_t count = room_at(offset, uio->remaining);

	return uio_copy_to(uio, fb_memory + offset, count) ? -EFAULT : (ssize_t)count;
}

static ssize_t fb_write(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	size_t count = room_at(offset, uio->remaining);

	if (!count && uio->remaining)
		return -ENOSPC;
	return uio_copy_from(uio, fb_memory + offset, count) ? -EFAULT : (ssize_t)count;
}

static int fb_ioctl(struct char_device *device, void *open_data, unsigned long request, vaddr_t arg)
{
	const struct boot_framebuffer *fb = &boot_info.framebuffer;
	struct osier_fbinfo info = {
		.width = fb->width,
		.height = fb->height,
		.pitch = fb->pitch,
		.bits = fb->bits_per_pixel,
		.red_shift = fb->red_shift,
		.red_bits = fb->red_bits,
		.green_shift = fb->green_shift,
		.green_bits = fb->green_bits,
		.blue_shift = fb->blue_shift,
		.blue_bits = fb->blue_bits,
		.size = fb_size(),
	};

	if (request != FBIOGET_OSIER)
		return -ENOTTY;
	return copy_value_to_user(arg, &info);
}

static struct vm_object *fb_object(struct char_device *device, void *open_data)
{
	/* A mapping begins at a page; a framebuffer that does not would show its neighbours. */
	if (!page_aligned(boot_info.framebuffer.address))
		return ERR_PTR(-ENODEV);
	return object_create_device(boot_info.framebuffer.address, fb_size(), MEMTYPE_WRITE_COMBINING);
}

static const struct char_device_ops fb_ops = {
	.read = fb_read,
	.write = fb_write,
	.ioctl = fb_ioctl,
	.object = fb_object,
};

static struct char_device fb_device = { .name = "fb0", .mode = 0660, .major = FB_MAJOR, .minor = 0, .ops = &fb_ops };

void fb_device_init(void)
{
	if (!boot_info.framebuffer.present)
		return;
	fb_memory = kernel_map_device(boot_info.framebuffer.address, fb_size(), MEMTYPE_WRITE_COMBINING, "fb0");
	if (!fb_memory || char_device_register(&fb_device))
		log_warn("fb0: cannot be registered");
}
