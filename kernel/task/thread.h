/*
 * A thread: something the scheduler runs. This layer knows its kernel stack, its state and its
 * wait; what a process is, it does not know: the upper layers hang their own objects on the
 * opaque pointers below.
 *
 * Invariants
 *  1. `state` changes under the run queue's lock of the CPU the thread belongs to.
 *  2. The current thread's opaque pointers are changed by the thread itself only (or before it runs).
 */
#ifndef OSIER_TASK_THREAD_H
#define OSIER_TASK_THREAD_H

#include <osier/types.h>

#include "arch/x86_64/context.h"
#include "arch/x86_64/cpu.h"
#include "lib/list.h"
#include "sync/refcount.h"

struct cred;
struct fd_table;
struct fs_context;
struct mmu_context;
struct process;
struct trap_frame;
struct user_thread;
struct vm_fault;
struct vm_space;
struct waitq;

enum thread_state {
	THREAD_NEW,
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_SLEEPING,	/* not interruptible */
	THREAD_WAITING,		/* interruptible by a signal */
	THREAD_STOPPED,		/* job control or tracer */
	THREAD_DEAD,
};

/* Bits of thread.work: the one word that the return to user mode tests. */
enum thread_work {
	THREAD_WORK_RESCHEDULE = 1u << 0,
	THREAD_WORK_SIGNAL = 1u << 1,	/* a signal may be deliverable: also ends interruptible sleeps */
	THREAD_WORK_EXIT = 1u << 2,	/* the process is going away */
	THREAD_WORK_FPU = 1u << 3,	/* reserved for the FPU code */
	THREAD_WORK_TRACE = 1u << 4,	/* the tracer wants to see system calls */
};

struct thread {
	/* Written by the scheduler. */
	struct context *context;
	enum thread_state state;
	uint32_t work;			/* enum thread_work; atomic or/and */
	struct list_node run_link;	/* in a run queue while READY */
	struct waitq *waiting_on;	/* while asleep; for the debugger */
	int wake_reason;		/* what the sleep returns: 0, -ETIMEDOUT, -EINTR */
	uint16_t cpu;			/* CPU it runs on or last ran on */
	uint8_t level;			/* of the run queue; enum thread_priority */
	uint8_t expired;		/* while READY: in the expired array */
	int64_t slice_left_ns;
	uint64_t run_ns, switched_in_ns;	/* exact */
	uint32_t user_ticks, system_ticks;	/* sampled; see thread_times */
	uint64_t user_ns, system_ns;	/* as last told by thread_times */

	/* Fixed before it starts. */
	void (*entry)(void *);
	void *entry_argument;
	uint32_t tid;
	char name[16];
	vaddr_t stack_base, stack_top;	/* kernel stack; [base, top) */
	struct refcount refs;
	struct list_node all_link;	/* every thread, for GDB and ps */

	/* Hung here by upper layers; NULL in a kernel thread. */
	struct mmu_context *mmu;	/* what CR3 must hold while it runs; NULL: whatever is loaded */
	struct vm_space *space;
	struct process *process;
	struct user_thread *user;	/* layer 8 */
	struct list_node process_link;
	struct cred *cred;
	struct fs_context *fs;
	struct fd_table *files;
	struct trap_frame *user_frame;	/* the full frame of the present kernel entry, where there is one */

	/* Memory (layer 6). */
	struct vm_fault *fault;		/* the fault being handled, or the last one */
	void *region_hint;		/* last region a fault of this thread found (struct region *) */
	uint32_t region_hint_seq;
	vaddr_t ahead_next;		/* where the next fault of a sequence of writes would be */
	uint16_t ahead_pages;		/* pages that the last one of the sequence mapped */
	uint16_t faults_disabled;	/* >0: a user access that faults takes its fixup at once */

	/* Signals, sleeping (layer 8 and sync debugging). */
	uint64_t signal_mask;
	uint32_t locks_held_count;	/* debug build: ranks of the locks held, innermost last */
	uint8_t locks_held[16];

	vaddr_t user_fs_base;		/* thread pointer of user mode */
	void *fpu;			/* arch FPU area, NULL until first use */
	bool fpu_live;			/* its registers are in the CPU now */
};

static_assert(offsetof(struct thread, context) == THREAD_OFFSET_CONTEXT, "known to the entry code");
static_assert(offsetof(struct thread, work) == THREAD_OFFSET_WORK, "known to the entry code");
static_assert(THREAD_WORK_TRACE == THREAD_WORK_TRACE_BIT, "known to the entry code");

static inline struct thread *thread_current(void)
{
	return cpu_current_thread();
}

#endif
