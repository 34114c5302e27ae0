/*
 * Writing back: everything that is dirty, in an order that may be cut short at any point and leaves a disk that e2fsck -p repairs without
 * asking. What it does ask about is an inode in use that has no name, a block that two files have, and a block of numbers that was never
 * written; a name that leads to an unused inode it just removes. Hence:
 *
 *  1. contents of files                  (so that no file shows what its blocks held before)
 *  2. inodes that have lost their last name, as not in use, and with them indirect blocks and bitmaps
 *  3. directories                        (names removed of what is no more; new names, of what is not yet)
 *  4. inodes of directories              (now the names in new blocks can be found)
 *  5. the other inodes
 *  6. freed blocks and inode numbers may be used again: no pointer to them is left on disk
 *  7. counts, and the device's own cache
 *
 * From 2 to 3 nobody removes a name (names_lock), or it might be gone from the disk before its inode. mkdir and rename write what they
 * do at once, see names.c: a new directory is on disk before anything is in it.
 *
 * Only here, under flush_lock, inodes are put into their tables, so none is written half old, half new. Directories change
 * in single stores, indirect blocks pointer by pointer; a page written in between is one that could have been.
 */
#include "fs/ext2/ext2.h"
#include "fs/special_file.h"
#include "lib/err.h"
#include "mm/frame.h"
#include "vm/object.h"

/* Pages that may always be dirty. */
#define UNFLUSHED_MIN 128

void ext2_inode_dirty(struct inode *inode)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *ext2_inode = ext2_inode_of(inode);

	if (__atomic_fetch_or(&inode->flags, INODE_DIRTY, __ATOMIC_ACQ_REL) & INODE_DIRTY)
		return;
	spin_lock(&fs->dirty_lock);
	/* On a list it is also while a flush works on it: that then finds it dirty again. */
	if (list_empty(&ext2_inode->dirty_link)) {
		inode_get(inode);
		list_add_tail(&fs->dirty, &ext2_inode->dirty_link);
	}
	spin_unlock(&fs->dirty_lock);
}

void ext2_inode_forget(struct inode *inode, uint32_t references)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *ext2_inode = ext2_inode_of(inode);
	bool forgotten = false;

	spin_lock(&fs->dirty_lock);
	if (inode->nlink == 0 && !ext2_inode->in_flush && !list_empty(&ext2_inode->dirty_link) &&
	    refcount_read(&inode->object.refs) == references + 1) {
		list_remove(&ext2_inode->dirty_link);
		__atomic_fetch_and(&inode->flags, ~(uint32_t)INODE_DIRTY, __ATOMIC_ACQ_REL);
		forgotten = true;
	}
	spin_unlock(&fs->dirty_lock);
	if (forgotten)
		inode_put(inode);
}

/* ---- which inodes ---------------------------------------------------------------------------- */

/* Takes off what only the list still knows and no name leads to: freed now, it is released by this very flush. */
static void drop_unlinked(struct ext2 *fs)
{
	struct ext2_inode *inode, *following;
	struct list_node gone = LIST_INIT(gone), *node;

	spin_lock(&fs->dirty_lock);
	list_for_each_entry_safe(inode, following, &fs->dirty, dirty_link) {
		if (inode->inode.nlink == 0 && refcount_read(&inode->inode.object.refs) == 1)
			list_move_tail(&gone, &inode->dirty_link);
	}
	spin_unlock(&fs->dirty_lock);
	while ((node = list_pop(&gone)))
		inode_put(&list_entry(node, struct ext2_inode, dirty_link)->inode);
}

/* After the flush: what got dirty meanwhile goes back on the list, the rest is let go. */
static void put_back(struct ext2 *fs, struct list_node *work)
{
	struct list_node *node;

	while ((node = list_first(work))) {
		struct ext2_inode *inode = list_entry(node, struct ext2_inode, dirty_link);
		bool dirty;

		spin_lock(&fs->dirty_lock);
		list_remove(node);
		inode->in_flush = false;
		dirty = load_acquire(&inode->inode.flags) & INODE_DIRTY;
		if (dirty)
			list_add_tail(&fs->dirty, node);
		spin_unlock(&fs->dirty_lock);
		if (!dirty)
			inode_put(&inode->inode);
	}
}

static void keep_first(int *first, int error)
{
	if (error && !*first)
		*first = error;
}

/* ---- phases ---------------------------------------------------------------------------------- */

/* The contents of those on the list that are directories, or that are not. */
static int write_contents(struct list_node *work, bool directories)
{
	struct ext2_inode *inode;
	int result = 0;

	list_for_each_entry(inode, work, dirty_link) {
		int error;

		if ((bool)S_ISDIR(inode->inode.mode) != directories)
			continue;
		error = object_write_back(&inode->inode.object, 0, UINT64_MAX);
		if (error)
			inode_mark_dirty(&inode->inode);
		keep_first(&result, error);
	}
	return result;
}

static int write_metadata(struct ext2 *fs)
{
	return object_write_back(fs->cache, 0, UINT64_MAX);
}

