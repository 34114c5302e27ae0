/*
 * Limits, usage, priorities.
 */
#include <osier/abi/errno.h>
#include <osier/abi/resource.h>
#include <osier/abi/time.h>

#include "fs/cred.h"
#include "lib/err.h"
#include "proc/exec.h"
#include "proc/process.h"
#include "proc/wait.h"
#include "sys/sys.h"
#include "task/sched.h"
#include "task/timer.h"
#include "vm/space.h"
#include "vm/user_copy.h"

#define TICK_NS (1000000000u / OSIER_CLK_TCK)

/* May the caller look at or change `process`? => process_lock held. */
static bool may_control_locked(struct process *process)
{
	const struct cred *mine = cred_current(), *its = process->cred;

	return process == process_current() || cred_is_superuser(mine) ||
	       (its && mine->uid == its->uid && mine->uid == its->euid && mine->uid == its->suid);
}

long sys_prlimit(pid_t pid, unsigned resource, vaddr_t new_limit, vaddr_t old_limit)
{
	struct rlimit wanted, old;
	struct process *process;
	int error = 0;
	uint64_t flags;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new_limit && copy_value_from_user(&wanted, new_limit))
		return -EFAULT;
	if (new_limit && wanted.rlim_cur > wanted.rlim_max)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	process = pid ? process_find_locked(pid) : process_current();
	if (!process || process->state != PROCESS_ALIVE) {
		error = -ESRCH;
	} else if (!may_control_locked(process)) {
		error = -EPERM;
	} else {
		old = process->limits[resource];
		if (new_limit && wanted.rlim_max > old.rlim_max && !cred_is_superuser(cred_current()))
			error = -EPERM;
		else if (new_limit)
			process->limits[resource] = wanted;
		if (!error && new_limit)
			process_apply_limits(process);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	if (error || !old_limit)
		return error;
	return copy_value_to_user(old_limit, &old);
}

long sys_getrusage(int who, vaddr_t address)
{
	struct process *process = process_current();
	struct rusage usage;
	uint64_t flags;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	if (who == RUSAGE_CHILDREN)
		usage_of_children_locked(process, &usage);
	else
		usage_of_process_locked(process, &usage);
	spin_unlock_irqrestore(&process_lock, flags);
	if (who == RUSAGE_THREAD) {
		uint64_t user_ns, system_ns;

		thread_times(thread_current(), &user_ns, &system_ns);
		usage.ru_utime = (struct timeval){ (time_t)(user_ns / 1000000000),
						   (suseconds_t)(user_ns % 1000000000 / 1000) };
		usage.ru_stime = (struct timeval){ (time_t)(system_ns / 1000000000),
						   (suseconds_t)(system_ns % 1000000000 / 1000) };
	}
	if (who != RUSAGE_CHILDREN) {
		struct vm_space_usage space;

		vm_space_usage(thread_current()->space, &space);
		usage.ru_maxrss = (long)(space.resident_pages * (PAGE_SIZE / 1024));
	}
	return copy_value_to_user(address, &usage);
}

/* Calls `each` for the processes that (which, who) names. => how many. process_lock held. */
static unsigned for_each_named_locked(int which, int who, void (*each)(struct process *, void *),
				      void *context)
{
	struct process *self = process_current(), *process;
	unsigned count = 0;

	list_for_each_entry(process, &process_all, all_link) {
		bool named = false;

		if (process->state != PROCESS_ALIVE)
			continue;
		if (which == PRIO_PROCESS)
			named = process->pid == (who ? who : self->pid);
		else if (which == PRIO_PGRP)
			named = process->group->id == (who ? who : self->group->id);
		else
			named = process->cred &&
				process->cred->uid == (who ? (uid_t)who : cred_current()->uid);
		if (named) {
			each(process, context);
			count++;
		}
	}
	return count;
}

static void lowest_nice(struct process *process, void *context)
{
	int *lowest = context;

	*lowest = min(*lowest, (int)process->nice);
}

long sys_getpriority(int which, int who)
{
	int lowest = PRIO_MAX;
	unsigned count;
	uint64_t flags;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	count = for_each_named_locked(which, who, lowest_nice, &lowest);
	spin_unlock_irqrestore(&process_lock, flags);
	return count ? 20 - lowest : -ESRCH;
}

struct nice_change {
	int nice, error;
};

static void change_nice(struct process *process, void *context)
{
	struct nice_change *change = context;
	struct thread *thread;

	if (!may_control_locked(process)) {
		change->error = -EPERM;
		return;
	}
	if (change->nice < process->nice && !cred_is_superuser(cred_current())) {
		change->error = -EACCES;
		return;
	}
	process->nice = (int8_t)change->nice;
	list_for_each_entry(thread, &process->threads, process_link)
		thread_set_nice(thread, change->nice);
}

long sys_setpriority(int which, int who, int nice)
{
	struct nice_change change = { .nice = clamp(nice, PRIO_MIN, PRIO_MAX - 1) };
	unsigned count;
	uint64_t flags;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	count = for_each_named_locked(which, who, change_nice, &change);
	spin_unlock_irqrestore(&process_lock, flags);
	return count ? change.error : -ESRCH;
}

long sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

long sys_times(vaddr_t address)
{
	struct process *process = process_current();
	uint64_t user_ns, system_ns;
	struct tms tms;
	uint64_t flags = spin_lock_irqsave(&process_lock);

	process_times_locked(process, &user_ns, &system_ns);
	tms.tms_utime = user_ns / TICK_NS;
	tms.tms_stime = system_ns / TICK_NS;
	tms.tms_cutime = process->children_user_ns / TICK_NS;
	tms.tms_cstime = process->children_system_ns / TICK_NS;
	spin_unlock_irqrestore(&process_lock, flags);
	if (address && copy_value_to_user(address, &tms))
		return -EFAULT;
	return (long)(clock_monotonic_ns() / TICK_NS);
}
