/*
 * Descriptor tables: growing, reserving the lowest free number, duplicating, closing.
 */
#include "fs/fd_table.h"

#include <osier/abi/limits.h>

#include "lib/bitmap.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "task/sched.h"

struct fd_table *fd_table_create(void)
{
	struct fd_table *table = kzalloc(sizeof *table);

	if (!table)
		return ERR_PTR(-ENOMEM);
	refcount_init(&table->refs, 1);
	spin_init(&table->lock, "fd_table", LOCK_RANK_FILES);
	table->size = FD_TABLE_INITIAL;
	table->limit = OPEN_MAX;
	table->files = table->inline_files;
	table->used = &table->inline_bits[0];
	table->cloexec = &table->inline_bits[1];
	return table;
}

struct fd_table *fd_table_get(struct fd_table *table)
{
	refcount_get(&table->refs);
	return table;
}

static void free_storage(struct file **files, uint64_t *used)
{
	/* One allocation for both bitmaps: `used` is its start. */
	kfree(files);
	kfree(used);
}

static void destroy(struct fd_table *table)
{
	if (table->files != table->inline_files)
		free_storage(table->files, table->used);
	kfree(table);
}

void fd_table_put(struct fd_table *table)
{
	if (!table || !refcount_put(&table->refs))
		return;
	for (size_t fd = 0; (fd = bitmap_find_set(table->used, table->size, fd)) != BITMAP_NONE; fd++) {
		struct file *file = table->files[fd];

		if (file) {
			file_closed_by(file, table);
			file_put(file);
		}
		sched_point();
	}
	destroy(table);
}

/* Storage for `size` descriptors. => 0 or -ENOMEM. */
static int allocate_storage(unsigned size, struct file ***files, uint64_t **bits)
{
	*files = kcalloc(size, sizeof **files);
	*bits = kcalloc(2 * (size / 64), sizeof **bits);
	if (*files && *bits)
		return 0;
	free_storage(*files, *bits);
	return -ENOMEM;
}

/* Copies the old arrays into new ones of `size` and makes those the table's. => the old ones to free, NULL if inline. */
static void adopt_storage(struct fd_table *table, unsigned size, struct file **files, uint64_t *bits)
{
	unsigned words = table->size / 64;

	memcpy(files, table->files, table->size * sizeof *files);
	memcpy(bits, table->used, words * sizeof *bits);
	memcpy(bits + size / 64, table->cloexec, words * sizeof *bits);
	table->files = files;
	table->used = bits;
	table->cloexec = bits + size / 64;
	table->size = size;
}

/* Makes room for descriptor `fd`. lock not held; others may grow it at the same time. => 0 or -ENOMEM. */
static int grow(struct fd_table *table, unsigned fd)
{
	unsigned size = FD_TABLE_INITIAL;
	struct file **files, **old_files = NULL;
	uint64_t *bits, *old_bits = NULL;

	while (size <= fd)
		size *= 2;
	if (allocate_storage(size, &files, &bits) < 0)
		return -ENOMEM;

	spin_lock(&table->lock);
	if (table->size < size) {
		if (table->files != table->inline_files) {
			old_files = table->files;
			old_bits = table->used;
		}
		adopt_storage(table, size, files, bits);
	} else {
		old_files = files;
		old_bits = bits;
	}
	spin_unlock(&table->lock);

	free_storage(old_files, old_bits);
	return 0;
}

struct fd_table *fd_table_clone(struct fd_table *table)
{
	struct fd_table *copy = fd_table_create();

	if (IS_ERR(copy))
		return copy;

	spin_lock(&table->lock);
	while (copy->size < table->size) {
		unsigned size = table->size;

		spin_unlock(&table->lock);
		if (grow(copy, size - 1) < 0) {
			destroy(copy);
			return ERR_PTR(-ENOMEM);
		}
		spin_lock(&table->lock);
	}
	copy->limit = table->limit;
	for (size_t fd = 0; (fd = bitmap_find_set(table->used, table->size, fd)) != BITMAP_NONE; fd++) {
		if (!table->files[fd])
			continue;	/* reserved by another thread, whose call the child does not share */
		copy->files[fd] = file_get(table->files[fd]);
		bitmap_set(copy->used, fd);
		if (bitmap_test(table->cloexec, fd))
			bitmap_set(copy->cloexec, fd);
	}
	spin_unlock(&table->lock);
	return copy;
}

void fd_table_close_on_exec(struct fd_table *table)
{
	for (size_t fd = 0; (fd = bitmap_find_set(table->cloexec, table->size, fd)) != BITMAP_NONE; fd++)
		(void)fd_close(table, (int)fd);
}

struct file *fd_lookup_counted(struct fd_table *table, int fd)
{
	struct file *file = NULL;

