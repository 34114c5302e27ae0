/*
 * poll and select, in their wide forms.
 */
#include <osier/abi/errno.h>
#include <osier/abi/limits.h>
#include <osier/abi/poll.h>
#include <osier/abi/select.h>
#include <osier/abi/syscall.h>

#include "fs/fd_table.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "proc/restart.h"
#include "sys/sys.h"
#include "sys/time_convert.h"
#include "task/poll.h"
#include "task/sched.h"
#include "vm/user_copy.h"

#define POLL_MAX FD_TABLE_MAX

/* The mask argument: swapped in for the call. => 0 or -EFAULT. */
static int mask_begin(vaddr_t address)
{
	uint64_t mask;

	if (!address)
		return 0;
	if (copy_value_from_user(&mask, address))
		return -EFAULT;
	signal_mask_swap(mask);
	return 0;
}

static void mask_end(vaddr_t address, bool interrupted)
{
	if (address)
		signal_mask_swap_end(interrupted);
}

static unsigned poll_one(int fd, unsigned events, struct poll_waiter *waiter)
{
	struct fd_ref ref;
	unsigned ready;

	if (fd < 0)
		return 0;
	ref = fd_borrow(fd);
	if (!ref.file)
		return POLLNVAL;
	ready = vfs_poll(ref.file, waiter);
	fd_return(ref);
	return ready & (events | POLLERR | POLLHUP | POLLNVAL);
}

/* => how many are ready; revents filled. */
static long poll_pass(struct pollfd *fds, uint64_t count, struct poll_waiter *waiter)
{
	long ready = 0;

	for (uint64_t i = 0; i < count; i++) {
		fds[i].revents = (short)poll_one(fds[i].fd, (unsigned short)fds[i].events,
						 ready ? NULL : waiter);
		if (fds[i].revents)
			ready++;
		sched_point();
	}
	return ready;
}

/* => ready descriptors, 0 after the timeout, -EINTR, -ENOMEM. */
static long poll_loop(struct pollfd *fds, uint64_t count, uint64_t deadline)
{
	struct poll_waiter waiter;
	bool first = true;
	long ready;

	if (deadline == 1)
		return poll_pass(fds, count, NULL);
	poll_waiter_init(&waiter);
	for (;;) {
		int error;

		ready = poll_pass(fds, count, first ? &waiter : NULL);
		first = false;
		if (ready)
			break;
		error = poll_wait(&waiter, deadline);
		if (error) {
			/* What became ready at the last moment counts. */
			ready = poll_pass(fds, count, NULL);
			if (!ready)
				ready = error == -ETIMEDOUT ? 0 : error;
			break;
		}
	}
	poll_waiter_finish(&waiter);
	return ready;
}

long sys_ppoll(vaddr_t address, uint64_t count, vaddr_t timeout, vaddr_t mask)
{
	struct pollfd small[8], *fds = small;
	uint64_t deadline;
	long result;
	int error;

	if (count > POLL_MAX || count > process_limit(process_current(), RLIMIT_NOFILE))
		return -EINVAL;
	error = deadline_of_call(SYS_ppoll, timeout, &deadline);
	if (error)
		return error;
	if (count > ARRAY_SIZE(small)) {
		fds = kmalloc(count * sizeof(*fds));
		if (!fds)
			return -ENOMEM;
	}
	result = -EFAULT;
	if (copy_from_user(fds, address, count * sizeof(*fds)))
		goto out;
	result = mask_begin(mask);
	if (result)
		goto out;
	result = poll_loop(fds, count, deadline);
	mask_end(mask, result == -EINTR);
	if (result >= 0 && copy_to_user(address, fds, count * sizeof(*fds)))
		result = -EFAULT;
out:
	if (fds != small)
		kfree(fds);
	return restartable_without_handler(result);
}

/* ---- select: the same over bit sets ---------------------------------------------------------- */

#define SELECT_WORDS(count) (((unsigned)(count) + 63) / 64)

struct select_sets {
	uint64_t in[3][FD_SETSIZE / 64], out[3][FD_SETSIZE / 64];
};

static const unsigned select_events[3] = {
	POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
	POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
	POLLPRI,
};

/* => bits set, or -EBADF. */
static long select_pass(struct select_sets *sets, int count, struct poll_waiter *waiter)
{
	long ready = 0;

	memset(sets->out, 0, sizeof(sets->out));
	for (int fd = 0; fd < count; fd++) {
		unsigned word = (unsigned)fd / 64, events;
		uint64_t bit = 1ull << (fd % 64);

		if (!((sets->in[0][word] | sets->in[1][word] | sets->in[2][word]) & bit))
			continue;
		events = poll_one(fd, ~0u, ready ? NULL : waiter);
		if (events & POLLNVAL)
			return -EBADF;
		for (unsigned set = 0; set < 3; set++) {
			if ((sets->in[set][word] & bit) && (events & select_events[set])) {
				sets->out[set][word] |= bit;
				ready++;
			}
		}
	}
	return ready;
}

static long select_loop(struct select_sets *sets, int count, uint64_t deadline)
{
	struct poll_waiter waiter;
	bool first = true;
	long ready;

	if (deadline == 1)
		return select_pass(sets, count, NULL);
	poll_waiter_init(&waiter);
	for (;;) {
		int error;

		ready = select_pass(sets, count, first ? &waiter : NULL);
		first = false;
		if (ready)
			break;
		error = poll_wait(&waiter, deadline);
		if (error) {
			ready = select_pass(sets, count, NULL);
			if (!ready)
				ready = error == -ETIMEDOUT ? 0 : error;
			break;
		}
	}
	poll_waiter_finish(&waiter);
	return ready;
}

long sys_pselect(int count, vaddr_t read, vaddr_t write, vaddr_t except, vaddr_t timeout, vaddr_t mask)
{
	const vaddr_t addresses[3] = { read, write, except };
	struct select_sets *sets;
	size_t bytes;
	uint64_t deadline;
	long result;
	int error;

	if (count < 0 || count > FD_SETSIZE)
		return -EINVAL;
	error = deadline_of_call(SYS_pselect, timeout, &deadline);
	if (error)
		return error;
	sets = kzalloc(sizeof(*sets));
	if (!sets)
		return -ENOMEM;
	bytes = SELECT_WORDS(count) * sizeof(uint64_t);
	result = 0;
	for (unsigned set = 0; set < 3 && !result; set++)
		if (addresses[set])
			result = copy_from_user(sets->in[set], addresses[set], bytes);
	if (!result)
		result = mask_begin(mask);
	if (result)
		goto out;
	result = select_loop(sets, count, deadline);
	mask_end(mask, result == -EINTR);
	for (unsigned set = 0; set < 3 && result >= 0; set++)
		if (addresses[set] && copy_to_user(addresses[set], sets->out[set], bytes))
			result = -EFAULT;
out:
	kfree(sets);
	return restartable_without_handler(result);
}
