/*
 * Inodes: their table, their permissions, their times.
 *
 * The table finds the one inode of a (mount, number). An inode whose last reference is gone stays in the table, with a count of 0,
 * until it has been taken apart; who looks for its number meanwhile waits.
 */
#include "fs/inode.h"

#include <osier/abi/sysmacros.h>

#include "fs/cred.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "mm/slab.h"
#include "sync/spinlock.h"
#include "task/timer.h"
#include "task/waitq.h"

#define TABLE_BUCKETS 2048

static struct list_node *table;
static struct spinlock table_lock = SPINLOCK_INIT("inode_table", LOCK_RANK_CACHE);
static struct waitq table_wait;		/* an inode has left the table */

void inode_init_once(void)
{
	table = kmalloc(TABLE_BUCKETS * sizeof *table);
	VERIFY(table);
	for (unsigned i = 0; i < TABLE_BUCKETS; i++)
		list_init(&table[i]);
	waitq_init(&table_wait);
}

static struct list_node *bucket_of(const struct mount *mount, uint64_t ino)
{
	return &table[hash_u64(ino ^ (uintptr_t)mount) % TABLE_BUCKETS];
}

static const struct object_ops plain_object_ops = { .release = inode_object_release };

void inode_init(struct inode *inode, struct mount *mount, uint64_t ino, mode_t mode, enum object_kind kind,
		const struct object_ops *object_ops)
{
	const struct cred *cred = cred_current();

	object_init(&inode->object, kind, object_ops ? object_ops : &plain_object_ops, 0, inode);
	inode->mount = mount;
	inode->ino = ino;
	inode->ops = NULL;
	inode->file_ops = NULL;
	inode->mode = mode;
	inode->uid = cred->euid;
	inode->gid = cred->egid;
	inode->nlink = 1;
	inode->rdev = 0;
	inode->blocks = 0;
	inode->atime = inode->mtime = inode->ctime = inode_time_now();
	rwlock_init(&inode->lock, LOCK_RANK_INODE);
	inode->flags = 0;
	inode->writers = 0;
	inode->seen_mapped_writes = 0;
	inode->pipe = NULL;
	inode->file_locks = NULL;
	inode->private = NULL;
	inode->destroy = NULL;
	list_init(&inode->table_link);

	spin_lock(&mount->inode_lock);
	list_add_tail(&mount->inodes, &inode->mount_link);
	mount->inode_count++;
	spin_unlock(&mount->inode_lock);
}

void inode_object_release(struct vm_object *object)
{
	struct inode *inode = inode_of_object(object);
	struct mount *mount = inode->mount;

	if (inode->flags & INODE_IN_TABLE) {
		spin_lock(&table_lock);
		list_remove(&inode->table_link);
		spin_unlock(&table_lock);
		waitq_wake_all(&table_wait);
	}
	spin_lock(&mount->inode_lock);
	list_remove(&inode->mount_link);
	mount->inode_count--;
	spin_unlock(&mount->inode_lock);

	kfree(inode->file_locks);
	inode->destroy(inode);
}

/* => counted; NULL: not there; *dying: there, on its way out. table_lock held. */
static struct inode *find_locked(struct mount *mount, uint64_t ino, bool *dying)
{
	struct inode *inode;

	*dying = false;
	list_for_each_entry(inode, bucket_of(mount, ino), table_link) {
		if (inode->ino != ino || inode->mount != mount)
			continue;
		if (refcount_get_unless_zero(&inode->object.refs))
			return inode;
		*dying = true;
		return NULL;
	}
	return NULL;
}

struct inode *inode_table_find(struct mount *mount, uint64_t ino)
{
	for (;;) {
		struct inode *inode;
		bool dying;

		spin_lock(&table_lock);
		inode = find_locked(mount, ino, &dying);
		if (!dying) {
			spin_unlock(&table_lock);
			return inode;
		}
		(void)waitq_sleep(&table_wait, &table_lock, false, 0);
	}
}

struct inode *inode_table_publish(struct inode *inode)
{
	for (;;) {
		struct inode *first;
		bool dying;

		spin_lock(&table_lock);
		first = find_locked(inode->mount, inode->ino, &dying);
		if (dying) {
			(void)waitq_sleep(&table_wait, &table_lock, false, 0);
			continue;
		}
		if (!first) {
			inode->flags |= INODE_IN_TABLE;
			list_add_head(bucket_of(inode->mount, inode->ino), &inode->table_link);
		}
		spin_unlock(&table_lock);
		return first ? first : inode;
	}
}