	spin_lock(&table->lock);
	if ((unsigned)fd < table->size) {
		file = table->files[fd];
		if (file)
			file_get(file);
	}
	spin_unlock(&table->lock);
	return file;
}

int fd_reserve(struct fd_table *table, int from, bool cloexec)
{
	if (from < 0 || (unsigned)from >= table->limit)
		return -EINVAL;
	for (;;) {
		size_t fd;
		int error;

		spin_lock(&table->lock);
		fd = (unsigned)from < table->size ? bitmap_find_clear(table->used, table->size, (size_t)from)
						  : BITMAP_NONE;
		if (fd == BITMAP_NONE)
			fd = max((unsigned)from, table->size);
		if (fd >= table->limit) {
			spin_unlock(&table->lock);
			return -EMFILE;
		}
		if (fd < table->size) {
			bitmap_set(table->used, fd);
			if (cloexec)
				bitmap_set(table->cloexec, fd);
			else
				bitmap_clear(table->cloexec, fd);
			spin_unlock(&table->lock);
			return (int)fd;
		}
		spin_unlock(&table->lock);
		error = grow(table, (unsigned)fd);
		if (error)
			return error;
	}
}

void fd_install(struct fd_table *table, int fd, struct file *file)
{
	spin_lock(&table->lock);
	table->files[fd] = file;
	spin_unlock(&table->lock);
}

void fd_unreserve(struct fd_table *table, int fd)
{
	spin_lock(&table->lock);
	bitmap_clear(table->used, (size_t)fd);
	bitmap_clear(table->cloexec, (size_t)fd);
	spin_unlock(&table->lock);
}

int fd_allocate(struct fd_table *table, struct file *file, bool cloexec)
{
	int fd = fd_reserve(table, 0, cloexec);

	if (fd >= 0)
		fd_install(table, fd, file);
	return fd == -EINVAL ? -EMFILE : fd;	/* a limit of 0 */
}

int fd_close(struct fd_table *table, int fd)
{
	struct file *file = NULL;

	spin_lock(&table->lock);
	if ((unsigned)fd < table->size && (file = table->files[fd])) {
		table->files[fd] = NULL;
		bitmap_clear(table->used, (size_t)fd);
		bitmap_clear(table->cloexec, (size_t)fd);
	}
	spin_unlock(&table->lock);
	if (!file)
		return -EBADF;
	file_closed_by(file, table);
	file_put(file);
	return 0;
}

int fd_dup_to(struct fd_table *table, int from, int to, bool cloexec)
{
	struct file *file, *old;

	if (to < 0 || (unsigned)to >= table->limit)
		return -EBADF;
	if ((unsigned)to >= READ_ONCE(table->size)) {
		int error = grow(table, (unsigned)to);

		if (error)
			return error;
	}

	spin_lock(&table->lock);
	file = (unsigned)from < table->size ? table->files[from] : NULL;
	if (!file) {
		spin_unlock(&table->lock);
		return -EBADF;
	}
	old = table->files[to];
	if (!old && bitmap_test(table->used, (size_t)to)) {
		/* Another thread is opening something into it. */
		spin_unlock(&table->lock);
		return -EBUSY;
	}
	table->files[to] = file_get(file);
	bitmap_set(table->used, (size_t)to);
	if (cloexec)
		bitmap_set(table->cloexec, (size_t)to);
	else
		bitmap_clear(table->cloexec, (size_t)to);
	spin_unlock(&table->lock);

	if (old) {
		file_closed_by(old, table);
		file_put(old);
	}
	return to;
}

int fd_get_cloexec(struct fd_table *table, int fd)
{
	int result = -EBADF;

	spin_lock(&table->lock);
	if ((unsigned)fd < table->size && table->files[fd])
		result = bitmap_test(table->cloexec, (size_t)fd);
	spin_unlock(&table->lock);
	return result;
}

int fd_set_cloexec(struct fd_table *table, int fd, bool on)
{
	int result = -EBADF;

	spin_lock(&table->lock);
	if ((unsigned)fd < table->size && table->files[fd]) {
		if (on)
			bitmap_set(table->cloexec, (size_t)fd);
		else
			bitmap_clear(table->cloexec, (size_t)fd);
		result = 0;
	}
	spin_unlock(&table->lock);
	return result;
}

int fd_next(struct fd_table *table, int from)
{
	size_t fd;

	spin_lock(&table->lock);
	for (fd = (size_t)from; (fd = bitmap_find_set(table->used, table->size, fd)) != BITMAP_NONE; fd++) {
		if (table->files[fd])
			break;
	}
	spin_unlock(&table->lock);
	return fd == BITMAP_NONE ? -1 : (int)fd;
}
