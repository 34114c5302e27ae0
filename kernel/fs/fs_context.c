/*
 * Root, working directory and umask of processes.
 */
#include "fs/fs_context.h"

#include "fs/dentry.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "mm/slab.h"
#include "task/thread.h"

static struct fs_context *allocate(struct dentry *root, struct dentry *cwd)
{
	struct fs_context *context = kzalloc(sizeof *context);

	if (!context) {
		dentry_put(root);
		dentry_put(cwd);
		return ERR_PTR(-ENOMEM);
	}
	refcount_init(&context->refs, 1);
	spin_init(&context->lock, "fs_context", LOCK_RANK_FILES);
	context->root = root;
	context->cwd = cwd;
	context->umask = 022;
	context->file_size_limit = UINT64_MAX;
	return context;
}

struct fs_context *fs_context_create(void)
{
	struct dentry *root = mount_root();

	if (!root)
		return ERR_PTR(-ENOENT);
	return allocate(root, dentry_get(root));
}

struct fs_context *fs_context_get(struct fs_context *context)
{
	refcount_get(&context->refs);
	return context;
}

void fs_context_put(struct fs_context *context)
{
	if (!context || !refcount_put(&context->refs))
		return;
	dentry_put(context->root);
	dentry_put(context->cwd);
	kfree(context);
}

struct fs_context *fs_context_clone(struct fs_context *context)
{
	struct fs_context *copy;
	struct dentry *root, *cwd;

	spin_lock(&context->lock);
	root = dentry_get(context->root);
	cwd = dentry_get(context->cwd);
	spin_unlock(&context->lock);

	copy = allocate(root, cwd);
	if (IS_ERR(copy))
		return copy;
	copy->umask = context->umask;
	copy->file_size_limit = context->file_size_limit;
	return copy;
}

struct dentry *fs_context_root(struct fs_context *context)
{
	struct dentry *root;

	spin_lock(&context->lock);
	root = dentry_get(context->root);
	spin_unlock(&context->lock);
	return root;
}

struct dentry *fs_context_cwd(struct fs_context *context)
{
	struct dentry *cwd;

	spin_lock(&context->lock);
	cwd = dentry_get(context->cwd);
	spin_unlock(&context->lock);
	return cwd;
}

struct dentry *fs_root(void)
{
	struct fs_context *context = thread_current()->fs;

	return context ? fs_context_root(context) : mount_root();
}

struct dentry *fs_cwd(void)
{
	struct fs_context *context = thread_current()->fs;

	return context ? fs_context_cwd(context) : mount_root();
}

mode_t fs_umask(void)
{
	struct fs_context *context = thread_current()->fs;

	return context ? context->umask : 022;
}
