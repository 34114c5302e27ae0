/*
 * The framework of /proc: inodes made on demand from tables of callbacks. Nothing is cached: every lookup makes a new inode, so what is
 * shown is what is, and a process that is gone is gone.
 */
#include "fs/procfs.h"

#include <osier/abi/dirent.h>

#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/procfs_internal.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/uio.h"

#define PROC_MAGIC 0x9fa0
/* Directory positions: 0 and 1 the dots, from 2 on the table, from here on the numbers. */
#define POSITION_TABLE 2
#define POSITION_NUMBERS 0x10000

struct proc_inode {
	struct inode inode;		/* first */
	struct proc_node node;
	const struct proc_entry *entry;	/* NULL: the root */
	const struct proc_directory *directory;
};

static struct slab_cache *inode_cache;
static const struct proc_entry no_entries[1];
static const struct proc_directory empty_root = { .entries = no_entries };
static const struct proc_directory *root_directory = &empty_root;

void procfs_set_root(const struct proc_directory *directory)
{
	root_directory = directory;
}

static struct proc_inode *proc_inode_of(const struct inode *inode)
{
	return (struct proc_inode *)inode;
}

static const struct proc_directory *directory_of(const struct proc_inode *inode)
{
	return inode->entry ? inode->entry->directory : root_directory;
}

static void destroy_inode(struct inode *inode)
{
	slab_free(inode_cache, proc_inode_of(inode));
}

/* The same node always shows the same number. */
static uint64_t inode_number(const struct proc_node *node, const struct proc_entry *entry)
{
	uint64_t number = hash_u64(hash_u64((uintptr_t)entry + node->key * 0x10001) + node->subkey);

	return entry ? number >> 16 | 1ull << 40 : 1;
}

static int update_owner(struct inode *inode)
{
	const struct proc_inode *proc_inode = proc_inode_of(inode);

	if (!proc_inode->entry || !proc_inode->entry->owner)
		return 0;
	return proc_inode->entry->owner(&proc_inode->node, &inode->uid, &inode->gid);
}

static const struct inode_ops directory_ops, file_inode_ops, link_ops;
static const struct file_ops directory_file_ops, text_file_ops;

/* ERR_PTR(-ENOMEM, -ESRCH). */
static struct inode *create_inode(struct mount *mount, const struct proc_node *node, const struct proc_entry *entry)
{
	struct proc_inode *proc_inode = slab_alloc(inode_cache);
	mode_t mode = entry ? entry->mode : S_IFDIR | 0555;
	struct inode *inode;
	int error;

	if (!proc_inode)
		return ERR_PTR(-ENOMEM);
	inode = &proc_inode->inode;
	proc_inode->node = *node;
	proc_inode->entry = entry;
	inode_init(inode, mount, inode_number(node, entry), mode, OBJECT_INODE, NULL);
	inode->uid = inode->gid = 0;
	inode->destroy = destroy_inode;
	inode->ops = S_ISDIR(mode) ? &directory_ops : S_ISLNK(mode) ? &link_ops : &file_inode_ops;
	inode->file_ops = S_ISDIR(mode) ? &directory_file_ops : &text_file_ops;
	if (S_ISDIR(mode))
		inode->nlink = 2;
	error = update_owner(inode);
	if (error) {
		inode_put(inode);
		return ERR_PTR(error);
	}
	return inode;
}

/* ---- directories ----------------------------------------------------------------------------- */

