/*
 * Directories of tmpfs: entries in two trees, by name to find them and by cookie to list them in order of their making.
 */
#include <osier/abi/dirent.h>
#include <osier/abi/limits.h>

#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/tmpfs.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

static int compare_name(const struct tmpfs_entry *entry, const struct name *name)
{
	if (name->hash != entry->hash)
		return name->hash < entry->hash ? -1 : 1;
	if (name->length != entry->length)
		return name->length < entry->length ? -1 : 1;
	return memcmp(name->text, entry->name, name->length);
}

static struct tmpfs_entry *find(struct tmpfs_inode *directory, const struct name *name)
{
	struct tree_node *node = directory->by_name.root;

	while (node) {
		struct tmpfs_entry *entry = tree_entry(node, struct tmpfs_entry, by_name);
		int order = compare_name(entry, name);

		if (order == 0)
			return entry;
		node = order < 0 ? node->left : node->right;
	}
	return NULL;
}

/* Names arrive hashed, except from callers who make them up: devfs hashes too. NULL without memory. */
static struct tmpfs_entry *allocate(const struct name *name)
{
	struct tmpfs_entry *entry = kmalloc(sizeof *entry + name->length + 1);

	if (!entry)
		return NULL;
	entry->hash = name->hash;
	entry->length = name->length;
	memcpy(entry->name, name->text, name->length);
	entry->name[name->length] = '\0';
	return entry;
}

/* The name is absent; the reference on `inode` moves in. */
static void insert(struct tmpfs_inode *directory, struct tmpfs_entry *entry, struct inode *inode)
{
	struct name name = { entry->name, entry->length, entry->hash };
	struct tree_node **link = &directory->by_name.root, *parent = NULL;

	while (*link) {
		parent = *link;
		if (compare_name(tree_entry(parent, struct tmpfs_entry, by_name), &name) < 0)
			link = &parent->left;
		else
			link = &parent->right;
	}
	entry->inode = inode;
	entry->cookie = directory->next_cookie++;
	tree_link(&directory->by_name, &entry->by_name, parent, link);
	parent = tree_last(&directory->by_cookie);
	tree_link(&directory->by_cookie, &entry->by_cookie, parent,
		  parent ? &parent->right : &directory->by_cookie.root);
	directory->inode.object.size += PAGE_SIZE / 128;
	inode_touch(&directory->inode);
}

/* => the inode whose reference the entry held. */
static struct inode *erase(struct tmpfs_inode *directory, struct tmpfs_entry *entry)
{
	struct inode *inode = entry->inode;

	tree_erase(&directory->by_name, &entry->by_name);
	tree_erase(&directory->by_cookie, &entry->by_cookie);
	directory->inode.object.size -= PAGE_SIZE / 128;
	inode_touch(&directory->inode);
	kfree(entry);
	return inode;
}

/* Takes all entries of a directory onto a list. */
static struct tmpfs_entry *strip(struct tmpfs_inode *directory, struct tmpfs_entry *list)
{
	struct tree_node *node;

	while ((node = tree_first(&directory->by_cookie))) {
		struct tmpfs_entry *entry = tree_entry(node, struct tmpfs_entry, by_cookie);

		tree_erase(&directory->by_cookie, &entry->by_cookie);
		entry->next = list;
		list = entry;
	}
	tree_init(&directory->by_name, NULL);
	return list;
}

void tmpfs_directory_destroy(struct tmpfs_inode *directory)
{
	struct tmpfs_entry *list = strip(directory, NULL);

	while (list) {
		struct tmpfs_entry *entry = list;

		list = entry->next;
		if (S_ISDIR(entry->inode->mode))
			list = strip(tmpfs_inode_of(entry->inode), list);
		inode_put(entry->inode);
		kfree(entry);
	}
}

static int lookup(struct inode *directory, const struct name *name, struct inode **out)
{
	struct tmpfs_entry *entry = find(tmpfs_inode_of(directory), name);

	if (!entry)
		return -ENOENT;
	*out = inode_get(entry->inode);
	return 0;
}

/* A new inode under a new name. => with one reference for the entry, one for the caller. */
static int make(struct inode *directory, const struct name *name, mode_t mode, dev_t rdev, const char *target,
		struct inode **out)
{
	struct tmpfs_entry *entry;
	struct inode *inode;

	if (directory->flags & INODE_DEAD)
		return -ENOENT;
	inode = tmpfs_inode_create(directory->mount, mode, rdev);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	inode_inherit(inode, directory);
	entry = allocate(name);
	if (target) {
		tmpfs_inode_of(inode)->target = kstrdup(target);
		inode->object.size = strlen(target);
	}
	if (!entry || (target && !tmpfs_inode_of(inode)->target)) {
		kfree(entry);
		inode_put(inode);
		return -ENOMEM;
	}
	if (S_ISDIR(mode))
		directory->nlink++;
	insert(tmpfs_inode_of(directory), entry, inode_get(inode));
	*out = inode;
	return 0;
}

