/*
 * The boot order, in one list. Each stage is logged with its number; a boot that stops says at which.
 *
 * kernel_main runs on the boot stack, which ends as the idle thread's; what may sleep is the boot thread's, which in the
 * end becomes the first process.
 */
#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/boot_memory_init.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/direct_map.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/idt.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/mmu.h"
#include "arch/x86_64/mtrr.h"
#include "arch/x86_64/tsc.h"
#include "debug/early_serial.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "debug/stage.h"
#include "dev/dev.h"
#include "dev/device.h"
#include "dev/screen.h"
#include "fs/vfs.h"
#include "init/panic_hooks.h"
#include "init/selftest.h"
#include "init/smp.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "task/sched.h"
#include "task/timer.h"
#include "vm/kernel_regions.h"
#include "vm/space.h"

#define DEFAULT_ROOT "vda3"
#define ROOT_PARTITION 3		/* of the image that Osier makes */
#define DEFAULT_INIT "/sbin/init"

void kernel_main(uint32_t magic, paddr_t information);

/* What root= could have named. */
static void log_disks(void)
{
	struct block_device *disk = NULL;

	if (!block_device_next(NULL))
		log_error("there is no disk that this kernel has a driver for (virtio-blk, AHCI)");
	while ((disk = block_device_next(disk)))
		log_error("there is %s, %lu MiB", disk->name, disk->sectors >> 11);
}

/* The first disk that is divided as Osier's image is. */
static const char *default_root(void)
{
	struct block_device *device = NULL;

	while ((device = block_device_next(device)))
		if (device->parent && device->minor - device->parent->minor == ROOT_PARTITION)
			return device->name;
	return DEFAULT_ROOT;
}

/* The second half: threads, interrupts and timers work, and waiting is allowed. */
static void boot_thread(void *argument)
{
	const char *root = cmdline_get("root"), *init = cmdline_get("init");
	const char *arguments[] = { init && *init ? init : DEFAULT_INIT, NULL };
	const char *environment[] = { "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "TERM=linux", "HOME=/root", NULL };
	int error;

	smp_start();
	selftest_run();

	stage_enter("devices");
	dev_init_basic();
	dev_init_disks();

	stage_enter("file systems");
	process_init();
	vfs_init();
	if (!root || !*root)
		root = default_root();
	if (string_starts_with(root, "/dev/"))
		root += 5;
	error = vfs_mount_root(root);
	if (error) {
		log_disks();
		panic("cannot mount the root file system on %s: error %d (root=NAME on the command line chooses another)",
		      root, -error);
	}

	stage_enter("first process");
	for (unsigned i = 0; i < boot_info.module_count; i++)
		frame_release_range(page_count(boot_info.modules[i].start), boot_info.modules[i].end >> PAGE_SHIFT);
	cmdline_check();
	error = process_start_init(arguments[0], arguments, environment);
	panic("cannot start %s: error %d", arguments[0], -error);
}

static void start_boot_thread(void)
{
	vaddr_t stack = kernel_stack_allocate(), reaper = kernel_stack_allocate();
	struct thread *thread;

	if (!stack || !reaper)
		panic("no memory for the first kernel stacks");
	sched_set_stack_free(kernel_stack_free);
	if (sched_start_reaper(reaper, KERNEL_STACK_BYTES))
		panic("no memory for the reaper");
	thread = thread_create_kernel("boot", boot_thread, NULL, PRIORITY_NORMAL, stack, KERNEL_STACK_BYTES);
	if (IS_ERR(thread))
		panic("no memory for the boot thread");
	thread_put(thread);
}

void kernel_main(uint32_t magic, paddr_t information)
{
	early_serial_init();
	gdt_init(&boot_cpu, &boot_descriptors, boot_trap_stacks);
	idt_init();
	cpu_detect();

	boot_info_parse(magic, information);
	log_console_level = (int)cmdline_get_number("loglevel", LOG_INFO);
	stage_enter("boot information");
	boot_info_log();
	cpu_log_features();
	mtrr_log();

	stage_enter("direct map");
	boot_memory_init();
	cpu_patch_text();
	cpu_init_this();
	direct_map_init();
	fpu_init();

	stage_enter("interrupts and time");
	tsc_init();
	irq_init();

	stage_enter("frames");
	frame_init();
	slab_init();
	if (cmdline_get_number("memtest", 0) && frame_memory_test())
		panic("the memory test failed");

	stage_enter("threads");
	timers_init();
	sched_init((vaddr_t)boot_stack, (vaddr_t)boot_stack_top);

	stage_enter("kernel regions");
	kernel_mmu = (struct mmu_context){ .root = direct_map_root(), .cpus = 1 };
	boot_cpu.slots[CPU_SLOT_MMU] = &kernel_mmu;
	vm_init();
	kernel_regions_init();
	panic_hooks_init();
	screen_init_early();

	stage_enter("scheduler");
	start_boot_thread();
	sched_idle();
}