/* Inodes that no name leads to, whether still open (`work`) or not (`freed`): not in use, as far as the disk knows. */
static int write_unlinked(struct ext2 *fs, struct list_node *work, struct list_node *freed)
{
	struct ext2_inode *inode;
	int result = 0;

	list_for_each_entry(inode, work, dirty_link) {
		if (inode->inode.nlink == 0)
			keep_first(&result, ext2_inode_encode(inode, false));
	}
	list_for_each_entry(inode, freed, dirty_link)
		keep_first(&result, ext2_inode_encode(inode, true));
	keep_first(&result, write_metadata(fs));
	return result;
}

static int write_inodes(struct ext2 *fs, struct list_node *work, bool directories)
{
	struct ext2_inode *inode;
	int result = 0;

	list_for_each_entry(inode, work, dirty_link) {
		int error;

		if ((bool)S_ISDIR(inode->inode.mode) != directories)
			continue;
		error = ext2_inode_encode(inode, false);
		if (error)
			inode_mark_dirty(&inode->inode);
		keep_first(&result, error);
	}
	keep_first(&result, write_metadata(fs));
	return result;
}

static void release_inodes(struct ext2 *fs, struct list_node *freed)
{
	struct list_node *node;

	while ((node = list_pop(freed))) {
		struct ext2_inode *inode = list_entry(node, struct ext2_inode, dirty_link);

		ext2_ino_release(fs, inode->inode.ino, S_ISDIR(inode->inode.mode));
		ext2_inode_free_memory(inode);
	}
}

/* The blocks freed so far are those that this flush will release. Before the lists are taken: see ext2_map_truncate. */
static void begin_releasing(struct ext2 *fs)
{
	mutex_lock(&fs->alloc_lock);
	/* After a flush that failed there are still old ones to release; then the new ones wait. */
	if (fs->releasing_count == 0) {
		uint64_t *blocks = fs->freed_blocks;

		fs->freed_blocks = fs->releasing_blocks;
		fs->releasing_blocks = blocks;
		fs->releasing_count = fs->freed_count;
		fs->freed_count = 0;
	}
	mutex_unlock(&fs->alloc_lock);
}

/* Takes what is dirty now. From here on each change is a new one; a mapping's comes through prepare_write. */
static void take_dirty(struct ext2 *fs, struct list_node *work)
{
	struct ext2_inode *inode;

	spin_lock(&fs->dirty_lock);
	list_splice_tail(work, &fs->dirty);
	list_for_each_entry(inode, work, dirty_link) {
		inode->fresh = false;
		inode->in_flush = true;
		__atomic_fetch_and(&inode->inode.flags, ~(uint32_t)INODE_DIRTY, __ATOMIC_ACQ_REL);
	}
	spin_unlock(&fs->dirty_lock);
}

/* Steps 1 to 3. */
static int write_names(struct ext2 *fs, struct list_node *work, struct list_node *freed)
{
	struct list_node late = LIST_INIT(late);
	int error = write_contents(work, false);

	rwlock_write_lock(&fs->names_lock);
	begin_releasing(fs);
	/* What has changed while the contents were written. */
	take_dirty(fs, &late);
	spin_lock(&fs->dirty_lock);
	list_splice_tail(freed, &fs->freed);
	spin_unlock(&fs->dirty_lock);
	if (!error)
		error = write_contents(&late, false);
	list_splice_tail(work, &late);
	/* After an error in what others point at, what points at it stays where it is. */
	if (!error)
		error = write_unlinked(fs, work, freed);
	if (!error)
		error = write_contents(work, true);
	rwlock_write_unlock(&fs->names_lock);
	return error;
}

static int flush_phases(struct ext2 *fs, struct list_node *work, struct list_node *freed)
{
	int error = write_names(fs, work, freed);

	if (!error)
		error = write_inodes(fs, work, true);
	if (!error)
		error = write_inodes(fs, work, false);
	if (error)
		return error;
	error = ext2_release_freed(fs);
	release_inodes(fs, freed);
	keep_first(&error, ext2_write_super(fs, false));
	keep_first(&error, write_metadata(fs));
	return error;
}

/* Work that a failed flush could not do is dirty still. */
static void keep_for_later(struct ext2 *fs, struct list_node *work, struct list_node *freed)
{
	struct ext2_inode *inode;

	list_for_each_entry(inode, work, dirty_link) {
		inode->fresh = true;
		__atomic_fetch_or(&inode->inode.flags, INODE_DIRTY, __ATOMIC_RELEASE);
	}
	spin_lock(&fs->dirty_lock);
	list_splice_tail(&fs->freed, freed);
	spin_unlock(&fs->dirty_lock);
}

static bool is_clean(struct ext2 *fs)
{
	return list_empty(&fs->dirty) && list_empty(&fs->freed) && !fs->counts_dirty && fs->freed_count == 0 &&
	       fs->releasing_count == 0;
}

