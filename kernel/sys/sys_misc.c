/*
 * The system as a whole: its name, its memory, randomness, the log, the end.
 */
#include <osier/abi/errno.h>
#include <osier/abi/failpoint.h>
#include <osier/abi/random.h>
#include <osier/abi/reboot.h>
#include <osier/abi/sysinfo.h>
#include <osier/abi/utsname.h>

#include "arch/x86_64/power.h"
#include "debug/log.h"
#include "dev/random.h"
#include "fs/cred.h"
#include "fs/mount.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "proc/system_name.h"
#include "sync/failpoint.h"
#include "sys/sys.h"
#include "task/sched.h"
#include "task/timer.h"
#include "vm/object.h"
#include "vm/user_copy.h"

long sys_uname(vaddr_t buffer)
{
	struct utsname name;

	system_name(&name);
	return copy_value_to_user(buffer, &name);
}

long sys_sethostname(vaddr_t name, size_t length)
{
	char text[HOST_NAME_MAX_LEN + 1];

	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	if (length > HOST_NAME_MAX_LEN)
		return -EINVAL;
	if (copy_from_user(text, name, length))
		return -EFAULT;
	text[length] = '\0';
	system_set_host_name(text);
	return 0;
}

long sys_sysinfo(vaddr_t buffer)
{
	struct frame_stats frames;
	struct sched_stats sched;
	struct sysinfo info;

	frame_stats(&frames);
	sched_stats(&sched);
	memset(&info, 0, sizeof(info));
	info.uptime = (long)(clock_monotonic_ns() / 1000000000);
	for (unsigned i = 0; i < 3; i++)
		info.loads[i] = sched.load[i] * (65536 / 2048);
	info.totalram = frames.usable;
	info.freeram = frames.free;
	info.sharedram = object_shared_pages();
	info.bufferram = object_cached_pages();
	info.procs = (unsigned short)process_count;
	info.mem_unit = PAGE_SIZE;
	return copy_value_to_user(buffer, &info);
}

long sys_getrandom(vaddr_t buffer, size_t size, unsigned flags)
{
	uint8_t bytes[256];
	size_t done = 0;

	if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	size = min(size, (size_t)0x1ffffff);
	while (done < size) {
		size_t piece = min(size - done, sizeof(bytes));

		random_bytes(bytes, piece);
		if (copy_to_user(buffer + done, bytes, piece))
			return done ? (long)done : -EFAULT;
		done += piece;
		sched_point();
	}
	memset(bytes, 0, sizeof(bytes));
	barrier();
	return (long)done;
}

long sys_reboot(unsigned command)
{
	if (!cred_is_superuser(cred_current()))
		return -EPERM;
	switch (command) {
	case RB_AUTOBOOT:
		mount_shutdown();
		log_info("system: restarting");
		power_reboot();
	case RB_POWER_OFF:
	case RB_HALT_SYSTEM:
		mount_shutdown();
		log_info("system: powering off");
		power_off();
	case RB_ENABLE_CAD:
	case RB_DISABLE_CAD:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Operation 0: the kernel's log, as much as fits, oldest first. */
long sys_klog(int operation, vaddr_t buffer, size_t size)
{
	uint64_t position = 0;
	char *text;
	size_t done = 0, piece;
	long result = 0;

	if (operation)
		return -EINVAL;
	text = kmalloc(PAGE_SIZE);
	if (!text)
		return -ENOMEM;
	while (done < size &&
	       (piece = log_read(&position, text, min(size - done, (size_t)PAGE_SIZE)))) {
		if (copy_to_user(buffer + done, text, piece)) {
			result = -EFAULT;
			break;
		}
		done += piece;
	}
	kfree(text);
	return result ? result : (long)done;
}

long sys_failpoint(vaddr_t address, uint64_t nth, unsigned flags)
{
	char name[32];
	ssize_t length = copy_string_from_user(name, address, sizeof(name));
	int64_t passes;
	int point, error;

	if (length < 0)
		return length == -ENAMETOOLONG ? -ENOENT : length;
	point = failpoint_find(name);
	if (point < 0)
		return point;
	passes = failpoint_passes((unsigned)point);
	if (flags == FAILPOINT_QUERY)
		return passes;
	if (flags != FAILPOINT_ONCE && flags != FAILPOINT_FROM)
		return -EINVAL;
	error = failpoint_arm((unsigned)point, nth, flags == FAILPOINT_FROM,
			      (uint32_t)process_current()->pid);
	return error ? error : passes;
}

long sys_missing(void)
{
	return -ENOSYS;
}
