/*
 * AHCI: Serial ATA AHCI 1.3.1 and ATA8-ACS. Disks only, and one command at a time: then an error is that command's, and
 * nothing is in flight when the port starts again.
 *
 * Invariants
 *  1. `request` is the command that runs in slot 0, NULL when there is none; it changes under `lock`.
 *  2. After an error the port is stopped, the request fails, and the port starts again.
 */
#include "dev/ahci.h"

#include "arch/x86_64/tsc.h"
#include "debug/log.h"
#include "dev/device.h"
#include "dev/partition.h"
#include "dev/pci.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "sync/spinlock.h"
#include "task/timer.h"
#include "task/waitq.h"

#define AHCI_MAJOR 8
#define AHCI_BAR 5
#define PORTS 32u
#define TABLE_SEGMENTS ARRAY_SIZE(((struct block_request *)0)->segments)
#define SEGMENT_BYTES (4u << 20)	/* of one entry of a command table */

enum host_register {
	HOST_CAPABILITIES = 0x00,
	HOST_CONTROL = 0x04,
	HOST_INTERRUPTS = 0x08,
	HOST_PORTS = 0x0c,
	HOST_CAPABILITIES_2 = 0x24,
	HOST_HANDOFF = 0x28,
};

enum host_bits {
	CONTROL_RESET = 1 << 0,
	CONTROL_INTERRUPTS = 1 << 1,
};
#define CAPABILITY_64_BIT 0x80000000u
#define CONTROL_AHCI 0x80000000u

enum port_register {
	PORT_LIST = 0x00,
	PORT_FIS = 0x08,
	PORT_INTERRUPTS = 0x10,
	PORT_INTERRUPT_ENABLE = 0x14,
	PORT_COMMAND = 0x18,
	PORT_TASK_FILE = 0x20,
	PORT_SIGNATURE = 0x24,
	PORT_SATA_STATUS = 0x28,
	PORT_SATA_CONTROL = 0x2c,
	PORT_SATA_ERROR = 0x30,
	PORT_ISSUE = 0x38,
};

enum port_bits {
	COMMAND_START = 1 << 0,
	COMMAND_SPIN_UP = 1 << 1,
	COMMAND_POWER_ON = 1 << 2,
	COMMAND_FIS_RECEIVE = 1 << 4,
	COMMAND_FIS_RUNNING = 1 << 14,
	COMMAND_RUNNING = 1 << 15,
	TASK_BUSY = 0x80,
	TASK_REQUEST = 0x08,
	TASK_ERROR = 0x01,
	INTERRUPT_REGISTERS = 1 << 0,
	INTERRUPT_PIO = 1 << 1,
	INTERRUPT_ERRORS = 0x7dc00050,	/* task file, host bus, interface; what is plugged or not */
	SIGNATURE_DISK = 0x00000101,
};

enum ata_command {
	ATA_READ_DMA_EXT = 0x25,
	ATA_WRITE_DMA_EXT = 0x35,
	ATA_FLUSH_EXT = 0xea,
	ATA_IDENTIFY = 0xec,
};

/* As the controller reads them. */
struct command_header {
	uint16_t flags;			/* length of the FIS in words, 0x40: to the disk */
	uint16_t segments;
	uint32_t transferred;
	uint64_t table;
	uint32_t reserved[4];
};
static_assert(sizeof(struct command_header) == 32, "as the controller reads it");

struct command_table {
	uint8_t fis[64];
	uint8_t atapi[16];
	uint8_t reserved[48];
	struct {
		uint64_t address;
		uint32_t reserved;
		uint32_t bytes;		/* less one */
	} segments[TABLE_SEGMENTS];
};
static_assert(sizeof(struct command_table) + 2048 <= PAGE_SIZE, "list, received FISes and table share a page");

struct ahci_disk {
	struct ahci *host;
	unsigned port;
	volatile uint8_t *registers;
	struct spinlock lock;
	struct waitq idle;		/* for the command that runs to end */
	struct command_header *list;
	struct command_table *table;
	struct block_request *request;
	bool broken;
	char name[8];
	struct block_device device;
};

struct ahci {
	struct pci_device *pci;
	volatile uint8_t *registers;
	uint32_t capabilities;
	struct ahci_disk *disks[PORTS];
};

static unsigned disk_count;

static bool wait_clear(volatile uint8_t *at, uint32_t bits, unsigned milliseconds)
{
	for (unsigned i = 0; i < milliseconds * 10; i++) {
		if (!(mmio_read32(at) & bits))
			return true;
		delay_us(100);
	}
	return false;
}

/* ---- a port ---------------------------------------------------------------------------------- */

