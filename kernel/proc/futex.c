/*
 * Futexes. A word is named by what it lies in: a private mapping by (space, address), shared memory by (object, offset),
 * so that processes which map it at different places meet.
 *
 * Invariants
 *  1. A waiter is in the bucket of its key, or in none once it has been woken; both change under that bucket's lock.
 *  2. The value is compared under the bucket's lock, so a wake-up after a change of the word cannot be missed.
 *  3. A waiter holds a reference on its key's object (or none for private keys: its space lives as long as its thread).
 */
#include "proc/futex.h"

#include <osier/abi/errno.h>

#include "debug/panic.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "proc/process.h"
#include "task/sched.h"
#include "vm/object.h"
#include "vm/region.h"
#include "vm/space.h"
#include "vm/user_copy.h"

#define BUCKETS 256u

struct futex_key {
	void *owner;			/* vm_space or vm_object */
	uint64_t offset;
	struct vm_object *object;	/* counted; NULL: private */
};

struct futex_waiter {
	struct list_node link;
	struct futex_bucket *bucket;	/* where it is; NULL: woken */
	struct futex_key key;
	uint32_t bits;
	struct thread *thread;
};

struct futex_bucket {
	struct spinlock lock;
	struct list_node waiters;
};

static struct futex_bucket buckets[BUCKETS];

void futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		spin_init(&buckets[i].lock, "futex", LOCK_RANK_FUTEX);
		list_init(&buckets[i].waiters);
	}
}

static struct futex_bucket *bucket_of(const struct futex_key *key)
{
	return &buckets[hash_u64((uint64_t)key->owner ^ key->offset) % BUCKETS];
}

static bool same(const struct futex_key *a, const struct futex_key *b)
{
	return a->owner == b->owner && a->offset == b->offset;
}

/* What `address` names. => 0, -EINVAL (unaligned), -EFAULT. */
static int key_get(vaddr_t address, bool private, struct futex_key *key)
{
	struct vm_space *space = thread_current()->space;
	struct region *region;
	int error = 0;

	if (address % 4)
		return -EINVAL;
	if (address < USER_LOW || address >= USER_HIGH)
		return -EFAULT;
	key->owner = space;
	key->offset = address;
	key->object = NULL;
	if (private)
		return 0;
	rwlock_read_lock(&space->lock);
	region = region_find(&space->regions, address);
	if (!region) {
		error = -EFAULT;
	} else if (region->object && (region->flags & REGION_SHARED)) {
		key->object = object_get(region->object);
		key->owner = region->object;
		key->offset = region->object_page * PAGE_SIZE + (address - region->start);
	}
	rwlock_read_unlock(&space->lock);
	return error;
}

static void key_put(struct futex_key *key)
{
	if (key->object)
		object_put(key->object);
}

/* Reads the word without faulting, for use under a bucket's lock. => false: it is not there. */
static bool peek(vaddr_t address, uint32_t *value)
{
	return copy_from_user_nofault(value, address, sizeof(*value)) == 0;
}

/* => waiter taken out. Bucket's lock held. */
static void wake_one_locked(struct futex_waiter *waiter)
{
	struct thread *thread = waiter->thread;

	list_remove(&waiter->link);
	store_release(&waiter->bucket, NULL);
	thread_wake(thread, 0);
}

/*
 * The bucket of a key, locked, once the word at `address` could be read with its lock held.
 * => NULL: -EFAULT.
 */
static struct futex_bucket *lock_with_value(const struct futex_key *key, vaddr_t address,
					    uint32_t *value, uint64_t *flags)
{
	struct futex_bucket *bucket = bucket_of(key);

	for (;;) {
		*flags = spin_lock_irqsave(&bucket->lock);
		if (peek(address, value))
			return bucket;
		spin_unlock_irqrestore(&bucket->lock, *flags);
		if (copy_from_user(value, address, sizeof(*value)))
			return NULL;
	}
}

