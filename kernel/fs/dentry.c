/*
 * Dentries: making them, finding them through the cache or the file system, moving and removing them, and the
 * paths they spell. The table they are cached in: name_cache.c.
 *
 * `tree_lock` guards parent and name against moves for those who walk upwards; it is held for short walks only.
 */
#include "fs/dentry.h"

#include <osier/abi/limits.h>

#include "fs/mount.h"
#include "fs/name_cache.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "sync/spinlock.h"

static struct slab_cache *dentry_cache;
static struct spinlock tree_lock = SPINLOCK_INIT("dentry_tree", LOCK_RANK_LIST);

void dentry_init(void)
{
	dentry_cache = slab_cache_create("dentry", sizeof(struct dentry), SLAB_CACHE_LINE, NULL);
	name_cache_init();
}

/* A dentry of its own, no parent yet, no inode. NULL without memory. */
static struct dentry *allocate(struct mount *mount, const char *text, unsigned length)
{
	struct dentry *dentry = slab_alloc(dentry_cache);
	char *storage;

	if (!dentry)
		return NULL;
	storage = length < DENTRY_INLINE_NAME ? dentry->inline_name : kmalloc(length + 1);
	if (!storage) {
		slab_free(dentry_cache, dentry);
		return NULL;
	}
	memcpy(storage, text, length);
	storage[length] = '\0';
	refcount_init(&dentry->refs, 1);
	dentry->flags = 0;
	dentry->hash = 0;
	dentry->name_length = length;
	list_init(&dentry->hash_link);
	dentry->parent = dentry;
	dentry->inode = NULL;
	dentry->mount = mount;
	dentry->mounted = NULL;
	dentry->name = storage;
	return dentry;
}

static void free_memory(struct dentry *dentry)
{
	if (dentry->name != dentry->inline_name)
		kfree((char *)dentry->name);
	slab_free(dentry_cache, dentry);
}

void dentry_free(struct dentry *dentry)
{
	/* Upwards in a loop: a path may be longer than the kernel stack is deep. */
	for (;;) {
		struct dentry *parent = dentry->parent;
		struct inode *inode = dentry->inode;
		bool last = parent == dentry;

		free_memory(dentry);
		inode_put(inode);
		if (last || !refcount_put(&parent->refs))
			return;
		dentry = parent;
	}
}

struct dentry *dentry_create_root(struct mount *mount, struct inode *inode)
{
	struct dentry *dentry = allocate(mount, "", 0);

	if (!dentry)
		return ERR_PTR(-ENOMEM);
	dentry->flags = DENTRY_ROOT;
	dentry->inode = inode;
	return dentry;
}

struct dentry *dentry_create_anonymous(struct inode *inode, const char *name)
{
	struct dentry *dentry = allocate(inode->mount, name, (unsigned)strnlen(name, NAME_MAX));

	if (!dentry)
		return ERR_PTR(-ENOMEM);
	dentry->flags = DENTRY_ANONYMOUS;
	dentry->inode = inode_get(inode);
	return dentry;
}

struct dentry *dentry_lookup_locked(struct dentry *parent, const struct name *name)
{
	struct inode *directory = parent->inode;
	struct inode *inode = NULL;
	struct dentry *dentry, *result;
	int error;

	dentry = name_cache_find(parent, name);
	if (dentry)
		return dentry;
	if (directory->flags & INODE_DEAD)
		return ERR_PTR(-ENOENT);

	dentry = allocate(parent->mount, name->text, name->length);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	dentry->parent = dentry_get(parent);
	dentry->hash = name_cache_hash(parent, name->hash);

	error = directory->ops->lookup(directory, name, &inode);
	if (error && error != -ENOENT) {
		dentry_put(dentry);
		return ERR_PTR(error);
	}
	dentry->inode = inode;
	if (parent->mount->names_uncached)
		return dentry;
	result = name_cache_insert(dentry);
	if (result != dentry)
		dentry_put(dentry);
	return result;
}

struct dentry *dentry_lookup(struct dentry *parent, const struct name *name)
{
	struct dentry *dentry = name_cache_find(parent, name);

	if (unlikely(!dentry)) {
		rwlock_read_lock(&parent->inode->lock);
		dentry = dentry_lookup_locked(parent, name);
		rwlock_read_unlock(&parent->inode->lock);
		if (IS_ERR(dentry))
			return dentry;
	}
	if (unlikely(!load_acquire(&dentry->inode))) {
		dentry_put(dentry);
		return ERR_PTR(-ENOENT);
	}
	return dentry;
}

void dentry_instantiate(struct dentry *dentry, struct inode *inode)
{
	store_release(&dentry->inode, inode);
}

/* A directory without names in it may still be kept by those that were asked for in vain. */
static void forget_absent_names(struct dentry *dentry)
{
	if (dentry->inode && S_ISDIR(dentry->inode->mode) && refcount_read(&dentry->refs) > 2)
		name_cache_forget_children(dentry);
}