int inode_permission(const struct inode *inode, unsigned want)
{
	mode_t mode = inode->mode;

	if ((want & MAY_WRITE) && mount_read_only(inode->mount) &&
	    (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
		return -EROFS;
	/* What everybody may needs no look at who asks: the usual case of searching a directory. */
	if (likely((want & ~(mode & mode >> 3 & mode >> 6) & 7) == 0))
		return 0;
	return permission_check(cred_current(), inode->uid, inode->gid, mode, want);
}

bool inode_is_owner(const struct inode *inode)
{
	const struct cred *cred = cred_current();

	return cred_is_superuser(cred) || cred->euid == inode->uid;
}

void inode_set_attributes(struct inode *inode, const struct attributes *attributes)
{
	if (attributes->valid & ATTRIBUTE_MODE)
		inode->mode = (inode->mode & S_IFMT) | (attributes->mode & ~(mode_t)S_IFMT);
	if (attributes->valid & ATTRIBUTE_UID)
		inode->uid = attributes->uid;
	if (attributes->valid & ATTRIBUTE_GID)
		inode->gid = attributes->gid;
	if (attributes->valid & ATTRIBUTE_ATIME)
		inode->atime = attributes->atime;
	if (attributes->valid & ATTRIBUTE_MTIME)
		inode->mtime = attributes->mtime;
	inode_touch_ctime(inode);
}

void inode_inherit(struct inode *inode, const struct inode *directory)
{
	if (!(directory->mode & S_ISGID))
		return;
	inode->gid = directory->gid;
	if (S_ISDIR(inode->mode))
		inode->mode |= S_ISGID;
}

struct timespec inode_time_now(void)
{
	uint64_t now = clock_realtime_ns();

	return (struct timespec){ (time_t)(now / 1000000000u), (long)(now % 1000000000u) };
}

void inode_touch(struct inode *inode)
{
	inode->mtime = inode->ctime = inode_time_now();
	inode_mark_dirty(inode);
}

void inode_touch_ctime(struct inode *inode)
{
	inode->ctime = inode_time_now();
	inode_mark_dirty(inode);
}

static bool not_after(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec <= b->tv_nsec);
}

void inode_accessed(struct inode *inode)
{
	/*
	 * Only the first read after a change moves atime, so that reading does not make every inode dirty. (Not the daily
	 * update too: it would need the clock at every read.)
	 */
	if (likely(!not_after(&inode->atime, &inode->mtime)))
		return;
	if (inode->mount->flags & (MS_RDONLY | MS_NOATIME))
		return;
	inode->atime = inode_time_now();
	if (not_after(&inode->atime, &inode->mtime))
		return;
	inode_mark_dirty(inode);
}

void inode_mark_dirty(struct inode *inode)
{
	const struct mount_ops *ops = inode->mount->ops;

	if (ops && ops->inode_dirty)
		ops->inode_dirty(inode);
}

/* Writes through mappings count as modifications when somebody looks: nothing else sees them happen. */
static void notice_mapped_writes(struct inode *inode)
{
	uint64_t generation = READ_ONCE(inode->object.mapped_write_generation);

	if (likely(generation == inode->seen_mapped_writes))
		return;
	inode->seen_mapped_writes = generation;
	if (!mount_read_only(inode->mount))
		inode_touch(inode);
}

void inode_stat(struct inode *inode, struct stat *stat)
{
	notice_mapped_writes(inode);
	*stat = (struct stat){
		.st_dev = inode->mount->dev,
		.st_ino = inode->ino,
		.st_nlink = inode->nlink,
		.st_mode = inode->mode,
		.st_uid = inode->uid,
		.st_gid = inode->gid,
		.st_rdev = inode->rdev,
		.st_size = (off_t)inode_size(inode),
		.st_blksize = PAGE_SIZE,
		.st_blocks = (blkcnt_t)inode->blocks,
		.st_atim = inode->atime,
		.st_mtim = inode->mtime,
		.st_ctim = inode->ctime,
	};
}

int inode_begin_write(struct inode *inode)
{
	int32_t writers = __atomic_load_n(&inode->writers, __ATOMIC_RELAXED);

	do {
		if (writers < 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&inode->writers, &writers, writers + 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return 0;
}

void inode_end_write(struct inode *inode)
{
	__atomic_sub_fetch(&inode->writers, 1, __ATOMIC_RELEASE);
}

int inode_deny_write(struct inode *inode)
{
	int32_t writers = __atomic_load_n(&inode->writers, __ATOMIC_RELAXED);

	do {
		if (writers > 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&inode->writers, &writers, writers - 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return 0;
}

void inode_allow_write(struct inode *inode)
{
	__atomic_add_fetch(&inode->writers, 1, __ATOMIC_RELEASE);
}
