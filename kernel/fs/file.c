/*
 * Open files: made, shared, closed; what every kind of file has in common.
 */
#include "fs/file.h"

#include <osier/abi/dirent.h>

#include "fs/dentry.h"
#include "fs/file_lock.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/region.h"

/* Open files in the whole system: enough for everything sensible, a stop for a runaway. */
#define FILES_MAX 262144

static struct slab_cache *file_cache;
static uint64_t files_open;

void file_init(void)
{
	file_cache = slab_cache_create("file", sizeof(struct file), 0, NULL);
}

uint64_t file_count(void)
{
	return __atomic_load_n(&files_open, __ATOMIC_RELAXED);
}

struct file *file_create(struct inode *inode, struct dentry *dentry, const struct file_ops *ops,
			 unsigned flags)
{
	unsigned access = flags & O_ACCMODE;
	struct file *file;

	if (__atomic_add_fetch(&files_open, 1, __ATOMIC_RELAXED) > FILES_MAX) {
		__atomic_sub_fetch(&files_open, 1, __ATOMIC_RELAXED);
		return ERR_PTR(-ENFILE);
	}
	file = slab_alloc(file_cache);
	if (!file) {
		__atomic_sub_fetch(&files_open, 1, __ATOMIC_RELAXED);
		return ERR_PTR(-ENOMEM);
	}
	refcount_init(&file->refs, 1);
	file->flags = flags & ~(unsigned)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
	file->readable = access != O_WRONLY && !(flags & O_PATH);
	file->writable = access != O_RDONLY && !(flags & O_PATH);
	file->counted_writer = false;
	file->has_locks = false;
	file->ops = ops;
	file->inode = inode_get(inode);
	file->dentry = dentry ? dentry_get(dentry) : NULL;
	mutex_init(&file->offset_lock, LOCK_RANK_FILE);
	file->offset = 0;
	file->readahead_next = 0;
	file->readahead_pages = 0;
	file->private = NULL;
	return file;
}

void file_release(struct file *file)
{
	if (file->has_locks)
		file_lock_release_file(file);
	if (file->ops->close)
		file->ops->close(file);
	if (file->counted_writer)
		inode_end_write(file->inode);
	dentry_put(file->dentry);
	inode_put(file->inode);
	slab_free(file_cache, file);
	__atomic_sub_fetch(&files_open, 1, __ATOMIC_RELAXED);
}

void file_closed_by(struct file *file, const void *owner)
{
	if (unlikely(file->has_locks))
		file_lock_release_owner(file->inode, owner);
}

/* Sets the offset under its lock; others may share the file. */
static int64_t set_offset(struct file *file, int64_t base, int64_t offset)
{
	int64_t result;

	if (__builtin_add_overflow(base, offset, &result))
		return -EOVERFLOW;
	if (result < 0)
		return -EINVAL;
	file->offset = (uint64_t)result;
	return result;
}

int64_t file_seek_generic(struct file *file, int64_t offset, int whence)
{
	uint64_t size = inode_size(file->inode);
	int64_t result;

	mutex_lock(&file->offset_lock);
	switch (whence) {
	case SEEK_SET:
		result = set_offset(file, 0, offset);
		break;
	case SEEK_CUR:
		result = set_offset(file, (int64_t)file->offset, offset);
		break;
	case SEEK_END:
		result = set_offset(file, (int64_t)size, offset);
		break;
	case SEEK_DATA:			/* holes are not told apart: all is data, and the end is a hole */
		result = offset >= 0 && (uint64_t)offset < size ? set_offset(file, 0, offset) : -ENXIO;
		break;
	case SEEK_HOLE:
		result = offset >= 0 && (uint64_t)offset < size ? set_offset(file, 0, (int64_t)size) : -ENXIO;
		break;
	default:
		result = -EINVAL;
	}
	mutex_unlock(&file->offset_lock);
	return result;
}

struct vm_object *file_object_generic(struct file *file, uint8_t *max_prot)
{
	if (!S_ISREG(file->inode->mode) && !S_ISBLK(file->inode->mode))
		return ERR_PTR(-ENODEV);
	if (file->inode->mount->flags & MS_NOEXEC)
		*max_prot &= (uint8_t)~PROT_X;
	return object_get(&file->inode->object);
}

int file_sync_generic(struct file *file, bool data_only)
{
	struct inode *inode = file->inode;

	return inode->ops->sync ? inode->ops->sync(inode, data_only) : 0;
}

static ssize_t directory_read(struct file *file, struct uio *uio, uint64_t *offset)
{
	return -EISDIR;
}

const struct file_ops directory_file_ops_generic = {
	.read = directory_read,
	.seek = file_seek_generic,
	.sync = file_sync_generic,
};

bool directory_emit_dots(struct file *file, struct directory_emitter *emitter)
{
	if (emitter->position == 0 && !emitter->emit(emitter, ".", 1, file->inode->ino, DT_DIR, 1))
		return false;
	if (emitter->position == 1) {
		struct dentry *parent = dentry_parent(file->dentry);
		bool more = emitter->emit(emitter, "..", 2, parent->inode->ino, DT_DIR, 2);

		dentry_put(parent);
		return more;
	}
	return true;
}

const char *file_describe(struct file *file, char *buffer, size_t size)
{
	struct dentry *root;
	char *path;

	if (!file->dentry) {
		ksnprintf(buffer, size, "%s:[%lu]", S_ISFIFO(file->inode->mode) ? "pipe" : "socket",
			  (unsigned long)file->inode->ino);
		return buffer;
	}
	root = fs_root();
	path = dentry_path(file->dentry, root, buffer, size, false);
	dentry_put(root);
	if (IS_ERR(path)) {
		string_copy(buffer, "?", size);
		return buffer;
	}
	return path;
}
