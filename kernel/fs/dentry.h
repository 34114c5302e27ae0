/*
 * Names: a dentry is one name in one directory, present or known to be absent. The cache of them is a
 * hash table by (directory, name); a hit takes no inode lock.
 *
 * Invariants
 *  1. The hash table holds one reference on each dentry in it; every child holds one on its parent. So refs is never 0
 *     for what can be found, and a dentry is freed when it is in no table and nobody holds it.
 *  2. parent, name and inode change under the lock of the hash bucket, while the dentry is in no bucket (a move), or
 *     from absent to present and back with directory->lock held exclusive.
 *  3. A directory has at most one dentry, but in mounts whose names are not cached (/proc), where each lookup makes one.
 *  4. Only with its directory's inode lock held (shared: by lookup; exclusive: by changes) is a dentry put in the table.
 */
#ifndef OSIER_FS_DENTRY_H
#define OSIER_FS_DENTRY_H

#include <osier/types.h>

#include "fs/inode.h"
#include "lib/list.h"
#include "sync/refcount.h"

struct mount;

#define DENTRY_INLINE_NAME 40

enum dentry_flags {
	DENTRY_HASHED = 1,
	DENTRY_REFERENCED = 2,		/* used since the clock hand last passed */
	DENTRY_MOUNTED = 4,		/* something is mounted on it */
	DENTRY_ROOT = 8,		/* of a mount; parent is itself */
	DENTRY_ANONYMOUS = 16,		/* no place in the tree: a pipe's, a deleted file's; parent is itself */
};

struct dentry {
	struct refcount refs;
	uint32_t flags;			/* enum dentry_flags; atomic */
	uint32_t hash;			/* of parent and name: the bucket */
	uint32_t name_length;
	struct list_node hash_link;
	struct dentry *parent;		/* counted; itself for a root */
	struct inode *inode;		/* counted; NULL: the name is absent */
	struct mount *mount;
	struct mount *mounted;		/* on it, with DENTRY_MOUNTED; mount lock */
	const char *name;		/* terminated; inline_name or from kmalloc */
	char inline_name[DENTRY_INLINE_NAME];
};

static inline struct dentry *dentry_get(struct dentry *dentry)
{
	refcount_get(&dentry->refs);
	return dentry;
}

void dentry_free(struct dentry *);	/* for dentry_put only */

/* Drops a reference; NULL is fine. Sleeps when it is the last. */
static inline void dentry_put(struct dentry *dentry)
{
	if (dentry && unlikely(refcount_put(&dentry->refs)))
		dentry_free(dentry);
}

/* The cached dentry of (parent, name) with a reference, or NULL. Its inode may be NULL: known to be absent. No sleep. */
struct dentry *name_cache_find(struct dentry *parent, const struct name *);

/*
 * Some cached name of an inode, with a reference, or NULL: for /proc/PID/maps, where the mapping knows only the inode.
 * Looks through the whole table.
 */
struct dentry *name_cache_find_inode(const struct inode *);

/*
 * The dentry of (parent, name), asking the file system if it is not cached. => ERR_PTR(-ENOMEM, -EIO …); an absent
 * name is a dentry with inode NULL. parent->inode->lock held by the caller, shared or exclusive. Sleeps.
 */
struct dentry *dentry_lookup_locked(struct dentry *parent, const struct name *);
/* The same, taking the lock (shared) when needed; => -ENOENT instead of an absent name's dentry. */
struct dentry *dentry_lookup(struct dentry *parent, const struct name *);

/* After create, link …: the absent name now means `inode` (a reference moves in). Directory lock exclusive. */
void dentry_instantiate(struct dentry *, struct inode *);
/* After unlink, rmdir: the name is absent; who holds the dentry keeps an unhashed one. Directory lock exclusive. */
void dentry_delete(struct dentry *);
/* After rename: `dentry` takes the place of `target`, which leaves the table. Both directory locks exclusive. */
void dentry_move(struct dentry *dentry, struct dentry *target);

/* A root for a new mount; the inode's reference moves in. ERR_PTR(-ENOMEM). */
struct dentry *dentry_create_root(struct mount *, struct inode *);
/* A dentry outside of every tree, for /proc/PID/fd names and opens by descriptor. ERR_PTR(-ENOMEM). */
struct dentry *dentry_create_anonymous(struct inode *, const char *name);

/* Its directory, with a reference; a root's is itself. */
struct dentry *dentry_parent(struct dentry *);
/* "Is `dentry` at or below `ancestor`?", within one mount. */
bool dentry_is_below(const struct dentry *dentry, const struct dentry *ancestor);

/*
 * The absolute path from `root` (NULL: the real root), written at the end of `buffer`. => its start, or ERR_PTR(-ENAMETOOLONG
 * for a small buffer, -ENOENT for a deleted place when `fail_deleted`; otherwise " (deleted)" is appended).
 */
char *dentry_path(struct dentry *, struct dentry *root, char *buffer, size_t size, bool fail_deleted);

/* Frees unused names, about `want`. => how many. */
uint64_t name_cache_reclaim(uint64_t want);
/* Frees every unused name of a mount (unmount). */
void name_cache_forget_mount(struct mount *);
uint64_t name_cache_count(void);
/* Invariants of the whole table. => 0 or -EINVAL after logging. */
int name_cache_check(void);
void name_cache_init(void);
void dentry_init(void);		/* boot: both */

#endif