void dentry_delete(struct dentry *dentry)
{
	struct inode *inode;

	forget_absent_names(dentry);
	if (name_cache_make_absent(dentry, &inode))
		inode_put(inode);
	else if (name_cache_remove(dentry))
		dentry_put(dentry);
}

/* Exchanges the names and parents of two dentries that are in no bucket. tree_lock held. */
static void exchange_places(struct dentry *a, struct dentry *b)
{
	char inline_name[DENTRY_INLINE_NAME];
	bool a_inline = a->name == a->inline_name, b_inline = b->name == b->inline_name;
	const char *a_name = a->name, *b_name = b->name;
	uint32_t length = a->name_length, hash = a->hash;
	struct dentry *parent = a->parent;

	memcpy(inline_name, a->inline_name, sizeof inline_name);
	memcpy(a->inline_name, b->inline_name, sizeof inline_name);
	memcpy(b->inline_name, inline_name, sizeof inline_name);
	a->name = b_inline ? a->inline_name : b_name;
	b->name = a_inline ? b->inline_name : a_name;
	a->name_length = b->name_length;
	b->name_length = length;
	a->hash = b->hash;
	b->hash = hash;
	a->parent = b->parent;
	b->parent = parent;
}

void dentry_move(struct dentry *dentry, struct dentry *target)
{
	bool target_hashed, hashed;

	forget_absent_names(target);
	target_hashed = name_cache_remove(target);
	hashed = name_cache_remove(dentry);

	spin_lock(&tree_lock);
	exchange_places(dentry, target);
	spin_unlock(&tree_lock);

	if (!dentry->mount->names_uncached) {
		struct dentry *in_table = name_cache_insert(dentry);

		/* Both directories are locked exclusive: nobody can have put the new name in meanwhile. */
		VERIFY(in_table == dentry);
	}
	if (hashed)
		dentry_put(dentry);
	if (target_hashed)
		dentry_put(target);
}

struct dentry *dentry_parent(struct dentry *dentry)
{
	struct dentry *parent;

	spin_lock(&tree_lock);
	parent = dentry_get(dentry->parent);
	spin_unlock(&tree_lock);
	return parent;
}

bool dentry_is_below(const struct dentry *dentry, const struct dentry *ancestor)
{
	bool below = false;

	spin_lock(&tree_lock);
	for (;; dentry = dentry->parent) {
		if (dentry == ancestor) {
			below = true;
			break;
		}
		if (dentry->parent == dentry)
			break;
	}
	spin_unlock(&tree_lock);
	return below;
}

/* Puts `length` bytes before *start, if they fit above `buffer`. */
static bool prepend(char *buffer, char **start, const char *text, size_t length)
{
	if ((size_t)(*start - buffer) < length)
		return false;
	*start -= length;
	memcpy(*start, text, length);
	return true;
}

/* Whether a name that can be walked to leads there. */
static bool is_deleted(const struct dentry *dentry)
{
	if (dentry->flags & (DENTRY_ROOT | DENTRY_ANONYMOUS | DENTRY_HASHED))
		return false;
	return !dentry->mount->names_uncached;
}

static char *spell(struct dentry *dentry, struct dentry *root, char *buffer, char *start)
{
	char *end = start;

	for (;;) {
		if (dentry == root)
			break;
		if (dentry->flags & DENTRY_ANONYMOUS)
			return prepend(buffer, &start, dentry->name, dentry->name_length) ? start
											   : ERR_PTR(-ENAMETOOLONG);
		if (dentry->flags & DENTRY_ROOT) {
			struct dentry *covered = READ_ONCE(dentry->mount->covered);

			if (!covered)
				break;
			dentry = covered;
			continue;
		}
		if (!prepend(buffer, &start, dentry->name, dentry->name_length) || !prepend(buffer, &start, "/", 1))
			return ERR_PTR(-ENAMETOOLONG);
		dentry = dentry->parent;
	}
	if (start == end && !prepend(buffer, &start, "/", 1))
		return ERR_PTR(-ENAMETOOLONG);
	return start;
}

char *dentry_path(struct dentry *dentry, struct dentry *root, char *buffer, size_t size, bool fail_deleted)
{
	static const char deleted[] = " (deleted)";
	char *start;

	if (size == 0)
		return ERR_PTR(-ENAMETOOLONG);
	start = buffer + size - 1;
	*start = '\0';

	spin_lock(&tree_lock);
	if (is_deleted(dentry)) {
		if (fail_deleted)
			start = ERR_PTR(-ENOENT);
		else if (!prepend(buffer, &start, deleted, sizeof deleted - 1))
			start = ERR_PTR(-ENAMETOOLONG);
	}
	if (!IS_ERR(start)) {
		char *path = spell(dentry, root, buffer, start);

		start = path;
	}
	spin_unlock(&tree_lock);
	return start;
}
