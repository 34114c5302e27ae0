/*
 * The two regions that programs get without asking: the heap that brk moves, and the stack.
 */
#include "lib/err.h"
#include "mm/commit.h"
#include "vm/space_private.h"

/* Below a stack: no access, and a fault there says that it was the stack's. */
#define STACK_GUARD_BYTES (64 * 1024ul)

void vm_set_brk_start(struct vm_space *space, vaddr_t address)
{
	space->brk_start = space->brk = address;
}

vaddr_t vm_brk(struct vm_space *space, vaddr_t address)
{
	vaddr_t old_end, new_end, place;

	if (address < space->brk_start || address >= USER_HIGH)
		return space->brk;
	old_end = page_round_up(space->brk);
	new_end = page_round_up(address);
	if (new_end > old_end) {
		struct vm_map_request request = {
			.address = old_end,
			.bytes = new_end - old_end,
			.prot = PROT_R | PROT_W,
			.max_prot = PROT_R | PROT_W | PROT_X,
			.flags = REGION_BRK,
			.fixed = true,
			.no_replace = true,
			.name = "[heap]",
		};

		if (vm_map(space, &request, &place))
			return space->brk;
	} else if (new_end < old_end) {
		if (vm_unmap(space, new_end, old_end - new_end))
			return space->brk;
	}
	space->brk = address;
	return address;
}

int vm_map_stack(struct vm_space *space, vaddr_t top, size_t limit)
{
	struct vm_map_request stack = {
		.address = top - page_round_up(limit),
		.bytes = page_round_up(limit),
		.prot = PROT_R | PROT_W,
		.max_prot = PROT_R | PROT_W | PROT_X,
		.flags = REGION_STACK,
		.fixed = true,
		.no_replace = true,
		.name = "[stack]",
	};
	struct vm_map_request guard = {
		.address = stack.address - STACK_GUARD_BYTES,
		.bytes = STACK_GUARD_BYTES,
		.flags = REGION_GUARD | REGION_RESERVED,
		.fixed = true,
		.no_replace = true,
		.name = "[stack guard]",
	};
	vaddr_t place;
	int error = vm_map(space, &stack, &place);

	if (!error)
		error = vm_map(space, &guard, &place);
	if (!error)
		error = commit_charge(STACK_PROMISED_PAGES);
	if (!error)
		space->promised += STACK_PROMISED_PAGES;
	if (!error)
		space->mmap_top = guard.address;
	return error;
}
