/*
 * The cache of names: a hash table of dentries by (directory, name), with a clock hand that forgets what is not used.
 *
 * Invariants: dentry.h 1, 2, 4. A bucket's lock is held for a lookup of one name and nothing else; no two buckets' locks
 * are held together.
 */
#include "fs/name_cache.h"

#include "debug/log.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "sync/spinlock.h"

struct bucket {
	struct spinlock lock;
	struct list_node dentries;
};

static struct bucket *buckets;
static uint32_t bucket_count;		/* a power of two */
static uint64_t dentry_limit;		/* cached names that are kept without pressure */
static uint64_t cached;			/* names in the table; atomic */
static uint32_t hand;			/* bucket that the clock hand looks at next */

void name_cache_init(void)
{
	uint64_t frames = frame_free_count();

	bucket_count = 256;
	while (bucket_count < 16384 && bucket_count < frames / 32)
		bucket_count *= 2;
	buckets = kcalloc(bucket_count, sizeof *buckets);
	VERIFY(buckets);
	for (uint32_t i = 0; i < bucket_count; i++) {
		spin_init(&buckets[i].lock, "name_bucket", LOCK_RANK_CACHE);
		list_init(&buckets[i].dentries);
	}
	dentry_limit = clamp(frames / 8, 512ul, 65536ul);
}

uint32_t name_cache_hash(const struct dentry *parent, uint32_t name)
{
	uint64_t address = (uint64_t)(uintptr_t)parent >> 6;

	return name ^ (uint32_t)(address * 0x9e3779b97f4a7c15ull >> 32);
}

static struct bucket *bucket_of(uint32_t hash)
{
	return &buckets[hash & (bucket_count - 1)];
}

static __always_inline struct dentry *find_locked(struct bucket *bucket, const struct dentry *parent,
						  const struct name *name, uint32_t hash)
{
	struct dentry *dentry;

	list_for_each_entry(dentry, &bucket->dentries, hash_link) {
		if (dentry->hash == hash && dentry->parent == parent && dentry->name_length == name->length &&
		    name_equal(dentry->name, name->text, name->length))
			return dentry;
	}
	return NULL;
}

static void mark_referenced(struct dentry *dentry)
{
	if (!(dentry->flags & DENTRY_REFERENCED))
		__atomic_fetch_or(&dentry->flags, DENTRY_REFERENCED, __ATOMIC_RELAXED);
}

struct dentry *name_cache_find(struct dentry *parent, const struct name *name)
{
	uint32_t hash = name_cache_hash(parent, name->hash);
	struct bucket *bucket = bucket_of(hash);
	struct dentry *dentry;

	spin_lock(&bucket->lock);
	dentry = find_locked(bucket, parent, name, hash);
	if (likely(dentry)) {
		dentry_get(dentry);
		mark_referenced(dentry);
	}
	spin_unlock(&bucket->lock);
	return dentry;
}

struct dentry *name_cache_find_inode(const struct inode *inode)
{
	for (uint32_t i = 0; i < bucket_count; i++) {
		struct bucket *bucket = &buckets[i];
		struct dentry *dentry;

		if (list_empty(&bucket->dentries))
			continue;
		spin_lock(&bucket->lock);
		list_for_each_entry(dentry, &bucket->dentries, hash_link) {
			if (dentry->inode == inode) {
				dentry_get(dentry);
				spin_unlock(&bucket->lock);
				return dentry;
			}
		}
		spin_unlock(&bucket->lock);
	}
	return NULL;
}

struct dentry *name_cache_insert(struct dentry *dentry)
{
	struct name name = { dentry->name, dentry->name_length, 0 };
	struct bucket *bucket = bucket_of(dentry->hash);
	struct dentry *first;

	spin_lock(&bucket->lock);
	first = find_locked(bucket, dentry->parent, &name, dentry->hash);
	if (first) {
		dentry_get(first);
	} else {
		dentry_get(dentry);
		__atomic_fetch_or(&dentry->flags, DENTRY_HASHED | DENTRY_REFERENCED, __ATOMIC_RELAXED);
		list_add_head(&bucket->dentries, &dentry->hash_link);
	}
	spin_unlock(&bucket->lock);
	if (first)
		return first;

	if (__atomic_add_fetch(&cached, 1, __ATOMIC_RELAXED) > dentry_limit)
		(void)name_cache_reclaim(64);
	return dentry;
}

bool name_cache_remove(struct dentry *dentry)
{
	struct bucket *bucket = bucket_of(dentry->hash);
	bool was_hashed;

	spin_lock(&bucket->lock);
	was_hashed = dentry->flags & DENTRY_HASHED;
	if (was_hashed) {
		list_remove(&dentry->hash_link);
		__atomic_fetch_and(&dentry->flags, ~(uint32_t)DENTRY_HASHED, __ATOMIC_RELAXED);
	}
	spin_unlock(&bucket->lock);
	if (was_hashed)
		__atomic_sub_fetch(&cached, 1, __ATOMIC_RELAXED);
	return was_hashed;
}

bool name_cache_make_absent(struct dentry *dentry, struct inode **inode)
{
	struct bucket *bucket = bucket_of(dentry->hash);
	bool alone;

	spin_lock(&bucket->lock);
	/* The table's reference and the caller's: nobody else can see the change. */
	alone = (dentry->flags & DENTRY_HASHED) && refcount_read(&dentry->refs) == 2;
	if (alone) {
		*inode = dentry->inode;
		dentry->inode = NULL;
	}
	spin_unlock(&bucket->lock);
	return alone;
}

