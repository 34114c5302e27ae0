/*
 * Record locks and flock. One list per inode, one mutex for all.
 */
#include "fs/file_lock.h"

#include "fs/fd_table.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/err.h"
#include "lib/list.h"
#include "mm/slab.h"
#include "task/mutex.h"
#include "task/waitq.h"

struct file_lock {
	struct list_node link;		/* of the inode, by start */
	const void *owner;		/* descriptor table (fcntl) or open file (flock) */
	bool whole;			/* a flock lock */
	bool exclusive;
	pid_t pid;			/* for F_GETLK */
	uint64_t start, end;		/* bytes, inclusive */
};

struct file_lock_list {
	struct list_node locks;
};

/* Who waits for whom: to see that a wait would be for oneself. */
struct lock_wait {
	struct list_node link;
	const void *owner, *holder;
};

static struct mutex lock_mutex;
static struct waitq lock_wait;		/* some lock was given back */
static struct list_node waits = LIST_INIT(waits);

int32_t (*file_lock_current_pid)(void);

void file_lock_init(void)
{
	mutex_init(&lock_mutex, LOCK_RANK_FILE_LOCK);
	waitq_init(&lock_wait);
}

static bool overlap(const struct file_lock *a, uint64_t start, uint64_t end)
{
	return a->start <= end && start <= a->end;
}

/* The first lock in the way of `wanted`, or NULL. */
static struct file_lock *find_conflict(struct inode *inode, const struct file_lock *wanted)
{
	struct file_lock *lock;

	if (!inode->file_locks)
		return NULL;
	list_for_each_entry(lock, &inode->file_locks->locks, link) {
		if (lock->whole == wanted->whole && lock->owner != wanted->owner &&
		    (lock->exclusive || wanted->exclusive) && overlap(lock, wanted->start, wanted->end))
			return lock;
	}
	return NULL;
}

/* Whether waiting for `holder` would, by way of what that waits for, be waiting for `owner`. */
static bool would_deadlock(const void *owner, const void *holder)
{
	/* As long a chain as there are waits, each looked at once. */
	for (size_t steps = list_length(&waits) + 1; steps; steps--) {
		struct lock_wait *wait;
		const void *next = NULL;

		if (holder == owner)
			return true;
		list_for_each_entry(wait, &waits, link) {
			if (wait->owner == holder)
				next = wait->holder;
		}
		if (!next)
			return false;
		holder = next;
	}
	return false;
}

static int ensure_list(struct inode *inode)
{
	if (inode->file_locks)
		return 0;
	inode->file_locks = kmalloc(sizeof *inode->file_locks);
	if (!inode->file_locks)
		return -ENOMEM;
	list_init(&inode->file_locks->locks);
	return 0;
}

static void insert_sorted(struct list_node *locks, struct file_lock *fresh)
{
	struct list_node *at = locks->next;

	while (at != locks && list_entry(at, struct file_lock, link)->start < fresh->start)
		at = at->next;
	list_add_tail(at, &fresh->link);
}

/*
 * Cuts [start, end] out of what the owner has. A lock that is cut in two takes `spare`. => whether spare was used.
 */
static bool cut(struct inode *inode, const struct file_lock *range, struct file_lock *spare)
{
	struct file_lock *lock, *following;
	bool used = false;

	list_for_each_entry_safe(lock, following, &inode->file_locks->locks, link) {
		if (lock->owner != range->owner || lock->whole != range->whole ||
		    !overlap(lock, range->start, range->end))
			continue;
		if (lock->start < range->start && lock->end > range->end) {
			*spare = *lock;
			spare->start = range->end + 1;
			lock->end = range->start - 1;
			insert_sorted(&inode->file_locks->locks, spare);
			used = true;
		} else if (lock->start < range->start) {
			lock->end = range->start - 1;
		} else if (lock->end > range->end) {
			lock->start = range->end + 1;
			list_remove(&lock->link);
			insert_sorted(&inode->file_locks->locks, lock);
		} else {
			list_remove(&lock->link);
			kfree(lock);
		}
	}
	return used;
}

/* Joins neighbours of one owner and kind. */
static void merge(struct inode *inode, const void *owner)
{
	struct file_lock *lock, *following, *last = NULL;

	list_for_each_entry_safe(lock, following, &inode->file_locks->locks, link) {
		if (lock->owner != owner)
			continue;
		if (last && last->whole == lock->whole && last->exclusive == lock->exclusive &&
		    last->end + 1 == lock->start) {
			last->end = lock->end;
			list_remove(&lock->link);
			kfree(lock);
		} else {
			last = lock;
		}
	}
}

/* Waits until nothing is in the way. lock_mutex held before and after. */
static int wait_for(struct inode *inode, const struct file_lock *wanted, bool wait)
{
	struct file_lock *conflict;
	int error = 0;

	while (!error && (conflict = find_conflict(inode, wanted))) {
		struct lock_wait entry = { .owner = wanted->owner, .holder = conflict->owner };

		if (!wait)
			return -EAGAIN;
		if (!wanted->whole && would_deadlock(wanted->owner, conflict->owner))
			return -EDEADLK;
		list_add_tail(&waits, &entry.link);
		error = waitq_sleep_mutex(&lock_wait, &lock_mutex, true, 0);
		list_remove(&entry.link);
	}
	return error;
}

