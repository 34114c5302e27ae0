/*
 * The path walk. One loop over components; a symbolic link in the middle is spliced in front of what is left, so that no
 * path, however twisted, costs more than one buffer and no kernel stack.
 */
#include "fs/path.h"

#include <osier/abi/limits.h>

#include "fs/cred.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/user_copy.h"

struct walk {
	struct dentry *here;		/* counted; always has an inode */
	const char *rest;		/* what is still to walk */
	char *storage;			/* kmalloc'ed text that `rest` points into, or NULL */
	unsigned links;
};

static void walk_end(struct walk *walk)
{
	dentry_put(walk->here);
	kfree(walk->storage);
}

/* Moves to `next`, whose reference moves in. */
static inline void walk_step(struct walk *walk, struct dentry *next)
{
	dentry_put(walk->here);
	walk->here = next;
}

static int walk_begin(struct walk *walk, struct dentry *at, const char *path)
{
	walk->rest = path;
	walk->storage = NULL;
	walk->links = 0;
	if (*path == '/')
		walk->here = fs_root();
	else
		walk->here = at ? dentry_get(at) : fs_cwd();
	return walk->here ? 0 : -ENOENT;
}

static void walk_up(struct walk *walk)
{
	struct dentry *root = fs_root();

	for (;;) {
		struct dentry *here = walk->here;

		if (here == root)
			break;
		if (here->flags & DENTRY_ROOT) {
			struct dentry *covered = here->mount->covered;

			if (!covered)
				break;
			walk_step(walk, dentry_get(covered));
			continue;
		}
		walk_step(walk, dentry_parent(here));
		/* A directory on which something is mounted is seen only through that. */
		walk->here = mount_cross(walk->here);
		break;
	}
	dentry_put(root);
}

/*
 * Follows `link`, found in walk->here: replaces here, or splices its text before `rest`, which is moved into storage of
 * its own. The reference on `link` is dropped. => 0 or -errno.
 */
static int walk_follow(struct walk *walk, struct dentry *link)
{
	struct inode *inode = link->inode;
	struct dentry *place = NULL;
	size_t rest_length = strlen(walk->rest);
	char *text;
	ssize_t length;
	int error = -ELOOP;

	if (++walk->links > SYMLOOP_MAX)
		goto out;
	if (inode->ops->follow) {
		error = inode->ops->follow(inode, &place);
		if (error == 0)
			walk_step(walk, place);
		if (error != -EOPNOTSUPP)
			goto out;
	}

	error = -ENOMEM;
	text = kmalloc(PATH_MAX);
	if (!text)
		goto out;
	length = inode->ops->readlink ? inode->ops->readlink(inode, text, PATH_MAX - 1) : -EINVAL;
	if (length == 0)
		length = -ENOENT;
	if (length > 0 && (size_t)length + rest_length >= PATH_MAX)
		length = -ENAMETOOLONG;
	if (length < 0) {
		kfree(text);
		error = (int)length;
		goto out;
	}
	/* `rest` begins with a slash or is empty: whatever follows a component does. */
	memcpy(text + length, walk->rest, rest_length + 1);
	kfree(walk->storage);
	walk->storage = text;
	walk->rest = text;
	if (*text == '/')
		walk_step(walk, fs_root());
	inode_accessed(inode);
	error = 0;
out:
	dentry_put(link);
	return error;
}

