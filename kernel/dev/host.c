/*
 * Devices towards the host. hostout, hosterr and hostctl write to the debug console ports 0xe9, 0xea, 0xeb and exist when the port
 * reads back 0xe9, as QEMU's isa-debugcon does. fw_cfg_run reads the file opt/osier/run of QEMU's firmware
 * configuration device: docs/specs/fw_cfg.rst of QEMU.
 */
#include "dev/host.h"

#include "arch/x86_64/cpu.h"
#include "debug/log.h"
#include "dev/device.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "task/sched.h"
#include "vm/uio.h"

#define HOST_MAJOR 10
#define HOST_FIRST_MINOR 192

#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_SIGNATURE 0x0000
#define FW_CFG_DIRECTORY 0x0019
#define FW_CFG_RUN "opt/osier/run"
#define FW_CFG_RUN_MAX (1024 * 1024u)

/* ---- debug consoles -------------------------------------------------------------------------- */

static ssize_t port_write(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	uint16_t port = (uint16_t)(uintptr_t)device->data;
	size_t bytes = uio->remaining;
	char chunk[512];

	while (uio->remaining) {
		size_t count = min(uio->remaining, sizeof chunk);

		if (uio_copy_from(uio, chunk, count))
			return bytes != uio->remaining ? (ssize_t)(bytes - uio->remaining) : -EFAULT;
		outsb(port, chunk, count);
		sched_point();
	}
	return (ssize_t)bytes;
}

static ssize_t port_read(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	return 0;
}

static const struct char_device_ops port_ops = { .read = port_read, .write = port_write };

static struct char_device ports[] = {
	{ .name = "hostout", .mode = 0222, .major = HOST_MAJOR, .minor = HOST_FIRST_MINOR, .ops = &port_ops,
	  .data = (void *)0xe9 },
	{ .name = "hosterr", .mode = 0222, .major = HOST_MAJOR, .minor = HOST_FIRST_MINOR + 1, .ops = &port_ops,
	  .data = (void *)0xea },
	{ .name = "hostctl", .mode = 0200, .major = HOST_MAJOR, .minor = HOST_FIRST_MINOR + 2, .ops = &port_ops,
	  .data = (void *)0xeb },
};

/* ---- fw_cfg ---------------------------------------------------------------------------------- */

static char *run_text;
static size_t run_size;

static uint32_t big32(const uint8_t b[4])
{
	return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static ssize_t run_read(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset, unsigned flags)
{
	size_t count;

	if (offset >= run_size)
		return 0;
	count = min(uio->remaining, run_size - (size_t)offset);
	return uio_copy_to(uio, run_text + offset, count) ? -EFAULT : (ssize_t)count;
}

static const struct char_device_ops run_ops = { .read = run_read };
static struct char_device run_device = {
	.name = "fw_cfg_run", .mode = 0444, .major = HOST_MAJOR, .minor = HOST_FIRST_MINOR + 3, .ops = &run_ops,
};

/* Reads the file into memory, once: it is small, and its device has one reader at a time. */
static void find_run_file(void)
{
	uint8_t signature[4], word[4];
	uint32_t count;

	outw(FW_CFG_SELECTOR, FW_CFG_SIGNATURE);
	insb(FW_CFG_DATA, signature, 4);
	if (memcmp(signature, "QEMU", 4))
		return;
	outw(FW_CFG_SELECTOR, FW_CFG_DIRECTORY);
	insb(FW_CFG_DATA, word, 4);
	count = min(big32(word), 4096u);
	for (uint32_t i = 0; i < count; i++) {
		struct {
			uint8_t size[4], select[2], reserved[2];
			char name[56];
		} file;
		uint32_t size;

		insb(FW_CFG_DATA, &file, sizeof file);
		file.name[55] = 0;
		if (strcmp(file.name, FW_CFG_RUN))
			continue;
		size = big32(file.size);
		if (size > FW_CFG_RUN_MAX) {
			log_error("fw_cfg: " FW_CFG_RUN " is larger than 1 MiB");
			return;
		}
		run_text = kmalloc(size ? size : 1);
		if (!run_text) {
			log_error("fw_cfg: no memory for " FW_CFG_RUN);
			return;
		}
		run_size = size;
		outw(FW_CFG_SELECTOR, (uint16_t)(file.select[0] << 8 | file.select[1]));
		insb(FW_CFG_DATA, run_text, size);
		(void)char_device_register(&run_device);
		return;
	}
}

void host_devices_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++)
		if (inb((uint16_t)(uintptr_t)ports[i].data) == 0xe9)
			(void)char_device_register(&ports[i]);
	find_run_file();
}