/* Sets (or, with `release`, drops) a lock; everything it may need is taken first. */
static int apply(struct file *file, const struct file_lock *wanted, bool release, bool wait)
{
	struct inode *inode = file->inode;
	struct file_lock *fresh = kmalloc(sizeof *fresh), *spare = kmalloc(sizeof *spare);
	int error = fresh && spare ? 0 : -ENOMEM;

	mutex_lock(&lock_mutex);
	if (!error)
		error = ensure_list(inode);
	if (!error && !release)
		error = wait_for(inode, wanted, wait);
	if (!error) {
		file->has_locks = true;
		if (cut(inode, wanted, spare))
			spare = NULL;
		if (!release) {
			*fresh = *wanted;
			insert_sorted(&inode->file_locks->locks, fresh);
			fresh = NULL;
		}
		merge(inode, wanted->owner);
		waitq_wake_all(&lock_wait);
	}
	mutex_unlock(&lock_mutex);
	kfree(fresh);
	kfree(spare);
	return error;
}

/* The bytes that a struct flock means. => 0, -EINVAL, -EOVERFLOW. */
static int range_of(struct file *file, const struct flock *flock, struct file_lock *range)
{
	int64_t base = 0, start, end;

	switch (flock->l_whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = (int64_t)file->offset;
		break;
	case SEEK_END:
		base = (int64_t)inode_size(file->inode);
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, flock->l_start, &start))
		return -EOVERFLOW;
	if (flock->l_len > 0) {
		if (__builtin_add_overflow(start, flock->l_len - 1, &end))
			return -EOVERFLOW;
	} else if (flock->l_len == 0) {
		end = INT64_MAX;
	} else {
		end = start - 1;
		start += flock->l_len;
	}
	if (start < 0 || end < start)
		return -EINVAL;
	range->start = (uint64_t)start;
	range->end = (uint64_t)end;
	return 0;
}

static int lock_of(struct file *file, const struct flock *flock, struct file_lock *lock)
{
	if (flock->l_type != F_RDLCK && flock->l_type != F_WRLCK && flock->l_type != F_UNLCK)
		return -EINVAL;
	*lock = (struct file_lock){
		.owner = thread_current()->files,
		.exclusive = flock->l_type == F_WRLCK,
		.pid = file_lock_current_pid ? file_lock_current_pid() : 0,
	};
	return range_of(file, flock, lock);
}

int file_lock_get(struct file *file, struct flock *flock)
{
	struct file_lock wanted, *conflict;
	int error = flock->l_type == F_UNLCK ? -EINVAL : lock_of(file, flock, &wanted);

	if (error)
		return error;
	mutex_lock(&lock_mutex);
	conflict = find_conflict(file->inode, &wanted);
	flock->l_type = F_UNLCK;
	if (conflict) {
		flock->l_type = conflict->exclusive ? F_WRLCK : F_RDLCK;
		flock->l_whence = SEEK_SET;
		flock->l_start = (off_t)conflict->start;
		flock->l_len = conflict->end == INT64_MAX ? 0 : (off_t)(conflict->end - conflict->start + 1);
		flock->l_pid = conflict->pid;
	}
	mutex_unlock(&lock_mutex);
	return 0;
}

int file_lock_set(struct file *file, const struct flock *flock, bool wait)
{
	struct file_lock wanted;
	int error = lock_of(file, flock, &wanted);

	if (error)
		return error;
	if ((flock->l_type == F_RDLCK && !file->readable) || (flock->l_type == F_WRLCK && !file->writable))
		return -EBADF;
	return apply(file, &wanted, flock->l_type == F_UNLCK, wait);
}

int file_lock_flock(struct file *file, int operation)
{
	struct file_lock wanted = {
		.owner = file,
		.whole = true,
		.exclusive = (operation & ~LOCK_NB) == LOCK_EX,
		.end = INT64_MAX,
	};

	switch (operation & ~LOCK_NB) {
	case LOCK_SH:
	case LOCK_EX:
		return apply(file, &wanted, false, !(operation & LOCK_NB));
	case LOCK_UN:
		return apply(file, &wanted, true, false);
	default:
		return -EINVAL;
	}
}

static void release(struct inode *inode, const void *owner)
{
	struct file_lock *lock, *following;

	mutex_lock(&lock_mutex);
	if (inode->file_locks) {
		list_for_each_entry_safe(lock, following, &inode->file_locks->locks, link) {
			if (lock->owner == owner) {
				list_remove(&lock->link);
				kfree(lock);
			}
		}
		waitq_wake_all(&lock_wait);
	}
	mutex_unlock(&lock_mutex);
}

void file_lock_release_owner(struct inode *inode, const void *owner)
{
	release(inode, owner);
}

void file_lock_release_file(struct file *file)
{
	release(file->inode, file);
}