/*
 * Takes what nobody uses out of one bucket, up to `want`, onto `victims`: all of mount `only` (not NULL), or what the
 * clock hand finds unused.
 */
static uint64_t collect(struct bucket *bucket, struct mount *only, uint64_t want, struct list_node *victims)
{
	struct dentry *dentry, *following;
	uint64_t taken = 0;

	spin_lock(&bucket->lock);
	list_for_each_entry_safe(dentry, following, &bucket->dentries, hash_link) {
		if (taken == want)
			break;
		if (only ? dentry->mount != only : refcount_read(&dentry->refs) != 1)
			continue;
		if (refcount_read(&dentry->refs) != 1 || (dentry->flags & DENTRY_MOUNTED))
			continue;
		if (!only && (dentry->flags & DENTRY_REFERENCED)) {
			__atomic_fetch_and(&dentry->flags, ~(uint32_t)DENTRY_REFERENCED, __ATOMIC_RELAXED);
			continue;
		}
		/* Only the table has it, and finding takes this lock: the table's reference is now ours. */
		__atomic_fetch_and(&dentry->flags, ~(uint32_t)DENTRY_HASHED, __ATOMIC_RELAXED);
		list_remove(&dentry->hash_link);
		list_add_tail(victims, &dentry->hash_link);
		taken++;
	}
	spin_unlock(&bucket->lock);
	__atomic_sub_fetch(&cached, taken, __ATOMIC_RELAXED);
	return taken;
}

static void release_victims(struct list_node *victims)
{
	struct list_node *node;

	while ((node = list_pop(victims)))
		dentry_put(list_entry(node, struct dentry, hash_link));
}

uint64_t name_cache_reclaim(uint64_t want)
{
	uint64_t freed = 0;

	/* Twice around: the first round may only clear REFERENCED. */
	for (uint32_t step = 0; step < 2 * bucket_count && freed < want; step++) {
		uint32_t at = __atomic_fetch_add(&hand, 1, __ATOMIC_RELAXED) & (bucket_count - 1);
		struct list_node victims = LIST_INIT(victims);

		if (list_empty(&buckets[at].dentries))
			continue;
		freed += collect(&buckets[at], NULL, want - freed, &victims);
		release_victims(&victims);
	}
	return freed;
}

void name_cache_forget_mount(struct mount *mount)
{
	uint64_t freed;

	/* A directory's name can go once those in it are gone: round by round, from the leaves up. */
	do {
		freed = 0;
		for (uint32_t at = 0; at < bucket_count; at++) {
			struct list_node victims = LIST_INIT(victims);

			if (list_empty(&buckets[at].dentries))
				continue;
			freed += collect(&buckets[at], mount, UINT64_MAX, &victims);
			release_victims(&victims);
		}
	} while (freed);
}

void name_cache_forget_children(struct dentry *directory)
{
	for (uint32_t at = 0; at < bucket_count; at++) {
		struct list_node victims = LIST_INIT(victims);
		struct dentry *dentry, *following;

		if (list_empty(&buckets[at].dentries))
			continue;
		spin_lock(&buckets[at].lock);
		list_for_each_entry_safe(dentry, following, &buckets[at].dentries, hash_link) {
			if (dentry->parent != directory || refcount_read(&dentry->refs) != 1)
				continue;
			__atomic_fetch_and(&dentry->flags, ~(uint32_t)DENTRY_HASHED, __ATOMIC_RELAXED);
			list_move_tail(&victims, &dentry->hash_link);
			__atomic_sub_fetch(&cached, 1, __ATOMIC_RELAXED);
		}
		spin_unlock(&buckets[at].lock);
		release_victims(&victims);
	}
}

uint64_t name_cache_count(void)
{
	return __atomic_load_n(&cached, __ATOMIC_RELAXED);
}

static int check_dentry(const struct dentry *dentry, uint32_t at)
{
	if ((dentry->hash & (bucket_count - 1)) != at)
		return -EINVAL;
	if (!(dentry->flags & DENTRY_HASHED) || (dentry->flags & (DENTRY_ROOT | DENTRY_ANONYMOUS)))
		return -EINVAL;
	if (refcount_read(&dentry->refs) == 0 || refcount_read(&dentry->parent->refs) == 0)
		return -EINVAL;
	if (name_cache_hash(dentry->parent, name_hash(dentry->name, dentry->name_length)) != dentry->hash)
		return -EINVAL;
	if (dentry->name[dentry->name_length] != '\0' || dentry->mount != dentry->parent->mount)
		return -EINVAL;
	return 0;
}

int name_cache_check(void)
{
	int error = 0;

	for (uint32_t at = 0; at < bucket_count; at++) {
		struct dentry *dentry;

		spin_lock(&buckets[at].lock);
		list_for_each_entry(dentry, &buckets[at].dentries, hash_link) {
			if (check_dentry(dentry, at) < 0) {
				log_error("name cache: bucket %u: broken entry \"%s\"", at, dentry->name);
				error = -EINVAL;
			}
		}
		spin_unlock(&buckets[at].lock);
	}
	return error;
}
