/*
 * The FPU registers of user threads. The lazy switching is arch's and the scheduler's; here is who has an area.
 */
#include "proc/fpu_state.h"

#include <osier/abi/errno.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/fpu.h"
#include "mm/slab.h"
#include "task/thread.h"
#include "vm/user_copy.h"

static struct slab_cache *area_cache;

void fpu_state_init(void)
{
	area_cache = slab_cache_create("fpu", fpu_area_bytes(), FPU_AREA_ALIGN, NULL);
}

int fpu_state_first_use(void)
{
	struct thread *thread = thread_current();

	if (!thread->fpu) {
		void *area = slab_alloc(area_cache);

		if (!area)
			return -ENOMEM;
		fpu_area_init(area);
		thread->fpu = area;
	}
	irq_disable();
	fpu_first_use(thread->fpu);
	thread->fpu_live = true;
	irq_enable();
	return 0;
}

int fpu_state_fork(struct thread *child)
{
	struct thread *thread = thread_current();

	if (!thread->fpu)
		return 0;
	child->fpu = slab_alloc(area_cache);
	if (!child->fpu)
		return -ENOMEM;
	irq_disable();
	fpu_fork_copy(child->fpu, thread->fpu, thread->fpu_live);
	irq_enable();
	return 0;
}

void fpu_state_drop(void)
{
	struct thread *thread = thread_current();

	irq_disable();
	if (thread->fpu_live) {
		fpu_reset();
		thread->fpu_live = false;
	}
	irq_enable();
	slab_free(area_cache, thread->fpu);
	thread->fpu = NULL;
}

void fpu_state_free(struct thread *thread)
{
	if (thread == thread_current())
		fpu_state_drop();
	slab_free(area_cache, thread->fpu);
	thread->fpu = NULL;
}

/* The registers into the area, off afterwards: the next use loads them again. */
static void settle(struct thread *thread)
{
	irq_disable();
	if (thread->fpu_live) {
		fpu_switch_out(thread->fpu);
		thread->fpu_live = false;
	}
	irq_enable();
}

int fpu_state_to_user(vaddr_t to)
{
	struct thread *thread = thread_current();

	settle(thread);
	return copy_to_user(to, thread->fpu, fpu_area_bytes());
}

int fpu_state_from_user(vaddr_t from)
{
	struct thread *thread = thread_current();
	int error;

	if (!thread->fpu) {
		thread->fpu = slab_alloc(area_cache);
		if (!thread->fpu)
			return -EFAULT;
	}
	settle(thread);
	error = copy_from_user(thread->fpu, from, fpu_area_bytes());
	if (error)
		fpu_area_init(thread->fpu);
	else
		fpu_area_sanitise(thread->fpu);
	return error;
}