int futex_wait(vaddr_t address, uint32_t expected, uint32_t bits, bool private, uint64_t deadline_ns)
{
	struct futex_waiter waiter = { .bits = bits, .thread = thread_current() };
	struct futex_bucket *bucket;
	uint64_t flags;
	uint32_t value;
	int error;

	if (!bits)
		return -EINVAL;
	error = key_get(address, private, &waiter.key);
	if (error)
		return error;
	bucket = lock_with_value(&waiter.key, address, &value, &flags);
	if (!bucket) {
		key_put(&waiter.key);
		return -EFAULT;
	}
	if (value != expected) {
		spin_unlock_irqrestore(&bucket->lock, flags);
		key_put(&waiter.key);
		return -EAGAIN;
	}
	waiter.bucket = bucket;
	list_add_tail(&bucket->waiters, &waiter.link);
	error = sched_block(THREAD_WAITING, &bucket->lock, deadline_ns);
	/* It may have been moved to another bucket meanwhile: follow it. */
	while ((bucket = load_acquire(&waiter.bucket))) {
		flags = spin_lock_irqsave(&bucket->lock);
		if (waiter.bucket != bucket) {
			spin_unlock_irqrestore(&bucket->lock, flags);
			continue;
		}
		if (!error) {
			/* Woken by something else than a wake call: go on sleeping. */
			error = sched_block(THREAD_WAITING, &bucket->lock, deadline_ns);
			continue;
		}
		list_remove(&waiter.link);
		waiter.bucket = NULL;
		spin_unlock_irqrestore(&bucket->lock, flags);
		key_put(&waiter.key);
		return error;
	}
	key_put(&waiter.key);
	return 0;
}

long futex_wake(vaddr_t address, unsigned count, uint32_t bits, bool private)
{
	struct futex_waiter *waiter, *next;
	struct futex_bucket *bucket;
	struct futex_key key;
	long woken = 0;
	uint64_t flags;
	int error;

	if (!bits)
		return -EINVAL;
	error = key_get(address, private, &key);
	if (error)
		return error;
	bucket = bucket_of(&key);
	flags = spin_lock_irqsave(&bucket->lock);
	list_for_each_entry_safe(waiter, next, &bucket->waiters, link) {
		if ((unsigned)woken >= count)
			break;
		if (!same(&waiter->key, &key) || !(waiter->bits & bits))
			continue;
		wake_one_locked(waiter);
		woken++;
	}
	spin_unlock_irqrestore(&bucket->lock, flags);
	key_put(&key);
	return woken;
}

/* Moves one waiter to another key. Both buckets' locks held. */
static void move_locked(struct futex_waiter *waiter, struct futex_bucket *to, struct futex_key *key)
{
	struct vm_object *old = waiter->key.object;

	list_move_tail(&to->waiters, &waiter->link);
	waiter->key = *key;
	if (key->object)
		object_get(key->object);
	store_release(&waiter->bucket, to);
	/* The caller of requeue holds this object too, so it is never the last reference: nothing sleeps here. */
	if (old && refcount_put(&old->refs))
		panic("futex: requeue dropped the last reference of an object");
}

long futex_requeue(vaddr_t address, unsigned wake, unsigned move, vaddr_t to_address, uint32_t expected,
		   bool private)
{
	struct futex_waiter *waiter, *next;
	struct futex_bucket *from, *to, *first, *second;
	struct futex_key key, to_key;
	unsigned woken = 0, moved = 0;
	uint64_t flags;
	uint32_t value;
	long result;
	int error = key_get(address, private, &key);

	if (error)
		return error;
	error = key_get(to_address, private, &to_key);
	if (error) {
		key_put(&key);
		return error;
	}
	from = bucket_of(&key);
	to = bucket_of(&to_key);
	first = from < to ? from : to;
	second = from < to ? to : from;
	for (;;) {
		flags = spin_lock_irqsave(&first->lock);
		if (second != first)
			spin_lock(&second->lock);
		if (peek(address, &value))
			break;
		if (second != first)
			spin_unlock(&second->lock);
		spin_unlock_irqrestore(&first->lock, flags);
		if (copy_from_user(&value, address, sizeof(value))) {
			result = -EFAULT;
			goto out;
		}
	}
	result = -EAGAIN;
	if (value == expected) {
		list_for_each_entry_safe(waiter, next, &from->waiters, link) {
			if (!same(&waiter->key, &key))
				continue;
			if (woken < wake) {
				wake_one_locked(waiter);
				woken++;
			} else if (moved < move) {
				if (!same(&key, &to_key))
					move_locked(waiter, to, &to_key);
				moved++;
			} else {
				break;
			}
		}
		result = woken + moved;
	}
	if (second != first)
		spin_unlock(&second->lock);
	spin_unlock_irqrestore(&first->lock, flags);
out:
	key_put(&to_key);
	key_put(&key);
	return result;
}

void futex_clear_and_wake(vaddr_t address)
{
	uint32_t zero = 0;

	if (copy_value_to_user(address, &zero))
		return;
	futex_wake(address, 1, UINT32_MAX, true);
	futex_wake(address, 1, UINT32_MAX, false);
}