static bool port_stop(struct ahci_disk *disk)
{
	volatile uint8_t *command = disk->registers + PORT_COMMAND;

	mmio_write32(command, mmio_read32(command) & ~COMMAND_START);
	if (!wait_clear(command, COMMAND_RUNNING, 500))
		return false;
	mmio_write32(command, mmio_read32(command) & ~COMMAND_FIS_RECEIVE);
	return wait_clear(command, COMMAND_FIS_RUNNING, 500);
}

static void port_start(struct ahci_disk *disk)
{
	volatile uint8_t *command = disk->registers + PORT_COMMAND;

	mmio_write32(disk->registers + PORT_SATA_ERROR, 0xffffffff);
	mmio_write32(disk->registers + PORT_INTERRUPTS, 0xffffffff);
	mmio_write32(command, mmio_read32(command) | COMMAND_FIS_RECEIVE | COMMAND_SPIN_UP | COMMAND_POWER_ON);
	mmio_write32(command, mmio_read32(command) | COMMAND_START);
}

static void disk_interrupt(struct ahci_disk *disk)
{
	volatile uint8_t *registers = disk->registers;
	uint64_t flags = spin_lock_irqsave(&disk->lock);
	uint32_t interrupts = mmio_read32(registers + PORT_INTERRUPTS);
	struct block_request *done = NULL;

	mmio_write32(registers + PORT_INTERRUPTS, interrupts);
	if (interrupts & INTERRUPT_ERRORS) {
		log_error("%s: error, interrupts %08x, task file %08x, SATA error %08x", disk->name, interrupts,
			  mmio_read32(registers + PORT_TASK_FILE), mmio_read32(registers + PORT_SATA_ERROR));
		done = disk->request;
		if (done)
			done->status = -EIO;
		/* The port stops by itself on an error; to let it know that it was seen takes microseconds. */
		if (port_stop(disk)) {
			port_start(disk);
		} else {
			log_error("%s: does not stop, given up", disk->name);
			disk->broken = true;
		}
	} else if (disk->request && !(mmio_read32(registers + PORT_ISSUE) & 1)) {
		done = disk->request;
		done->status = 0;
	}
	if (done)
		disk->request = NULL;
	spin_unlock_irqrestore(&disk->lock, flags);
	if (done) {
		done->done(done);
		waitq_wake_one(&disk->idle);
	}
}

static void host_interrupt(void *argument)
{
	struct ahci *host = argument;
	uint32_t ports = mmio_read32(host->registers + HOST_INTERRUPTS), rest = ports;

	while (rest) {
		unsigned port = (unsigned)__builtin_ctz(rest);

		rest &= rest - 1;
		if (host->disks[port])
			disk_interrupt(host->disks[port]);
		else
			mmio_write32(host->registers + 0x100 + port * 0x80 + PORT_INTERRUPTS, 0xffffffff);
	}
	mmio_write32(host->registers + HOST_INTERRUPTS, ports);
}

/* ---- commands -------------------------------------------------------------------------------- */

/* Fills slot 0. `sectors` of 512 bytes; 65536 is written as 0. */
static void build_command(struct ahci_disk *disk, uint8_t command, uint32_t sectors,
			  const struct block_request *request)
{
	struct command_table *table = disk->table;
	uint64_t sector = request->sector;
	uint8_t *fis = table->fis;

	memset(fis, 0, sizeof table->fis);
	fis[0] = 0x27;			/* register, host to device */
	fis[1] = 0x80;			/* a command */
	fis[2] = command;
	fis[4] = (uint8_t)sector;
	fis[5] = (uint8_t)(sector >> 8);
	fis[6] = (uint8_t)(sector >> 16);
	fis[7] = 0x40;			/* LBA */
	fis[8] = (uint8_t)(sector >> 24);
	fis[9] = (uint8_t)(sector >> 32);
	fis[10] = (uint8_t)(sector >> 40);
	fis[12] = (uint8_t)sectors;
	fis[13] = (uint8_t)(sectors >> 8);
	for (unsigned i = 0; i < request->segment_count; i++) {
		table->segments[i].address = request->segments[i].address;
		table->segments[i].reserved = 0;
		table->segments[i].bytes = request->segments[i].bytes - 1;
	}
	disk->list[0] = (struct command_header){
		.flags = (uint16_t)(5 | (request->write ? 0x40 : 0)),
		.segments = (uint16_t)request->segment_count,
		.table = virt_to_phys(table),
	};
}

