/*
 * The terminals that the machine has, and their names: console, tty, ttyS0, tty1.
 *
 * `console=serial`, `console=screen` or `console=both` on the command line says what the system console is: one of the
 * two, or one terminal that shows on both and listens to both. ttyS0 and tty1 are terminals of their own when they
 * are not the console.
 */
#include <osier/abi/fcntl.h>

#include "arch/x86_64/boot_info.h"
#include "debug/log.h"
#include "dev/device.h"
#include "dev/screen.h"
#include "dev/serial.h"
#include "dev/tty.h"
#include "dev/tty_private.h"
#include "lib/err.h"
#include "lib/string.h"

static struct tty console_tty, other_tty;

/* /dev/tty means another terminal at each open; the others one for ever. */
static struct tty *tty_of(struct char_device *device, void *open_data)
{
	return open_data ? open_data : device->data;
}

static int device_open(struct char_device *device, unsigned flags, void **open_data)
{
	const struct tty_hooks *hooks = load_acquire(&tty_hooks);
	struct tty *tty = device->data;

	if (!tty) {
		tty = hooks ? hooks->controlling() : NULL;
		if (!tty)
			return -ENXIO;
		*open_data = tty;
		return 0;
	}
	if (tty->exclusive && tty->opens)
		return -EBUSY;
	__atomic_fetch_add(&tty->opens, 1, __ATOMIC_RELAXED);
	if (hooks && !(flags & O_NOCTTY))
		hooks->opened(tty);
	return 0;
}

static void device_close(struct char_device *device, void *open_data)
{
	struct tty *tty = device->data;

	if (tty && __atomic_sub_fetch(&tty->opens, 1, __ATOMIC_RELAXED) == 0)
		tty->exclusive = false;
}

static ssize_t device_read(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset,
			   unsigned flags)
{
	return tty_read(tty_of(device, open_data), uio, flags);
}

static ssize_t device_write(struct char_device *device, void *open_data, struct uio *uio, uint64_t offset,
			    unsigned flags)
{
	return tty_write(tty_of(device, open_data), uio, flags);
}

static int device_ioctl(struct char_device *device, void *open_data, unsigned long request, vaddr_t arg)
{
	return tty_ioctl(tty_of(device, open_data), request, arg);
}

static unsigned device_poll(struct char_device *device, void *open_data, struct poll_waiter *waiter)
{
	return tty_poll(tty_of(device, open_data), waiter);
}

static const struct char_device_ops tty_device_ops = {
	.open = device_open,
	.close = device_close,
	.read = device_read,
	.write = device_write,
	.ioctl = device_ioctl,
	.poll = device_poll,
};

static struct char_device console_device = { .name = "console", .mode = 0600, .major = 5, .minor = 1, .is_tty = true };
static struct char_device controlling_device = { .name = "tty", .mode = 0666, .major = 5, .minor = 0, .is_tty = true };
static struct char_device serial_device = { .name = "ttyS0", .mode = 0600, .major = 4, .minor = 64, .is_tty = true };
static struct char_device screen_device = { .name = "tty1", .mode = 0600, .major = 4, .minor = 1, .is_tty = true };

static void add(struct char_device *device, struct tty *tty)
{
	device->ops = &tty_device_ops;
	device->data = tty;
	if (char_device_register(device))
		log_error("tty: %s cannot be registered", device->name);
}

void tty_init_devices(void)
{
	struct tty_port *serial = serial_init(), *screen = screen_init();
	const char *wanted = cmdline_get("console");
	bool on_serial, on_screen;

	if (wanted && strcmp(wanted, "serial") && strcmp(wanted, "screen") && strcmp(wanted, "both")) {
		log_warn("tty: console=%s means nothing: serial, screen or both", wanted);
		wanted = NULL;
	}
	on_serial = serial && (!wanted || strcmp(wanted, "screen"));
	on_screen = screen && (!wanted || strcmp(wanted, "serial"));
	/* One that is not there is replaced by one that is. */
	if (!on_serial && !on_screen) {
		on_serial = serial != NULL;
		on_screen = screen != NULL;
	}
	tty_init(&console_tty, "console");
	tty_init(&other_tty, on_serial ? "tty1" : "ttyS0");
	if (screen)
		tty_attach(on_screen ? &console_tty : &other_tty, screen);
	if (serial)
		tty_attach(on_serial ? &console_tty : &other_tty, serial);
	if (!serial && !screen)
		log_warn("tty: this machine has neither a serial line nor a screen");

	add(&console_device, &console_tty);
	add(&controlling_device, NULL);
	if (serial)
		add(&serial_device, serial->tty);
	if (screen)
		add(&screen_device, screen->tty);
	serial_start();
	screen_start();
	log_info("console: %s%s%s, %u x %u", on_serial ? "serial line" : "", on_serial && on_screen ? " and " : "",
		 on_screen ? "screen" : "", console_tty.size.ws_col, console_tty.size.ws_row);
}
