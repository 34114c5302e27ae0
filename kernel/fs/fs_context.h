/*
 * Where a process is in the tree: root and working directory, and the mask for new files. Shared by its threads, copied by fork.
 */
#ifndef OSIER_FS_FS_CONTEXT_H
#define OSIER_FS_FS_CONTEXT_H

#include <osier/abi/types.h>
#include <osier/types.h>

#include "sync/refcount.h"
#include "sync/spinlock.h"

struct dentry;

struct fs_context {
	struct refcount refs;
	struct spinlock lock;		/* root, cwd */
	struct dentry *root, *cwd;	/* counted */
	mode_t umask;
	uint64_t file_size_limit;	/* RLIMIT_FSIZE, bytes: writes beyond it are -EFBIG; the process sets it */
};

/* At the root of everything, umask 022. ERR_PTR(-ENOMEM). */
struct fs_context *fs_context_create(void);
struct fs_context *fs_context_get(struct fs_context *);
void fs_context_put(struct fs_context *);	/* NULL is fine; sleeps */
struct fs_context *fs_context_clone(struct fs_context *);

/* The current thread's, with a reference; kernel threads without a context: the real root. */
struct dentry *fs_root(void);
struct dentry *fs_cwd(void);
mode_t fs_umask(void);
struct dentry *fs_context_cwd(struct fs_context *);	/* another's, with a reference */
struct dentry *fs_context_root(struct fs_context *);

#endif