static int create(struct inode *directory, const struct name *name, mode_t mode, dev_t rdev, struct inode **out)
{
	return make(directory, name, mode, rdev, NULL, out);
}

static int mkdir(struct inode *directory, const struct name *name, mode_t mode, struct inode **out)
{
	if (directory->nlink >= LINK_MAX)
		return -EMLINK;
	return make(directory, name, mode, 0, NULL, out);
}

static int symlink(struct inode *directory, const struct name *name, const char *target, struct inode **out)
{
	return make(directory, name, S_IFLNK | 0777, 0, target, out);
}

static int link(struct inode *directory, const struct name *name, struct inode *inode)
{
	struct tmpfs_entry *entry;

	if (directory->flags & INODE_DEAD)
		return -ENOENT;
	if (inode->nlink >= LINK_MAX)
		return -EMLINK;
	entry = allocate(name);
	if (!entry)
		return -ENOMEM;
	inode->nlink++;
	inode_touch_ctime(inode);
	insert(tmpfs_inode_of(directory), entry, inode_get(inode));
	return 0;
}

static int unlink(struct inode *directory, const struct name *name, struct inode *inode)
{
	struct tmpfs_entry *entry = find(tmpfs_inode_of(directory), name);

	if (!entry)
		return -ENOENT;
	inode->nlink--;
	inode_touch_ctime(inode);
	inode_put(erase(tmpfs_inode_of(directory), entry));
	return 0;
}

static int rmdir(struct inode *directory, const struct name *name, struct inode *inode)
{
	struct tmpfs_entry *entry = find(tmpfs_inode_of(directory), name);

	if (!entry)
		return -ENOENT;
	if (!tree_empty(&tmpfs_inode_of(inode)->by_name))
		return -ENOTEMPTY;
	inode->nlink = 0;
	directory->nlink--;
	inode_touch_ctime(inode);
	inode_put(erase(tmpfs_inode_of(directory), entry));
	return 0;
}

/* The victim's entry goes; its inode loses a link. */
static void remove_victim(struct inode *to, struct tmpfs_entry *entry, struct inode *victim)
{
	if (S_ISDIR(victim->mode)) {
		victim->nlink = 0;
		to->nlink--;
	} else {
		victim->nlink--;
	}
	inode_touch_ctime(victim);
	inode_put(erase(tmpfs_inode_of(to), entry));
}

static int rename(struct inode *from, const struct name *from_name, struct inode *inode, struct inode *to,
		  const struct name *to_name, struct inode *victim)
{
	struct tmpfs_entry *old = find(tmpfs_inode_of(from), from_name), *fresh;

	if (!old)
		return -ENOENT;
	if (victim && S_ISDIR(victim->mode) && !tree_empty(&tmpfs_inode_of(victim)->by_name))
		return -ENOTEMPTY;
	fresh = allocate(to_name);
	if (!fresh)
		return -ENOMEM;
	if (victim)
		remove_victim(to, find(tmpfs_inode_of(to), to_name), victim);
	insert(tmpfs_inode_of(to), fresh, erase(tmpfs_inode_of(from), old));
	if (S_ISDIR(inode->mode) && from != to) {
		from->nlink--;
		to->nlink++;
	}
	inode_touch_ctime(inode);
	return 0;
}

const struct inode_ops tmpfs_directory_ops = {
	.lookup = lookup,
	.create = create,
	.mkdir = mkdir,
	.symlink = symlink,
	.link = link,
	.unlink = unlink,
	.rmdir = rmdir,
	.rename = rename,
};

/* The first entry with a cookie >= `position`, or NULL. */
static struct tree_node *find_cookie(struct tmpfs_inode *directory, uint64_t position)
{
	struct tree_node *node = directory->by_cookie.root, *found = NULL;

	while (node) {
		if (tree_entry(node, struct tmpfs_entry, by_cookie)->cookie >= position) {
			found = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

static int iterate(struct file *file, struct directory_emitter *emitter)
{
	struct tmpfs_inode *directory = tmpfs_inode_of(file->inode);

	if (!directory_emit_dots(file, emitter))
		return 0;
	for (struct tree_node *node = find_cookie(directory, emitter->position); node; node = tree_next(node)) {
		struct tmpfs_entry *entry = tree_entry(node, struct tmpfs_entry, by_cookie);

		if (!emitter->emit(emitter, entry->name, entry->length, entry->inode->ino,
				   IFTODT(entry->inode->mode), entry->cookie + 1))
			break;
	}
	return 0;
}

static ssize_t read_directory(struct file *file, struct uio *uio, uint64_t *offset)
{
	return -EISDIR;
}

const struct file_ops tmpfs_directory_file_ops = {
	.read = read_directory,
	.seek = file_seek_generic,
	.iterate = iterate,
	.sync = file_sync_generic,
};
