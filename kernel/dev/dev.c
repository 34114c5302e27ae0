/*
 * The order in which devices come up.
 */
#include "dev/dev.h"

#include "dev/ahci.h"
#include "dev/fb_device.h"
#include "dev/host.h"
#include "dev/memory_devices.h"
#include "dev/pci.h"
#include "dev/random.h"
#include "dev/rtc.h"
#include "dev/tty.h"
#include "dev/virtio_blk.h"

void dev_init_basic(void)
{
	rtc_init();
	random_init();
	memory_devices_init();
	host_devices_init();
	fb_device_init();
	tty_init_devices();
}

void dev_init_disks(void)
{
	pci_init();
	virtio_blk_init();
	ahci_init();
}
