/*
 * The CPU this code runs on: its struct cpu (GS base points at it), features, and the instructions that C cannot say.
 *
 * Invariants
 *  1. In the kernel GS base is this CPU's struct cpu; user mode never sees it (swapgs at every crossing).
 *  2. Offsets below are known to NASM through cpu_offsets.inc and checked in cpu.c.
 *  3. `thread` changes in the context switch only, with interrupts off.
 */
#ifndef OSIER_ARCH_CPU_H
#define OSIER_ARCH_CPU_H

#include <osier/compiler.h>
#include <osier/types.h>

#define CPU_MAX 16

struct thread;
struct tss;

/* Words that upper layers keep per CPU. */
enum cpu_slot {
	CPU_SLOT_RUN_QUEUE,
	CPU_SLOT_IDLE_THREAD,
	CPU_SLOT_TRACE,
	CPU_SLOT_GATHER,
	CPU_SLOT_TIMERS,
	CPU_SLOT_MMU,		/* struct mmu_context that CR3 holds */
	CPU_SLOT_SPARE_0,
	CPU_SLOT_SPARE_1,
	CPU_SLOT_COUNT,
};

#define CPU_LOCKS_MAX 16

struct cpu {
	struct cpu *self;
	struct thread *thread;		/* what runs here; its head has a fixed layout, see context.h */
	vaddr_t kernel_stack_top;	/* where entries from user mode begin to push */
	uint64_t user_rsp;		/* scratch of the system call entry */
	uint32_t id;			/* index into cpu_table */
	uint32_t apic_id;
	uint32_t irq_nesting;		/* > 0: in an interrupt handler */
	uint32_t preempt_count;		/* spinlocks held and sections that must not sleep */
	uint32_t need_resched;		/* the scheduler wants this CPU; kernel code asks at sched_point */
	uint32_t online;
	void *slots[CPU_SLOT_COUNT];
	struct tss *tss;
	uint64_t irq_count, trap_count;

	/* Debug build: spinlocks held here, innermost last. */
	uint32_t locks_held;
	uint8_t lock_ranks[CPU_LOCKS_MAX];
	const void *locks[CPU_LOCKS_MAX];
};

/* Every CPU by id; NULL where there is none. For loops over CPUs and for GDB. */
extern struct cpu *cpu_table[CPU_MAX];
extern uint32_t cpu_count;
extern struct cpu boot_cpu;