/* A directory that the current thread may search? => 0, -ENOTDIR, -EACCES. */
static inline int check_search(const struct inode *inode)
{
	if (unlikely(!S_ISDIR(inode->mode)))
		return -ENOTDIR;
	/* Most directories may be searched by everybody. */
	if (likely((inode->mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == (S_IXUSR | S_IXGRP | S_IXOTH)))
		return 0;
	return inode_permission(inode, MAY_EXECUTE);
}

/* Walks one component that is not the last, or is to be treated like the others. */
static int walk_component(struct walk *walk, const struct name *name, bool follow)
{
	struct dentry *next;

	if (unlikely(name->text[0] == '.')) {
		if (name->length == 1)
			return 0;
		if (name_is_dot_dot(name)) {
			walk_up(walk);
			return 0;
		}
	}
	if (unlikely(name->length > NAME_MAX))
		return -ENAMETOOLONG;
	next = dentry_lookup(walk->here, name);
	if (IS_ERR(next))
		return (int)PTR_ERR(next);
	if (unlikely(next->flags & DENTRY_MOUNTED))
		next = mount_cross(next);
	if (unlikely(S_ISLNK(next->inode->mode)) && follow)
		return walk_follow(walk, next);
	walk_step(walk, next);
	return 0;
}

int path_resolve(struct dentry *at, const char *path, unsigned flags, struct dentry **out)
{
	struct walk walk;
	bool slash = false;
	int error;

	if (unlikely(*path == '\0') && !(flags & PATH_EMPTY))
		return -ENOENT;
	error = walk_begin(&walk, at, path);
	if (error)
		return error;
	for (;;) {
		struct name name;
		const char *rest = path_next_component(walk.rest, &name);
		bool last;

		if (!rest)
			break;
		error = check_search(walk.here->inode);
		if (error)
			goto fail;
		last = *rest == '\0' || path_is_end(rest);
		slash = last && *rest == '/';
		walk.rest = rest;
		error = walk_component(&walk, &name, !last || slash || !(flags & PATH_NOFOLLOW));
		if (error)
			goto fail;
	}
	if ((slash || (flags & PATH_DIRECTORY)) && !S_ISDIR(walk.here->inode->mode)) {
		error = -ENOTDIR;
		goto fail;
	}
	if (unlikely(walk.storage))
		kfree(walk.storage);
	*out = walk.here;
	return 0;
fail:
	walk_end(&walk);
	return error;
}

/* Walks up to the last component. The walk's reference and storage move to `out`. */
static int walk_to_last(struct walk *walk, struct path_last *out)
{
	for (;;) {
		struct name name;
		const char *rest = path_next_component(walk->rest, &name);
		int error = check_search(walk->here->inode);

		if (error)
			return error;
		if (!rest) {
			out->kind = LAST_ROOT;
			out->name = name;
			out->trailing_slash = true;
			break;
		}
		if (path_is_end(rest)) {
			if (name.length > NAME_MAX)
				return -ENAMETOOLONG;
			out->kind = name_is_dot(&name) ? LAST_DOT : name_is_dot_dot(&name) ? LAST_DOT_DOT : LAST_NAME;
			out->name = name;
			out->trailing_slash = *rest == '/';
			break;
		}
		walk->rest = rest;
		error = walk_component(walk, &name, true);
		if (error)
			return error;
	}
	out->directory = walk->here;
	out->storage = walk->storage;
	out->links = walk->links;
	return 0;
}

int path_resolve_parent(struct dentry *at, const char *path, struct path_last *out)
{
	struct walk walk;
	int error;

	if (*path == '\0')
		return -ENOENT;
	error = walk_begin(&walk, at, path);
	if (error)
		return error;
	error = walk_to_last(&walk, out);
	if (error)
		walk_end(&walk);
	return error;
}

int path_follow_last(struct path_last *last, struct dentry *link)
{
	/* What comes after the link is nothing, or the slashes that make it mean a directory. */
	struct walk walk = {
		.here = last->directory,
		.rest = last->trailing_slash ? "/" : "",
		.storage = last->storage,
		.links = last->links,
	};
	int error = walk_follow(&walk, link);

	if (!error && walk.storage == last->storage) {
		/* It led to a place, not to a name. */
		last->directory = walk.here;
		last->kind = LAST_PLACE;
		last->links = walk.links;
		return 0;
	}
	if (!error)
		error = walk_to_last(&walk, last);
	if (error) {
		/* The caller's path_last_put must find something to put. */
		last->directory = walk.here;
		last->storage = walk.storage;
	}
	return error;
}

void path_last_put(struct path_last *last)
{
	dentry_put(last->directory);
	kfree(last->storage);
}

int user_path_get(struct user_path *path, vaddr_t address)
{
	ssize_t length = copy_string_from_user(path->small, address, sizeof path->small);

	path->text = path->small;
	if (unlikely(length == -ENAMETOOLONG)) {
		path->text = kmalloc(PATH_MAX);
		if (!path->text)
			return -ENOMEM;
		length = copy_string_from_user(path->text, address, PATH_MAX);
		if (length < 0)
			kfree(path->text);
	}
	if (unlikely(length < 0))
		return (int)length;
	path->length = (size_t)length;
	return 0;
}

void user_path_put(struct user_path *path)
{
	if (unlikely(path->text != path->small))
		kfree(path->text);
}
