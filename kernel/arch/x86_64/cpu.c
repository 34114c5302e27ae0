/*
 * What the CPU can do, and its control registers. The same settings on every CPU.
 *
 * FSGSBASE stays off also where present: the thread pointer is set by a system call, so a context switch need not read it
 * back, and user mode can put nothing into GS base that an entry could mistake for the kernel's.
 */
#include "arch/x86_64/cpu.h"

#include "arch/x86_64/context.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/trap_frame.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "lib/string.h"

/* cpu_offsets.inc */
static_assert(offsetof(struct cpu, self) == 0 && offsetof(struct cpu, thread) == 8, "cpu_offsets.inc");
static_assert(offsetof(struct cpu, kernel_stack_top) == 16, "cpu_offsets.inc");
static_assert(offsetof(struct cpu, user_rsp) == 24, "cpu_offsets.inc");
static_assert(offsetof(struct trap_frame, r11) == 48 && offsetof(struct trap_frame, r10) == 72, "cpu_offsets.inc");
static_assert(offsetof(struct trap_frame, vector) == 120 && offsetof(struct trap_frame, rip) == 136, "cpu_offsets.inc");
static_assert(offsetof(struct trap_frame, ss) == 168, "cpu_offsets.inc");

struct cpu boot_cpu = { .self = &boot_cpu, .online = 1 };
struct cpu *cpu_table[CPU_MAX] = { &boot_cpu };
uint32_t cpu_count = 1;
struct cpu_features cpu_features;

extern const vaddr_t smap_patch_start[], smap_patch_end[];
extern char syscall_entry[];

static bool bit(uint32_t word, unsigned n)
{
	return word >> n & 1;
}

void cpu_detect(void)
{
	struct cpu_features *f = &cpu_features;
	struct cpuid_result r = cpuid(0, 0), extended;
	uint32_t max_leaf = r.eax, max_extended;
	uint32_t words[12];

	memcpy(f->vendor, &r.ebx, 4);
	memcpy(f->vendor + 4, &r.edx, 4);
	memcpy(f->vendor + 8, &r.ecx, 4);

	r = cpuid(1, 0);
	f->stepping = r.eax & 15;
	f->model = (r.eax >> 4 & 15) | (r.eax >> 12 & 0xf0);
	f->family = (r.eax >> 8 & 15) + ((r.eax >> 8 & 15) == 15 ? r.eax >> 20 & 0xff : 0);
	f->apic = bit(r.edx, 9);
	f->pge = f->global_pages = bit(r.edx, 13);
	f->pat = bit(r.edx, 16);
	f->x2apic = bit(r.ecx, 21);
	f->tsc_deadline = bit(r.ecx, 24);
	f->xsave = bit(r.ecx, 26);
	f->avx = bit(r.ecx, 28);
	f->rdrand = bit(r.ecx, 30);
	f->hypervisor = bit(r.ecx, 31);
	if (!f->pat || !f->pge || !bit(r.edx, 4) || !bit(r.edx, 24) || !bit(r.edx, 26))
		panic("cpu: PAT, global pages, TSC, FXSR and SSE2 are required");

	if (max_leaf >= 7) {
		r = cpuid(7, 0);
		f->smep = bit(r.ebx, 7);
		f->rdseed = bit(r.ebx, 18);
		f->smap = bit(r.ebx, 20);
		f->avx512 = bit(r.ebx, 16);
		f->umip = bit(r.ecx, 2);
	}
	if (f->xsave && max_leaf >= 13)
		f->xsaveopt = bit(cpuid(13, 1).eax, 0);

	max_extended = cpuid(0x80000000, 0).eax;
	extended = cpuid(0x80000001, 0);
	f->nx = bit(extended.edx, 20);
	f->gigabyte_pages = bit(extended.edx, 26);
	if (!bit(extended.edx, 11))
		panic("cpu: SYSCALL is required");
	f->physical_bits = 36;
	f->virtual_bits = 48;
	if (max_extended >= 0x80000008) {
		r = cpuid(0x80000008, 0);
		f->physical_bits = r.eax & 0xff;
		f->virtual_bits = r.eax >> 8 & 0xff;
	}
	if (max_extended >= 0x80000007)
		f->invariant_tsc = bit(cpuid(0x80000007, 0).edx, 8);
	if (max_extended >= 0x80000004) {
		const char *name = (const char *)words;

		for (unsigned i = 0; i < 3; i++) {
			r = cpuid(0x80000002 + i, 0);
			memcpy(words + 4 * i, &r, 16);
		}
		while (*name == ' ' && name < (const char *)words + 47)
			name++;
		string_copy(f->brand, name, (size_t)((const char *)words + 48 - name));
	}
}

/* The user-copy code and the entry stubs hold three-byte NOPs where stac and clac belong. Text is still writable. */
static void smap_patch(void)
{
	for (const vaddr_t *site = smap_patch_start; site < smap_patch_end; site += 2) {
		uint8_t *code = (uint8_t *)site[0];

		code[0] = 0x0f;
		code[1] = 0x01;
		code[2] = site[1] ? 0xcb : 0xca;	/* stac, clac */
	}
}

void cpu_patch_text(void)
{
	if (cpu_features.smap)
		smap_patch();
}

void cpu_init_this(void)
{
	uint64_t cr4 = read_cr4() | CR4_PGE;

	if (cpu_features.smep)
		cr4 |= CR4_SMEP;
	if (cpu_features.smap)
		cr4 |= CR4_SMAP;
	if (cpu_features.umip)
		cr4 |= CR4_UMIP;
	write_cr0((read_cr0() | CR0_WP | CR0_NE | CR0_MP) & ~(uint64_t)(CR0_EM | CR0_AM | CR0_NW | CR0_CD));
	write_cr4(cr4);
	wrmsr(MSR_PAT, CPU_PAT);
	write_cr3(read_cr3());

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
	/* SYSCALL loads KERNEL_CS and the one after it; SYSRET loads USER_SS - 8 + 8 and + 16. */
	wrmsr(MSR_STAR, (uint64_t)(USER_SS - 8) << 48 | (uint64_t)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
	wrmsr(MSR_CSTAR, 0);				/* no 32-bit code segments: cannot be reached */
	wrmsr(MSR_SFMASK, RFLAGS_IF | RFLAGS_DF | RFLAGS_TF | RFLAGS_AC | RFLAGS_NT);
	wrmsr(MSR_KERNEL_GS_BASE, 0);		/* user mode's, while the kernel runs */
}

void cpu_set_kernel_stack(vaddr_t top)
{
	struct cpu *cpu = cpu_this();

	cpu->kernel_stack_top = top;
	cpu->tss->rsp0 = top;
}

void cpu_set_user_fs(vaddr_t base)
{
	wrmsr(MSR_FS_BASE, base);
}

void cpu_log_features(void)
{
	const struct cpu_features *f = &cpu_features;

	log_info("cpu: %s, family %u model %u, %u physical bits", f->brand[0] ? f->brand : f->vendor, f->family,
		 f->model, f->physical_bits);
	log_info("cpu: NX PAT%s%s%s%s%s%s%s%s%s", f->gigabyte_pages ? " 1GiB-pages" : "", f->smep ? " SMEP" : "",
		 f->smap ? " SMAP" : "", f->umip ? " UMIP" : "", f->xsave ? " XSAVE" : "", f->avx ? " AVX" : "",
		 f->rdrand ? " RDRAND" : "", f->tsc_deadline ? " TSC-deadline" : "",
		 f->invariant_tsc ? " invariant-TSC" : "");
}
