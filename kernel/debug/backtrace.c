/*
 * backtrace.h. Nothing is dereferenced before the page tables have been asked.
 */
#include "debug/backtrace.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/direct_map.h"
#include "arch/x86_64/image.h"
#include "arch/x86_64/pte.h"
#include "arch/x86_64/trap_frame.h"
#include "debug/log.h"
#include "debug/symbols.h"

#define DEPTH_MAX 32		/* lines */
#define FRAMES_MAX 4096

extern char entry_text_start[], entry_text_end[], syscall_entry[], syscall_text_end[];

bool kernel_readable(vaddr_t address)
{
	paddr_t table = read_cr3() & PTE_FRAME_MASK;

	if (address < DIRECT_MAP_BASE || page_offset(address) > PAGE_SIZE - 8)
		return false;
	if (!direct_map_ready)
		return is_kernel_image(address);
	for (unsigned level = 0; level < PT_LEVELS; level++) {
		uint64_t entry;

		/* kernel_root and image tables are RAM too, so the direct map has them. */
		if (table >= direct_map_end)
			return false;
		entry = ((const uint64_t *)phys_to_virt(table))[pt_index(address, level)];
		if (!(entry & PTE_PRESENT))
			return false;
		if (level > 0 && level < 3 && entry & PTE_LARGE)
			return true;
		table = entry & PTE_FRAME_MASK;
	}
	return true;
}

static bool is_entry_code(vaddr_t address)
{
	return (address >= (vaddr_t)entry_text_start && address < (vaddr_t)entry_text_end) ||
	       (address >= (vaddr_t)syscall_entry && address < (vaddr_t)syscall_text_end);
}

/* One line, unless it is the line before once more: recursion is counted. */
static void print_line(unsigned *depth, vaddr_t rip, unsigned called, unsigned *repeats)
{
	static vaddr_t last;
	char text[96];

	if (*depth && rip && rip == last) {
		++*repeats;
		return;
	}
	if (*repeats)
		log_raw("      ... %u times more\n", *repeats);
	*repeats = 0;
	last = rip;
	if (!rip)
		return;
	/* A return address is one past the call: the name belongs to the instruction before. */
	if (is_kernel_text(rip))
		log_raw("  #%-2u %016lx %s\n", *depth, rip, symbol_format(rip - called, text, sizeof(text)));
	else
		log_raw("  #%-2u %016lx\n", *depth, rip);
	++*depth;
}

void backtrace_print(vaddr_t rip, vaddr_t rbp)
{
	unsigned called = 0, depth = 0, repeats = 0;

	for (unsigned frames = 0; frames < FRAMES_MAX && depth < DEPTH_MAX && rip; frames++) {
		const uint64_t *frame = (const uint64_t *)rbp;

		print_line(&depth, rip, called, &repeats);
		if (rbp & 7 || !kernel_readable(rbp) || !kernel_readable(rbp + 8))
			break;
		rip = frame[1];
		called = 1;
		if (is_entry_code(rip)) {
			/* Called by an entry stub: the trap frame lies right above the return address. */
			const struct trap_frame *trap = (const struct trap_frame *)(rbp + 16);

			if (!kernel_readable((vaddr_t)&trap->vector) || !kernel_readable((vaddr_t)&trap->ss))
				break;
			print_line(&depth, 0, 0, &repeats);
			log_raw("  --- %s ---\n", trap_name((unsigned)trap->vector));
			called = 0;
			rip = trap->rip;
			if (trap_from_user(trap)) {
				log_raw("  #%-2u %016lx user mode\n", depth, rip);
				return;
			}
		} else if (frame[0] <= rbp && frame[0]) {
			break;		/* stacks grow down: a caller's frame is above */
		}
		rbp = frame[0];
	}
	print_line(&depth, 0, 0, &repeats);
}

unsigned backtrace_collect(vaddr_t *addresses, unsigned limit)
{
	vaddr_t rbp = (vaddr_t)__builtin_frame_address(0);
	unsigned count = 0;

	while (count < limit && !(rbp & 7) && kernel_readable(rbp) && kernel_readable(rbp + 8)) {
		const uint64_t *frame = (const uint64_t *)rbp;

		if (!is_kernel_text(frame[1]))
			break;
		addresses[count++] = frame[1];
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
	return count;
}