/* => whether the name is a number written the one right way. */
static bool parse_number(const struct name *name, uint64_t *out)
{
	uint64_t number = 0;

	if (name->length > 10 || (name->text[0] == '0' && name->length > 1))
		return false;
	for (unsigned i = 0; i < name->length; i++) {
		if (name->text[i] < '0' || name->text[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(name->text[i] - '0');
	}
	*out = number;
	return true;
}

static struct proc_node number_node(const struct proc_inode *directory, uint64_t number)
{
	struct proc_node node = directory->node;

	if (directory_of(directory)->number_is_key)
		node.key = number;
	else
		node.subkey = number;
	return node;
}

static int lookup(struct inode *inode, const struct name *name, struct inode **out)
{
	const struct proc_inode *proc_inode = proc_inode_of(inode);
	const struct proc_directory *directory = directory_of(proc_inode);
	const struct proc_entry *entry;
	struct proc_node node = proc_inode->node;
	struct inode *made;
	uint64_t number;

	for (entry = directory->entries; entry && entry->name; entry++) {
		if (strlen(entry->name) == name->length && memcmp(entry->name, name->text, name->length) == 0)
			break;
	}
	if (!entry || !entry->name) {
		if (!directory->next || !parse_number(name, &number) ||
		    directory->next(&node, number) != (int64_t)number)
			return -ENOENT;
		entry = directory->number_entry;
		node = number_node(proc_inode, number);
	}
	made = create_inode(inode->mount, &node, entry);
	/* A process that has just gone is a name that is absent: *out stays NULL. */
	if (IS_ERR(made))
		return PTR_ERR(made) == -ESRCH ? -ENOENT : (int)PTR_ERR(made);
	*out = made;
	return 0;
}

static bool emit_numbers(const struct proc_inode *inode, struct directory_emitter *emitter)
{
	const struct proc_directory *directory = directory_of(inode);
	uint64_t from = emitter->position > POSITION_NUMBERS ? emitter->position - POSITION_NUMBERS : 0;
	int64_t number;

	while ((number = directory->next(&inode->node, from)) >= 0) {
		struct proc_node node = number_node(inode, (uint64_t)number);
		char text[24];
		size_t length = ksnprintf(text, sizeof text, "%ld", (long)number);

		from = (uint64_t)number + 1;
		if (!emitter->emit(emitter, text, (unsigned)length, inode_number(&node, directory->number_entry),
				   IFTODT(directory->number_entry->mode), POSITION_NUMBERS + from))
			return false;
	}
	return true;
}

static int iterate(struct file *file, struct directory_emitter *emitter)
{
	const struct proc_inode *inode = proc_inode_of(file->inode);
	const struct proc_directory *directory = directory_of(inode);
	uint64_t position = POSITION_TABLE;

	if (!directory_emit_dots(file, emitter))
		return 0;
	for (const struct proc_entry *entry = directory->entries; entry && entry->name; entry++, position++) {
		if (emitter->position > position)
			continue;
		if (!emitter->emit(emitter, entry->name, (unsigned)strlen(entry->name),
				   inode_number(&inode->node, entry), IFTODT(entry->mode), position + 1))
			return 0;
	}
	if (directory->next)
		(void)emit_numbers(inode, emitter);
	return 0;
}

static ssize_t read_directory(struct file *file, struct uio *uio, uint64_t *offset)
{
	return -EISDIR;
}

static const struct inode_ops directory_ops = { .lookup = lookup, .getattr = update_owner };

static const struct file_ops directory_file_ops = {
	.read = read_directory,
	.seek = file_seek_generic,
	.iterate = iterate,
};

/* ---- links ----------------------------------------------------------------------------------- */

static ssize_t readlink(struct inode *inode, char *buffer, size_t size)
{
	const struct proc_inode *proc_inode = proc_inode_of(inode);

	return proc_inode->entry->readlink ? proc_inode->entry->readlink(&proc_inode->node, buffer, size) : -EINVAL;
}

static int follow(struct inode *inode, struct dentry **out)
{
	const struct proc_inode *proc_inode = proc_inode_of(inode);

	return proc_inode->entry->follow ? proc_inode->entry->follow(&proc_inode->node, out) : -EOPNOTSUPP;
}

static const struct inode_ops link_ops = { .readlink = readlink, .follow = follow, .getattr = update_owner };

/* ---- text files ------------------------------------------------------------------------------ */

struct proc_text {
	struct mutex lock;
	struct text_buffer buffer;
	bool filled;
};

static int open_text(struct inode *inode, struct file *file)
{
	struct proc_text *text = kzalloc(sizeof *text);

	if (!text)
		return -ENOMEM;
	mutex_init(&text->lock, LOCK_RANK_PROC_TEXT);
	file->private = text;
	return 0;
}

static void close_text(struct file *file)
{
	struct proc_text *text = file->private;

	text_free(&text->buffer);
	kfree(text);
}

static int fill_text(struct file *file, struct proc_text *text)
{
	const struct proc_inode *inode = proc_inode_of(file->inode);
	int error;

	if (!inode->entry->show)
		return -EINVAL;
	text->buffer.length = 0;
	text->buffer.error = 0;
	error = inode->entry->show(&inode->node, &text->buffer);
	if (!error)
		error = text->buffer.error;
	text->filled = !error;
	return error;
}

static ssize_t read_text(struct file *file, struct uio *uio, uint64_t *offset)
{
	struct proc_text *text = file->private;
	size_t bytes = 0;
	int error = 0;

	mutex_lock(&text->lock);
	if (*offset == 0 || !text->filled)
		error = fill_text(file, text);
	if (!error && *offset < text->buffer.length) {
		bytes = min(uio->remaining, (size_t)(text->buffer.length - *offset));
		error = uio_copy_to(uio, text->buffer.text + *offset, bytes);
		*offset += bytes;
	}
	mutex_unlock(&text->lock);
	return error ? error : (ssize_t)bytes;
}

static ssize_t write_text(struct file *file, struct uio *uio, uint64_t *offset)
{
	const struct proc_inode *inode = proc_inode_of(file->inode);
	size_t bytes = min(uio->remaining, PAGE_SIZE - 1);
	ssize_t done;
	char *text;

	if (!inode->entry->write)
		return -EINVAL;
	text = kmalloc(PAGE_SIZE);
	if (!text)
		return -ENOMEM;
	done = uio_copy_from(uio, text, bytes);
	if (!done) {
		text[bytes] = '\0';
		done = inode->entry->write(&inode->node, text, bytes);
	}
	kfree(text);
	return done;
}

static const struct inode_ops file_inode_ops = { .open = open_text, .getattr = update_owner };

static const struct file_ops text_file_ops = {
	.read = read_text,
	.write = write_text,
	.seek = file_seek_generic,
	.close = close_text,
};

/* ---- the mount ------------------------------------------------------------------------------- */

static int proc_statvfs(struct mount *mount, struct statvfs *statvfs)
{
	statvfs->f_type = PROC_MAGIC;
	return 0;
}

static const struct mount_ops proc_mount_ops = { .statvfs = proc_statvfs };

static int proc_mount(struct mount *mount, struct block_device *device, const char *options)
{
	static const struct proc_node top;
	struct inode *inode;

	mount->ops = &proc_mount_ops;
	mount->names_uncached = true;
	inode = create_inode(mount, &top, NULL);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	mount->root = dentry_create_root(mount, inode);
	if (IS_ERR(mount->root)) {
		inode_put(inode);
		return (int)PTR_ERR(mount->root);
	}
	return 0;
}

static struct file_system proc_file_system = { .name = "proc", .mount = proc_mount };

void procfs_init(void)
{
	inode_cache = slab_cache_create("proc_inode", sizeof(struct proc_inode), 16, NULL);
	VERIFY(inode_cache);
	file_system_register(&proc_file_system);
}
