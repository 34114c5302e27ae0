/*
 * ap.h. The trampoline's page lies below 1 MiB and was kept out of the allocators.
 */
#include "arch/x86_64/ap.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/boot_memory_init.h"
#include "arch/x86_64/direct_map.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/idt.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/mmu.h"
#include "arch/x86_64/pte.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/upcalls.h"
#include "lib/err.h"
#include "lib/string.h"

#include <osier/layout.h>

#define ANSWER_NS 200000000ull

/* ap_trampoline.asm */
struct parameters {
	uint64_t root;
	struct cpu *cpu;
	vaddr_t stack;
	uint64_t kernel_root;
	void (*entry)(void);
};

extern const char ap_trampoline_start[], ap_trampoline_end[], ap_trampoline_parameters[];
extern uint64_t identity_pdpt[512], identity_directory[512];
void ap_entry(void);
void ap_start(struct cpu *cpu);

/* In the image, so below 4 GiB: real mode hands CR3 over in 32 bits. */
static uint64_t ap_root[512] __section(".bss.page_aligned") __aligned(4096);
static const struct ap_start_request *current;

static void prepare(const struct ap_start_request *request)
{
	char *page = phys_to_virt(BOOT_AP_TRAMPOLINE);
	struct parameters parameters = {
		.root = image_to_phys(ap_root),
		.cpu = request->cpu,
		.stack = request->cpu->kernel_stack_top,
		.kernel_root = direct_map_root(),
		.entry = ap_entry,
	};

	memset(identity_pdpt, 0, sizeof(identity_pdpt));
	memset(identity_directory, 0, sizeof(identity_directory));
	identity_directory[0] = PTE_PRESENT | PTE_WRITE | PTE_LARGE;
	identity_pdpt[0] = image_to_phys(identity_directory) | PTE_PRESENT | PTE_WRITE;
	memcpy(ap_root + 256, kernel_root + 256, 256 * sizeof(uint64_t));
	ap_root[0] = image_to_phys(identity_pdpt) | PTE_PRESENT | PTE_WRITE;
	memcpy(page, ap_trampoline_start, (size_t)(ap_trampoline_end - ap_trampoline_start));
	memcpy(page + (ap_trampoline_parameters - ap_trampoline_start), &parameters, sizeof(parameters));
}

static bool wait_online(const struct cpu *cpu, uint64_t ns)
{
	uint64_t end = time_ns() + ns;

	while (!load_acquire(&cpu->online))
		if (time_ns() > end)
			return false;
	return true;
}

int ap_wake(const struct ap_start_request *request)
{
	struct cpu *cpu = request->cpu;

	current = request;
	prepare(request);
	apic_send_init(cpu->apic_id);
	delay_us(10000);
	apic_send_startup(cpu->apic_id, BOOT_AP_TRAMPOLINE >> PAGE_SHIFT);
	if (wait_online(cpu, 1000000))
		return 0;
	apic_send_startup(cpu->apic_id, BOOT_AP_TRAMPOLINE >> PAGE_SHIFT);
	return wait_online(cpu, ANSWER_NS) ? 0 : -ETIMEDOUT;
}

void ap_finish(void)
{
	memset(ap_root, 0, sizeof(ap_root));
	memset(identity_pdpt, 0, sizeof(identity_pdpt));
	memset(identity_directory, 0, sizeof(identity_directory));
	memset(phys_to_virt(BOOT_AP_TRAMPOLINE), 0, PAGE_SIZE);
}

/* On the new CPU, on its own stack, in the kernel's root, interrupts off. */
void ap_start(struct cpu *cpu)
{
	vaddr_t stack_top = cpu->kernel_stack_top;

	gdt_init(cpu, current->descriptors, current->trap_stacks);
	idt_load();
	cpu_init_this();
	fpu_init();
	apic_init();
	cpu_set_kernel_stack(stack_top);
	cpu->slots[CPU_SLOT_MMU] = &kernel_mmu;
	__atomic_fetch_or(&kernel_mmu.cpus, 1ull << cpu->id, __ATOMIC_SEQ_CST);
	cpu_table[cpu->id] = cpu;
	__atomic_store_n(&cpu_count, cpu->id + 1, __ATOMIC_RELEASE);
	store_release(&cpu->online, 1);
	ap_main();
}
