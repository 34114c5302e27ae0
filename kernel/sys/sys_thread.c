/*
 * Threads and futexes.
 */
#include <osier/abi/errno.h>
#include <osier/abi/futex.h>
#include <osier/abi/wait.h>

#include "arch/x86_64/cpu.h"
#include "proc/exit.h"
#include "proc/fork.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "sys/sys.h"
#include "sys/time_convert.h"
#include "vm/space.h"

long sys_gettid(void)
{
	return thread_current()->tid;
}

long sys_thread_create(vaddr_t entry, vaddr_t stack_top, uint64_t argument, vaddr_t tls,
		       vaddr_t parent_tid, vaddr_t clear_tid)
{
	return process_create_thread(entry, stack_top, argument, tls, parent_tid, clear_tid);
}

long sys_thread_exit(int status)
{
	thread_end_with(W_EXITCODE(status & 0xff, 0));
}

/* The timeout of a wait: relative, or absolute on one of two clocks. 0: none. */
static int futex_deadline(int operation, vaddr_t timeout, uint64_t *deadline)
{
	struct timespec time;
	uint64_t ns, now;
	int error;

	if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT)
		return deadline_from_user(timeout, deadline);
	*deadline = 0;
	if (!timeout)
		return 0;
	if (copy_value_from_user(&time, timeout))
		return -EFAULT;
	error = ns_from_timespec(&time, &ns);
	if (error)
		return error;
	if (operation & FUTEX_CLOCK_REALTIME) {
		now = clock_realtime_ns();
		ns = ns > now ? clock_monotonic_ns() + (ns - now) : 1;
	}
	*deadline = ns ? ns : 1;
	return 0;
}

long sys_futex(vaddr_t address, int operation, uint32_t value, uint64_t timeout, vaddr_t address2,
	       uint32_t value3)
{
	bool private = operation & FUTEX_PRIVATE;
	uint64_t deadline;
	int error;

	switch (operation & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		error = futex_deadline(operation, timeout, &deadline);
		if (error)
			return error;
		error = futex_wait(address, value,
				   (operation & FUTEX_CMD_MASK) == FUTEX_WAIT ? FUTEX_BITSET_ANY : value3,
				   private, deadline);
		/* A relative wait cannot be made again: its time has run on. */
		if (error == -EINTR && !(timeout && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT))
			return signal_restart(ERESTART);
		return error;
	case FUTEX_WAKE:
		return futex_wake(address, value, FUTEX_BITSET_ANY, private);
	case FUTEX_WAKE_BITSET:
		return futex_wake(address, value, value3, private);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(address, value, (unsigned)timeout, address2, value3, private);
	default:
		return -ENOSYS;
	}
}

long sys_set_tls(vaddr_t base)
{
	if (base >= USER_HIGH)
		return -EPERM;
	irq_disable();
	thread_current()->user_fs_base = base;
	cpu_set_user_fs(base);
	irq_enable();
	return 0;
}

long sys_set_tid_address(vaddr_t clear_tid)
{
	user_thread_current()->clear_tid = clear_tid;
	return thread_current()->tid;
}