static int issue(struct ahci_disk *disk, struct block_request *request, uint8_t command, uint32_t sectors)
{
	uint64_t flags;

	for (;;) {
		flags = spin_lock_irqsave(&disk->lock);
		if (disk->broken) {
			spin_unlock_irqrestore(&disk->lock, flags);
			waitq_wake_one(&disk->idle);
			return -EIO;
		}
		if (!disk->request)
			break;
		(void)waitq_sleep(&disk->idle, &disk->lock, false, 0);
	}
	build_command(disk, command, sectors, request);
	disk->request = request;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	mmio_write32(disk->registers + PORT_ISSUE, 1);
	spin_unlock_irqrestore(&disk->lock, flags);
	return 0;
}

static int disk_submit(struct block_device *device, struct block_request *request)
{
	struct ahci_disk *disk = device->data;
	uint64_t bytes = 0;
	uint8_t command;

	for (unsigned i = 0; i < request->segment_count; i++) {
		bytes += request->segments[i].bytes;
		if (request->segments[i].bytes > SEGMENT_BYTES || request->segments[i].address & 1 ||
		    (request->segments[i].address >> 32 && !(disk->host->capabilities & CAPABILITY_64_BIT)))
			return -EINVAL;
	}
	if (bytes >> 9 > 65536)
		return -EINVAL;
	if (!request->segment_count)
		command = ATA_FLUSH_EXT;
	else
		command = request->write ? ATA_WRITE_DMA_EXT : ATA_READ_DMA_EXT;
	return issue(disk, request, command, (uint32_t)(bytes >> 9));
}

/* ---- finding disks --------------------------------------------------------------------------- */

static void identify_done(struct block_request *request)
{
	completion_signal(request->private);
}

/* Asks the disk who it is. => 0, -EIO, -ETIMEDOUT, -ENOMEM. */
static int identify(struct ahci_disk *disk)
{
	struct frame *frame = frame_alloc(FRAME_KERNEL | FRAME_ZERO);
	struct completion completion;
	struct block_request request = { .segment_count = 1, .done = identify_done, .private = &completion };
	const uint16_t *words;
	int error;

	if (!frame)
		return -ENOMEM;
	request.segments[0].address = frame_to_phys(frame);
	request.segments[0].bytes = 512;
	completion_init(&completion);
	error = issue(disk, &request, ATA_IDENTIFY, 0);
	if (!error)
		error = completion_wait(&completion, false, clock_monotonic_ns() + 5000000000ull);
	if (error == -ETIMEDOUT) {
		uint64_t flags = spin_lock_irqsave(&disk->lock);

		/* The request is on this stack: nobody may complete it any more, and the disk may not write the frame. */
		disk->request = NULL;
		disk->broken = true;
		spin_unlock_irqrestore(&disk->lock, flags);
		port_stop(disk);
		frame_put(frame);
		return error;
	}
	if (!error)
		error = request.status;
	words = frame_to_virt(frame);
	/* LBA with 48 bits, or it is older than anything with this connector. */
	if (!error && !(words[83] & 1 << 10))
		error = -EIO;
	if (!error) {
		disk->device.sectors = (uint64_t)words[103] << 48 | (uint64_t)words[102] << 32 |
				       (uint32_t)words[101] << 16 | words[100];
		/* Sectors of another size would need another arithmetic. */
		if ((words[106] & 0xc000) == 0x4000 && words[106] & 1 << 12)
			error = -EIO;
	}
	frame_put(frame);
	return error;
}

