/*
 * The boot order, in one list. Each stage is logged with its number; a boot that stops says at which.
 */
#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/boot_memory_init.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/direct_map.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/idt.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/tsc.h"
#include "debug/early_serial.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "debug/stage.h"
#include "mm/frame.h"
#include "mm/slab.h"

void kernel_main(uint32_t magic, paddr_t information);

void kernel_main(uint32_t magic, paddr_t information)
{
	early_serial_init();
	gdt_init(&boot_cpu, &boot_descriptors, boot_trap_stacks);
	idt_init();
	cpu_detect();

	stage_enter("boot information");
	boot_info_parse(magic, information);
	log_console_level = (int)cmdline_get_number("loglevel", LOG_INFO);
	cpu_log_features();

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

	panic("nothing to run");
}