static __always_inline struct cpu *cpu_this(void)
{
	struct cpu *cpu;

	/* Volatile: after a sleep the thread may be on another CPU. */
	__asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

static __always_inline struct thread *cpu_current_thread(void)
{
	struct thread *thread;

	/* A function that switches away comes back as the same thread, so the value may be reused. */
	__asm__("movq %%gs:8, %0" : "=r"(thread));
	return thread;
}

static __always_inline unsigned cpu_id(void)
{
	uint32_t id;

	__asm__ volatile("movl %%gs:%c1, %0" : "=r"(id) : "i"(offsetof(struct cpu, id)));
	return id;
}

static __always_inline void *cpu_slot(enum cpu_slot slot)
{
	return cpu_this()->slots[slot];
}

/* The context switch: who runs here from now on. Interrupts off. */
static __always_inline void cpu_set_thread(struct thread *thread)
{
	__asm__ volatile("movq %0, %%gs:8" : : "r"(thread) : "memory");
}

/* Where the next entry from user mode finds its kernel stack (TSS and system calls). Interrupts off. */
void cpu_set_kernel_stack(vaddr_t top);

/* User mode's FS base (thread pointer). */
void cpu_set_user_fs(vaddr_t base);

/* Code that holds a spinlock or must not sleep. Debug asserts read it; the kernel is never preempted anyway. */
static __always_inline void preempt_disable(void)
{
	__asm__ volatile("incl %%gs:%c0" : : "i"(offsetof(struct cpu, preempt_count)) : "memory");
}

static __always_inline void preempt_enable(void)
{
	__asm__ volatile("decl %%gs:%c0" : : "i"(offsetof(struct cpu, preempt_count)) : "memory");
}

/* May the current context sleep: no interrupt handler, no spinlock. */
static __always_inline bool cpu_may_sleep(void)
{
	const struct cpu *cpu = cpu_this();

	return !READ_ONCE(cpu->irq_nesting) && !READ_ONCE(cpu->preempt_count);
}

/* ---- features -------------------------------------------------------------------------------- */

struct cpu_features {
	char vendor[13];
	char brand[49];
	uint32_t family, model, stepping;
	uint8_t physical_bits, virtual_bits;
	bool nx, pge, pat, global_pages;
	bool gigabyte_pages;
	bool smep, smap, umip;
	bool xsave, xsaveopt, avx, avx512;
	bool rdrand, rdseed;
	bool apic, x2apic, tsc_deadline, invariant_tsc;
	bool hypervisor;
};

extern struct cpu_features cpu_features;

/* Reads cpuid into cpu_features; panics naming what is missing where the CPU cannot run Osier. */
void cpu_detect(void);
/* CR0, CR4, EFER, PAT, SYSCALL MSRs of this CPU. */
void cpu_init_this(void);
void cpu_log_features(void);
/* Puts stac and clac into the text where the CPU has SMAP; before the text becomes read-only. */
void cpu_patch_text(void);

/*
 * PAT as loaded on every CPU: entry 0 WB, 1 WC, 2 UC-, 3 UC, 4..7 the same again.
 * So an entry with PWT alone is write-combining, with PWT and PCD uncached; the PAT bit is never used.
 */
#define CPU_PAT 0x0007010600070106ull

/* ---- instructions ---------------------------------------------------------------------------- */

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void outsb(uint16_t port, const void *data, size_t bytes)
{
	__asm__ volatile("rep outsb" : "+S"(data), "+c"(bytes) : "d"(port) : "memory");
}

static inline void insb(uint16_t port, void *data, size_t bytes)
{
	__asm__ volatile("rep insb" : "+D"(data), "+c"(bytes) : "d"(port) : "memory");
}

static inline void io_wait(void)
{
	outb(0x80, 0);
}

/* Registers of devices in memory: one access of exactly that width. */
static inline uint8_t mmio_read8(const volatile void *address) { return *(const volatile uint8_t *)address; }
static inline uint16_t mmio_read16(const volatile void *address) { return *(const volatile uint16_t *)address; }
static inline uint32_t mmio_read32(const volatile void *address) { return *(const volatile uint32_t *)address; }
static inline uint64_t mmio_read64(const volatile void *address) { return *(const volatile uint64_t *)address; }
static inline void mmio_write8(volatile void *address, uint8_t v) { *(volatile uint8_t *)address = v; }
static inline void mmio_write16(volatile void *address, uint16_t v) { *(volatile uint16_t *)address = v; }
static inline void mmio_write32(volatile void *address, uint32_t v) { *(volatile uint32_t *)address = v; }
static inline void mmio_write64(volatile void *address, uint64_t v) { *(volatile uint64_t *)address = v; }

enum msr {
	MSR_APIC_BASE = 0x1b,
	MSR_PAT = 0x277,
	MSR_X2APIC = 0x800,
	MSR_EFER = 0xc0000080,
	MSR_STAR = 0xc0000081,
	MSR_LSTAR = 0xc0000082,
	MSR_CSTAR = 0xc0000083,
	MSR_SFMASK = 0xc0000084,
	MSR_FS_BASE = 0xc0000100,
	MSR_GS_BASE = 0xc0000101,
	MSR_KERNEL_GS_BASE = 0xc0000102,
};

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t read_cr0(void) { uint64_t v; __asm__ volatile("mov %%cr0, %0" : "=r"(v)); return v; }
static inline uint64_t read_cr2(void) { uint64_t v; __asm__ volatile("mov %%cr2, %0" : "=r"(v)); return v; }
static inline uint64_t read_cr3(void) { uint64_t v; __asm__ volatile("mov %%cr3, %0" : "=r"(v)); return v; }
static inline uint64_t read_cr4(void) { uint64_t v; __asm__ volatile("mov %%cr4, %0" : "=r"(v)); return v; }
static inline void write_cr0(uint64_t v) { __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
static inline void write_cr2(uint64_t v) { __asm__ volatile("mov %0, %%cr2" : : "r"(v) : "memory"); }
static inline void write_cr3(uint64_t v) { __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory"); }
static inline void write_cr4(uint64_t v) { __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }

enum control_bits {
	CR0_PE = 1 << 0, CR0_MP = 1 << 1, CR0_EM = 1 << 2, CR0_TS = 1 << 3, CR0_NE = 1 << 5,
	CR0_WP = 1 << 16, CR0_AM = 1 << 18, CR0_NW = 1 << 29, CR0_CD = 1 << 30,
	CR4_PGE = 1 << 7, CR4_OSFXSR = 1 << 9, CR4_OSXMMEXCPT = 1 << 10, CR4_UMIP = 1 << 11,
	CR4_OSXSAVE = 1 << 18, CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21,
	EFER_SCE = 1 << 0, EFER_LME = 1 << 8, EFER_LMA = 1 << 10, EFER_NXE = 1 << 11,
};
#define CR0_PG 0x80000000ull

static inline void invlpg(vaddr_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

struct cpuid_result { uint32_t eax, ebx, ecx, edx; };

static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_result r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static __always_inline void cpu_pause(void) { __asm__ volatile("pause"); }
static __always_inline void irq_enable(void) { __asm__ volatile("sti" : : : "memory"); }
static __always_inline void irq_disable(void) { __asm__ volatile("cli" : : : "memory"); }

#define RFLAGS_IF 0x200u

static __always_inline uint64_t irq_save(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static __always_inline void irq_restore(uint64_t flags)
{
	if (flags & RFLAGS_IF)
		irq_enable();
}

static __always_inline bool irq_enabled(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
	return flags & RFLAGS_IF;
}

/* Waits for the next interrupt; enables interrupts and halts without a gap between the two. */
static __always_inline void cpu_idle_wait(void) { __asm__ volatile("sti; hlt" : : : "memory"); }

/* Stops this CPU for good. */
static __always_inline __noreturn void cpu_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

#endif
