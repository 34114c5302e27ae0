/*
 * panic.h. Runs on whatever stack there is; the traps that mean a broken stack have their own.
 */
#include "debug/panic.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/power.h"
#include "arch/x86_64/trap_frame.h"
#include "debug/assert.h"
#include "debug/backtrace.h"
#include "debug/log.h"
#include "debug/stage.h"
#include "debug/symbols.h"
#include "lib/printf.h"
#include "lib/string.h"

#define CONTROL_PORT 0xeb
#define PANIC_EXIT_CODE 0x7e		/* QEMU's exit status: 253 */

bool panic_in_progress;
struct panic_hooks panic_hooks;

static char text[256];

static void print_registers(const struct trap_frame *f, bool partial)
{
	char name[96];

	log_raw("rip %016lx %s\n", f->rip, symbol_format(f->rip, name, sizeof(name)));
	log_raw("rsp %016lx  flags %08lx  cs %lx ss %lx  trap %lu (%s) error %lx\n", f->rsp, f->rflags, f->cs, f->ss,
		f->vector, trap_name((unsigned)f->vector), f->error);
	log_raw("rax %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rcx, f->rdx);
	log_raw("rsi %016lx  rdi %016lx  r8  %016lx\n", f->rsi, f->rdi, f->r8);
	log_raw("r9  %016lx  r10 %016lx  r11 %016lx\n", f->r9, f->r10, f->r11);
	if (!partial) {
		log_raw("rbx %016lx  rbp %016lx  r12 %016lx\n", f->rbx, f->rbp, f->r12);
		log_raw("r13 %016lx  r14 %016lx  r15 %016lx\n", f->r13, f->r14, f->r15);
	}
	log_raw("cr2 %016lx  cr3 %016lx  cr4 %016lx\n", read_cr2(), read_cr3(), read_cr4());
}

/* The front door of the host's test runs reads this port; it is there when it reads back so. */
static void tell_control_port(void)
{
	if (inb(CONTROL_PORT) != 0xe9)
		return;
	outsb(CONTROL_PORT, "panic ", 6);
	outsb(CONTROL_PORT, text, strlen(text));
	outb(CONTROL_PORT, '\n');
}

static __noreturn void finish(const struct trap_frame *frame, vaddr_t rip, vaddr_t rbp)
{
	char name[128];
	const char *stack = gdt_trap_stack_name((vaddr_t)__builtin_frame_address(0));

	log_raw("\n*** kernel panic: %s\n", text);
	log_raw("cpu %u", cpu_this()->id);
	if (!stage_is_done())
		log_raw(", boot stage %u (%s)", stage_number(), stage_name());
	if (panic_hooks.describe_thread && panic_hooks.describe_thread(name, sizeof(name)))
		log_raw(", %s", name);
	if (cpu_this()->irq_nesting)
		log_raw(", in an interrupt handler");
	if (stack)
		log_raw(", on the %s stack", stack);
	log_raw("\n");
	if (frame)
		print_registers(frame, frame->vector == TRAP_PAGE_FAULT && trap_from_user(frame));
	log_raw("backtrace:\n");
	if (frame && rip == frame->rip && !is_kernel_text(rip) && kernel_readable(frame->rsp)) {
		/* A call through a bad pointer: the caller's address is on top of the stack. */
		log_raw("  --- called %016lx ---\n", rip);
		rip = *(const uint64_t *)frame->rsp;
	}
	backtrace_print(rip, rbp);
	tell_control_port();
	if (panic_hooks.report)
		panic_hooks.report();
	log_raw("*** halted\n");
	power_debug_exit(PANIC_EXIT_CODE);
	cpu_halt();
}

/* Only the first panic speaks; one inside it says so in as few steps as can be. */
static void begin(void)
{
	irq_disable();
	if (__atomic_exchange_n(&panic_in_progress, true, __ATOMIC_SEQ_CST)) {
		static bool twice;

		if (!twice) {
			twice = true;
			log_raw("\n*** another panic inside the panic; halted\n");
			tell_control_port();
			power_debug_exit(PANIC_EXIT_CODE);
		}
		cpu_halt();
	}
	if (cpu_count > 1)
		apic_send_others(IRQ_VECTOR_STOP);
}

void panic(const char *format, ...)
{
	va_list arguments;

	begin();
	va_start(arguments, format);
	kvsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	finish(NULL, (vaddr_t)__builtin_return_address(0) - 1, *(const uint64_t *)__builtin_frame_address(0));
}

void panic_trap(const struct trap_frame *frame, const char *format, ...)
{
	va_list arguments;

	begin();
	va_start(arguments, format);
	kvsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (frame && !trap_from_user(frame))
		finish(frame, frame->rip, frame->rbp);
	finish(frame, (vaddr_t)__builtin_return_address(0) - 1, *(const uint64_t *)__builtin_frame_address(0));
}

/* What the current thread is called, for messages. */
static const char *thread_text(char *buffer, size_t size)
{
	if (!panic_hooks.describe_thread || !panic_hooks.describe_thread(buffer, size))
		string_copy(buffer, "the boot thread", size);
	return buffer;
}

static bool is_guard(vaddr_t address)
{
	if (address >= (vaddr_t)boot_stack_guard && address < (vaddr_t)boot_stack)
		return true;
	return panic_hooks.is_stack_guard && panic_hooks.is_stack_guard(address);
}

void panic_unhandled_trap(const struct trap_frame *frame, vaddr_t address)
{
	char thread[96], place[128];

	thread_text(thread, sizeof(thread));
	switch (frame->vector) {
	case TRAP_DOUBLE_FAULT:
		/* Without a stack not even the page fault that said so could be delivered: CR2 has its address. */
		if (is_guard(read_cr2()) || is_guard(frame->rsp) || is_guard(frame->rsp - 8))
			panic_trap(frame, "kernel stack overflow in %s: rsp 0x%lx ran into the guard below the stack",
				   thread, frame->rsp);
		panic_trap(frame, "double fault in %s: rsp 0x%lx, last page fault at 0x%lx", thread, frame->rsp,
			   read_cr2());
	case TRAP_PAGE_FAULT:
		if (is_guard(address))
			panic_trap(frame, "kernel stack overflow in %s: touched 0x%lx in the guard below the stack",
				   thread, address);
		if (!panic_hooks.describe_address || !panic_hooks.describe_address(address, place, sizeof(place)))
			string_copy(place, address < PAGE_SIZE ? "a null pointer" : "nothing mapped", sizeof(place));
		panic_trap(frame, "kernel page fault: %s of 0x%lx (%s)%s, in %s",
			   frame->error & 16 ? "execution" : frame->error & 2 ? "write" : "read", address, place,
			   frame->error & 1 ? ", not allowed" : "", thread);
	case TRAP_NMI:
		panic_trap(frame, "NMI in %s", thread);
	case TRAP_MACHINE_CHECK:
		panic_trap(frame, "machine check in %s: the hardware reports an error", thread);
	default:
		panic_trap(frame, "%s (trap %lu, error 0x%lx) in the kernel, in %s", trap_name((unsigned)frame->vector),
			   frame->vector, frame->error, thread);
	}
}

void assert_failed(const char *condition, const char *file, int line, const char *function)
{
	panic("assertion failed: %s (%s:%d, %s)", condition, file, line, function);
}
