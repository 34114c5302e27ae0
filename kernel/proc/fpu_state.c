/*
 * The FPU registers of user threads. The lazy switching is arch's and the scheduler's; here is who has an area.
 */
#include "proc/fpu_state.h"

#include <osier/abi/errno.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/fpu.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "task/thread.h"
#include "vm/user_copy.h"

static struct slab_cache *area_cache;

void fpu_state_init(void)
{
	area_cache = slab_cache_create("fpu", fpu_area_bytes(), FPU_AREA_ALIGN, NULL);
}

static bool is_kept(const struct thread *thread, const void *area)
{
	const struct user_thread *user = thread->user;

	for (unsigned i = 0; i < user->fpu_kept_count; i++)
		if (user->fpu_kept[i].area == area)
			return true;
	return false;
}

/* A use of the FPU is about to change the area: if a frame wants it as it is, go on with a copy. => 0 or -ENOMEM. */
static int own_area(struct thread *thread)
{
	void *area = slab_alloc(area_cache);

	if (!area)
		return -ENOMEM;
	if (thread->fpu)
		memcpy(area, thread->fpu, fpu_area_bytes());
	else
		fpu_area_init(area);
	thread->fpu = area;
	return 0;
}

int fpu_state_first_use(void)
{
	struct thread *thread = thread_current();

	if (unlikely(!thread->fpu || is_kept(thread, thread->fpu)))
		if (own_area(thread))
			return -ENOMEM;
	irq_disable();
	fpu_first_use(thread->fpu);
	thread->fpu_live = true;
	irq_enable();
	return 0;
}

/* The child's copies of what its frames will want back. => 0 or -ENOMEM (fpu_state_free undoes). */
static int fork_kept(struct thread *child)
{
	const struct user_thread *mine = thread_current()->user;
	struct user_thread *its = child->user;

	for (unsigned i = 0; i < mine->fpu_kept_count; i++) {
		void *area = slab_alloc(area_cache);

		if (!area)
			return -ENOMEM;
		memcpy(area, mine->fpu_kept[i].area, fpu_area_bytes());
		its->fpu_kept[its->fpu_kept_count++] = (struct fpu_kept){ mine->fpu_kept[i].frame, area };
	}
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
	return unlikely(thread->user->fpu_kept_count) ? fork_kept(child) : 0;
}

/* Registers off; what is in them is lost. */
static void registers_drop(struct thread *thread)
{
	irq_disable();
	if (thread->fpu_live) {
		fpu_reset();
		thread->fpu_live = false;
	}
	irq_enable();
}

/* Puts another area (or NULL) in the place of the thread's; the old one goes unless a frame wants it. */
static void replace_area(struct thread *thread, void *area)
{
	void *old = thread->fpu;

	registers_drop(thread);
	thread->fpu = area;
	if (old && old != area && !is_kept(thread, old))
		slab_free(area_cache, old);
}

void fpu_state_drop(void)
{
	replace_area(thread_current(), NULL);
}

void fpu_state_free(struct thread *thread)
{
	struct user_thread *user = thread->user;

	if (thread == thread_current())
		registers_drop(thread);
	while (user->fpu_kept_count) {
		void *area = user->fpu_kept[--user->fpu_kept_count].area;

		/* Several frames may want the same one. */
		if (area != thread->fpu && !is_kept(thread, area))
			slab_free(area_cache, area);
	}
	slab_free(area_cache, thread->fpu);
	thread->fpu = NULL;
}

/* The registers into the area, off afterwards: the next use loads them again. */
static void settle(struct thread *thread)
{
	if (!thread->fpu_live)
		return;
	irq_disable();
	if (thread->fpu_live) {
		fpu_switch_out(thread->fpu);
		thread->fpu_live = false;
	}
	irq_enable();
}

/* Takes an entry out; the later ones move up. */
static void kept_remove(struct user_thread *user, unsigned index)
{
	user->fpu_kept_count--;
	for (; index < user->fpu_kept_count; index++)
		user->fpu_kept[index] = user->fpu_kept[index + 1];
}

/* => its index, or -1. Innermost first. */
static int kept_find(const struct user_thread *user, vaddr_t frame)
{
	int i = (int)user->fpu_kept_count - 1;

	while (i >= 0 && user->fpu_kept[i].frame != frame)
		i--;
	return i;
}

bool fpu_state_keep(vaddr_t frame)
{
	struct thread *thread = thread_current();
	struct user_thread *user = thread->user;

	if (unlikely(user->fpu_kept_count)) {
		/* A handler that was left by a jump: its frame is being overwritten. */
		int stale = kept_find(user, frame);

		if (stale >= 0) {
			void *area = user->fpu_kept[stale].area;

			kept_remove(user, (unsigned)stale);
			if (area != thread->fpu && !is_kept(thread, area))
				slab_free(area_cache, area);
		}
		if (user->fpu_kept_count == FPU_KEPT_MAX)
			return false;
	}
	settle(thread);
	user->fpu_kept[user->fpu_kept_count++] = (struct fpu_kept){ frame, thread->fpu };
	return true;
}

bool fpu_state_take_back(vaddr_t frame)
{
	struct thread *thread = thread_current();
	struct user_thread *user = thread->user;
	int index = kept_find(user, frame);
	void *area;

	if (index < 0)
		return false;
	area = user->fpu_kept[index].area;
	if (unlikely(area != thread->fpu))
		replace_area(thread, area);
	kept_remove(user, (unsigned)index);
	return true;
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

	settle(thread);
	if (!thread->fpu || is_kept(thread, thread->fpu))
		if (own_area(thread))
			return -EFAULT;
	error = copy_from_user(thread->fpu, from, fpu_area_bytes());
	if (error)
		fpu_area_init(thread->fpu);
	else
		fpu_area_sanitise(thread->fpu);
	return error;
}
