/*
 * The table of debug/debug_abi.h. Here, because it names structures of every layer. The debugger looks types up as this
 * file sees them: a program may have a struct process of its own.
 */
#include "debug/debug_abi.h"

#include <osier/layout.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/pt.h"
#include "arch/x86_64/trap_frame.h"
#include "debug/trace.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "mm/frame.h"
#include "proc/process.h"
#include "task/thread.h"
#include "vm/fault.h"
#include "vm/fault_work.h"
#include "vm/object.h"
#include "vm/space.h"

#ifdef CONFIG_DEBUG
#define IS_DEBUG 1
#else
#define IS_DEBUG 0
#endif

#define SIZE(type) { #type, sizeof(type) }
#define AT(type, member) { #type "." #member, offsetof(type, member) }

#define LAYOUT                                                                                    \
	SIZE(struct cpu), AT(struct cpu, thread), AT(struct cpu, slots),                          \
	SIZE(struct thread), AT(struct thread, stack_top), AT(struct thread, space),              \
	AT(struct thread, process), AT(struct thread, fault), AT(struct thread, all_link),        \
	SIZE(struct process), AT(struct process, pid), AT(struct process, state),                 \
	AT(struct process, parent), AT(struct process, all_link), AT(struct process, space),      \
	AT(struct process, executable), AT(struct process, name),                                 \
	SIZE(struct vm_space), AT(struct vm_space, regions), AT(struct vm_space, mmu),            \
	AT(struct vm_space, owner_pid), AT(struct vm_space, all_link),                            \
	SIZE(struct region), AT(struct region, node), AT(struct region, start),                   \
	AT(struct region, end), AT(struct region, first_start), AT(struct region, last_end),      \
	AT(struct region, largest_gap), AT(struct region, object),                                \
	AT(struct region, object_page), AT(struct region, prot), AT(struct region, flags),        \
	SIZE(struct tree_node), AT(struct tree_node, left), AT(struct tree_node, right),          \
	SIZE(struct vm_object), AT(struct vm_object, kind), AT(struct vm_object, id),             \
	AT(struct vm_object, size), AT(struct vm_object, pages),                                  \
	AT(struct vm_object, regions), AT(struct vm_object, all_link),                            \
	SIZE(struct radix), AT(struct radix, root), AT(struct radix, height),                     \
	SIZE(struct radix_node), AT(struct radix_node, slots),                                    \
	SIZE(struct frame), AT(struct frame, refs), AT(struct frame, kind),                       \
	AT(struct frame, flags), AT(struct frame, object),                                        \
	SIZE(struct vm_fault), AT(struct vm_fault, address), AT(struct vm_fault, error),          \
	AT(struct vm_fault, sequence), AT(struct vm_fault, entry),                                \
	AT(struct vm_fault, verdict), AT(struct vm_fault, outcome),                               \
	SIZE(struct fault_work), AT(struct fault_work, fault),                                    \
	SIZE(struct trap_frame), AT(struct trap_frame, rip),                                      \
	SIZE(struct trace_ring), AT(struct trace_ring, record), SIZE(struct trace_record)

static const struct debug_layout counted[] = { LAYOUT };

const struct debug_abi debug_abi = {
	.magic = DEBUG_ABI_MAGIC,
	.version = DEBUG_ABI_VERSION,
	.bytes = sizeof(struct debug_abi) + sizeof counted,
	.page_shift = PAGE_SHIFT,
	.levels = PT_LEVELS,
	.user_root_entries = USER_ROOT_ENTRIES,
	.trace_version = TRACE_VERSION,
	.direct_map = DIRECT_MAP_BASE,
	.direct_map_bytes = DIRECT_MAP_BYTES,
	.kernel_regions = KERNEL_REGIONS_BASE,
	.kernel_regions_bytes = KERNEL_REGIONS_BYTES,
	.frame_array = FRAME_ARRAY_BASE,
	.kernel_image = KERNEL_IMAGE_BASE,
	.user_low = USER_LOW,
	.user_high = USER_HIGH,
	.config_debug = IS_DEBUG,
	.layout_count = ARRAY_SIZE(counted),
	.layout = { LAYOUT },
};
