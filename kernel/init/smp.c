/*
 * smp.h.
 */
#include "init/smp.h"

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/ap.h"
#include "arch/x86_64/boot_info.h"
#include "debug/log.h"
#include "debug/trace.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "vm/kernel_regions.h"

#define TRAP_STACKS_ORDER 3		/* 2^3 pages */

static_assert(TRAP_STACK_COUNT * TRAP_STACK_BYTES == PAGE_SIZE << TRAP_STACKS_ORDER, "the block holds the stacks");

/* Everything one CPU needs. Kept for ever: a CPU that answers late must find it. */
struct cpu_memory {
	struct cpu cpu;
	struct cpu_descriptors descriptors;
	struct ap_start_request request;
	struct trace_ring ring;
};

static int start_one(unsigned id, uint32_t apic_id)
{
	struct cpu_memory *memory = kmalloc(sizeof(*memory));
	struct frame *stacks = frame_alloc_block(TRAP_STACKS_ORDER, FRAME_KERNEL);
	vaddr_t stack = kernel_stack_allocate();
	struct cpu *cpu;

	if (!memory || !stacks || !stack)
		goto fail;
	memset(memory, 0, sizeof(*memory));
	cpu = &memory->cpu;
	cpu->self = cpu;
	cpu->id = id;
	cpu->apic_id = apic_id;
	cpu->kernel_stack_top = stack + KERNEL_STACK_BYTES;
	memory->ring.magic = TRACE_MAGIC;
	memory->ring.version = TRACE_VERSION;
	memory->ring.records = TRACE_RECORDS;
	memory->ring.cpu = id;
	cpu->slots[CPU_SLOT_TRACE] = &memory->ring;
	memory->request = (struct ap_start_request){
		.cpu = cpu,
		.descriptors = &memory->descriptors,
		.trap_stacks = frame_to_virt(stacks),
	};
	return ap_wake(&memory->request);

fail:
	if (memory)
		kfree(memory);
	if (stacks)
		frame_free_block(stacks, TRAP_STACKS_ORDER);
	if (stack)
		kernel_stack_free(stack);
	return -ENOMEM;
}

void smp_start(void)
{
	uint64_t wanted = cmdline_get_number("cpus", CPU_MAX);
	unsigned next = 1;

	for (unsigned i = 0; i < acpi_info.cpu_count && next < wanted && next < CPU_MAX; i++) {
		int error;

		if (acpi_info.cpu_apic_ids[i] == boot_cpu.apic_id)
			continue;
		error = start_one(next, acpi_info.cpu_apic_ids[i]);
		if (error) {
			/* It may still come: where it begins stays as it is. */
			log_warn("smp: CPU with APIC id %u does not start: error %d", acpi_info.cpu_apic_ids[i], -error);
			return;
		}
		next++;
	}
	ap_finish();
	if (next > 1)
		log_info("smp: %u CPUs", next);
}