/* A disk at a port of a controller that is enabled. => 0 or -errno. */
static int port_probe(struct ahci *host, unsigned port)
{
	volatile uint8_t *registers = host->registers + 0x100 + port * 0x80;
	struct frame *memory;
	struct ahci_disk *disk;
	char *base;
	int error;

	/* Present and talking, and awake. */
	if ((mmio_read32(registers + PORT_SATA_STATUS) & 0xf0f) != 0x103)
		return -ENODEV;
	disk = kzalloc(sizeof *disk);
	if (!disk)
		return -ENOMEM;
	*disk = (struct ahci_disk){ .host = host, .port = port, .registers = registers };
	ksnprintf(disk->name, sizeof disk->name, "sd%c", 'a' + disk_count);
	spin_init(&disk->lock, "ahci", LOCK_RANK_DRIVER);
	waitq_init(&disk->idle);
	/* One page: the list (1 KiB), received FISes (256 bytes), and the table from its middle on. */
	memory = frame_alloc(FRAME_KERNEL | FRAME_ZERO);
	if (!memory) {
		kfree(disk);
		return -ENOMEM;
	}
	base = frame_to_virt(memory);
	disk->list = (void *)base;
	disk->table = (void *)(base + PAGE_SIZE / 2);
	if ((frame_to_phys(memory) >> 32 && !(host->capabilities & CAPABILITY_64_BIT)) || !port_stop(disk)) {
		frame_put(memory);
		kfree(disk);
		return -EIO;
	}
	mmio_write32(registers + PORT_LIST, (uint32_t)virt_to_phys(base));
	mmio_write32(registers + PORT_LIST + 4, (uint32_t)(virt_to_phys(base) >> 32));
	mmio_write32(registers + PORT_FIS, (uint32_t)virt_to_phys(base + 1024));
	mmio_write32(registers + PORT_FIS + 4, (uint32_t)(virt_to_phys(base + 1024) >> 32));
	port_start(disk);
	/* What it is, it says only once it may send: something with removable media is no disk. */
	if (!wait_clear(registers + PORT_TASK_FILE, TASK_BUSY | TASK_REQUEST, 1000) ||
	    mmio_read32(registers + PORT_SIGNATURE) != SIGNATURE_DISK) {
		if (port_stop(disk)) {
			frame_put(memory);
			kfree(disk);
		}
		return -ENODEV;
	}
	host->disks[port] = disk;
	mmio_write32(registers + PORT_INTERRUPTS, 0xffffffff);
	mmio_write32(registers + PORT_INTERRUPT_ENABLE,
		     INTERRUPT_REGISTERS | INTERRUPT_PIO | INTERRUPT_ERRORS);
	disk->device = (struct block_device){
		.name = disk->name, .major = AHCI_MAJOR, .minor = disk_count * 16, .submit = disk_submit, .data = disk,
	};
	error = identify(disk);
	if (!error)
		error = block_device_register(&disk->device);
	if (error)
		return error;	/* the controller knows the memory, so it stays */
	disk_count++;
	log_info("%s: %llu MiB, SATA port %u at %02x:%02x.%x", disk->name,
		 (unsigned long long)(disk->device.sectors >> 11), port, host->pci->bus, host->pci->slot,
		 host->pci->function);
	partition_scan(&disk->device);
	return 0;
}

static int host_probe(struct pci_device *pci)
{
	struct ahci *host = kzalloc(sizeof *host);
	uint32_t ports;
	int error;

	if (!host)
		return -ENOMEM;
	host->pci = pci;
	pci_enable(pci);
	host->registers = pci_map_bar(pci, AHCI_BAR);
	if (!host->registers) {
		kfree(host);
		return -ENODEV;
	}
	/* The firmware lets go, where it has a protocol for that. */
	if (mmio_read32(host->registers + HOST_CAPABILITIES_2) & 1) {
		mmio_write32(host->registers + HOST_HANDOFF, mmio_read32(host->registers + HOST_HANDOFF) | 2);
		(void)wait_clear(host->registers + HOST_HANDOFF, 1, 100);
	}
	mmio_write32(host->registers + HOST_CONTROL, CONTROL_AHCI);
	mmio_write32(host->registers + HOST_CONTROL, CONTROL_AHCI | CONTROL_RESET);
	if (!wait_clear(host->registers + HOST_CONTROL, CONTROL_RESET, 1000)) {
		kfree(host);
		return -EIO;
	}
	mmio_write32(host->registers + HOST_CONTROL, CONTROL_AHCI);
	host->capabilities = mmio_read32(host->registers + HOST_CAPABILITIES);
	error = pci_enable_interrupt(pci, host_interrupt, host);
	if (error < 0) {
		kfree(host);
		return error;
	}
	mmio_write32(host->registers + HOST_INTERRUPTS, 0xffffffff);
	mmio_write32(host->registers + HOST_CONTROL, CONTROL_AHCI | CONTROL_INTERRUPTS);
	ports = mmio_read32(host->registers + HOST_PORTS);
	/* After the reset the links need a moment to come up. */
	for (unsigned i = 0; i < PORTS; i++) {
		volatile uint8_t *command = host->registers + 0x100 + i * 0x80 + PORT_COMMAND;

		if (ports >> i & 1)
			mmio_write32(command, mmio_read32(command) | COMMAND_SPIN_UP | COMMAND_POWER_ON);
	}
	clock_sleep_ns(10000000, false);
	for (unsigned i = 0; i < PORTS && disk_count < 26; i++) {
		if (!(ports >> i & 1))
			continue;
		error = port_probe(host, i);
		if (error && error != -ENODEV)
			log_error("ahci: the disk at port %u cannot be used (error %d)", i, -error);
	}
	return 0;
}

void ahci_init(void)
{
	for (struct pci_device *pci = pci_next(NULL); pci; pci = pci_next(pci)) {
		int error;

		if (pci->class != 1 || pci->subclass != 6 || pci->interface != 1)
			continue;
		error = host_probe(pci);
		if (error)
			log_error("ahci: controller at %02x:%02x.%x cannot be used (error %d)", pci->bus, pci->slot,
				  pci->function, -error);
	}
}