static int flush_locked(struct ext2 *fs)
{
	struct list_node work = LIST_INIT(work), freed = LIST_INIT(freed);
	int error;

	drop_unlinked(fs);
	if (is_clean(fs))
		return 0;
	take_dirty(fs, &work);
	fs->unflushed_bytes = 0;
	error = flush_phases(fs, &work, &freed);
	if (error)
		keep_for_later(fs, &work, &freed);
	put_back(fs, &work);
	if (!error)
		error = block_device_flush(fs->device);
	return error;
}

int ext2_flush(struct ext2 *fs)
{
	int error;

	if (!fs->writable)
		return 0;
	mutex_lock(&fs->flush_lock);
	error = flush_locked(fs);
	mutex_unlock(&fs->flush_lock);
	return error;
}

/* ---- one directory --------------------------------------------------------------------------- */

/*
 * Nobody removes names meanwhile, and only they take an inode off these lists; what is added comes to the lists' own heads. So both
 * can be lent out, and given back.
 */
static int write_unlinked_so_far(struct ext2 *fs)
{
	struct list_node work = LIST_INIT(work), freed = LIST_INIT(freed);
	int error;

	spin_lock(&fs->dirty_lock);
	list_splice_tail(&work, &fs->dirty);
	list_splice_tail(&freed, &fs->freed);
	spin_unlock(&fs->dirty_lock);
	error = write_unlinked(fs, &work, &freed);
	spin_lock(&fs->dirty_lock);
	list_splice_tail(&fs->dirty, &work);
	list_splice_tail(&fs->freed, &freed);
	spin_unlock(&fs->dirty_lock);
	return error;
}

static int write_inode_locked(struct ext2 *fs, struct inode *inode)
{
	int error = ext2_inode_encode(ext2_inode_of(inode), false);

	return error ? error : write_metadata(fs);
}

int ext2_write_names(struct inode *const directories[], unsigned count)
{
	struct ext2 *fs = ext2_of(directories[0]);
	int error;

	mutex_lock(&fs->flush_lock);
	rwlock_write_lock(&fs->names_lock);
	error = write_unlinked_so_far(fs);
	/* One right after the other: what belongs together is apart on the disk for as short as can be. */
	for (unsigned i = 0; i < count && !error; i++)
		error = object_write_back(&directories[i]->object, 0, UINT64_MAX);
	rwlock_write_unlock(&fs->names_lock);
	for (unsigned i = 0; i < count && !error; i++)
		error = ext2_inode_encode(ext2_inode_of(directories[i]), false);
	if (!error)
		error = write_metadata(fs);
	mutex_unlock(&fs->flush_lock);
	return error;
}

int ext2_write_inode(struct inode *inode)
{
	struct ext2 *fs = ext2_of(inode);
	int error;

	mutex_lock(&fs->flush_lock);
	error = write_inode_locked(fs, inode);
	mutex_unlock(&fs->flush_lock);
	return error;
}

/* ---- one file -------------------------------------------------------------------------------- */

/* Data, indirect blocks, inode, device. */
static int sync_file_locked(struct ext2 *fs, struct ext2_inode *inode)
{
	int error = object_write_back(&inode->inode.object, 0, UINT64_MAX);

	if (!error)
		error = write_metadata(fs);
	if (!error && (load_acquire(&inode->inode.flags) & INODE_DIRTY)) {
		/* It stays on the list; without the flag the next change is seen as one. */
		__atomic_fetch_and(&inode->inode.flags, ~(uint32_t)INODE_DIRTY, __ATOMIC_ACQ_REL);
		error = ext2_inode_encode(inode, false);
		if (!error)
			error = write_metadata(fs);
		if (error)
			inode_mark_dirty(&inode->inode);
	}
	return error ? error : block_device_flush(fs->device);
}

int ext2_sync_inode(struct inode *inode, bool data_only)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *ext2_inode = ext2_inode_of(inode);
	int error;

	if (!fs->writable)
		return 0;
	mutex_lock(&fs->flush_lock);
	/* A new file is there only when its name is; a directory is its names. */
	if (ext2_inode->fresh || S_ISDIR(inode->mode))
		error = flush_locked(fs);
	else
		error = sync_file_locked(fs, ext2_inode);
	mutex_unlock(&fs->flush_lock);
	return error;
}

/* ---- memory and space ------------------------------------------------------------------------ */

bool ext2_make_room(struct mount *mount)
{
	struct ext2 *fs = mount->private;
	uint32_t before = fs->free_blocks, inodes_before = fs->free_inodes;

	(void)ext2_flush(fs);
	if (fs->freed_count)
		(void)ext2_flush(fs);
	return fs->free_blocks > before || fs->free_inodes > inodes_before;
}

void ext2_wrote(struct mount *mount, size_t bytes)
{
	struct ext2 *fs = mount->private;

	uint64_t pages = __atomic_add_fetch(&fs->unflushed_bytes, bytes, __ATOMIC_RELAXED) / PAGE_SIZE;

	/* A quarter of what is free, so that there is always memory to write back with. */
	if (pages > UNFLUSHED_MIN && pages > frame_free_count() / 4)
		(void)ext2_flush(fs);
}
