/*
 * From a path string to a dentry.
 *
 * A relative path begins at `at` (NULL: the working directory), an absolute one at the current root. Every directory walked
 * through needs search permission. At most SYMLOOP_MAX symbolic links (-ELOOP); names up to NAME_MAX, paths up to PATH_MAX with
 * their NUL (-ENAMETOOLONG). A trailing slash demands a directory and follows a link.
 */
#ifndef OSIER_FS_PATH_H
#define OSIER_FS_PATH_H

#include <osier/types.h>

#include "fs/inode.h"

struct dentry;

enum path_flags {
	PATH_NOFOLLOW = 1,		/* a link as the last component is the result */
	PATH_DIRECTORY = 2,		/* the result must be a directory: -ENOTDIR */
	PATH_EMPTY = 4,			/* "" means `at` itself, instead of -ENOENT */
};

/* => 0 and *out with a reference (it has an inode), or -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG, -EIO, -ENOMEM. Sleeps. */
int path_resolve(struct dentry *at, const char *path, unsigned flags, struct dentry **out);

/* Where a name is to be made, removed or looked at: its directory and the last component. */
struct path_last {
	struct dentry *directory;	/* counted */
	struct name name;		/* points into the path, or into `storage` */
	enum path_last_kind {
		LAST_NAME,
		LAST_DOT,		/* "." */
		LAST_DOT_DOT,
		LAST_ROOT,		/* "/" alone: directory is the root */
		LAST_PLACE,		/* path_follow_last came to `directory` itself, whatever that is */
	} kind;
	bool trailing_slash;
	char *storage;			/* of a link's text; freed by path_last_put */
	unsigned links;			/* links followed so far */
};

/* Everything but the last component, which is neither looked up nor followed. => 0 or -errno as above. */
int path_resolve_parent(struct dentry *at, const char *path, struct path_last *out);
/*
 * The last component turned out to be `link` (its reference moves in): goes on to what that names. => 0, -ELOOP, … ; path_last_put is due in any
 * case.
 */
int path_follow_last(struct path_last *, struct dentry *link);
void path_last_put(struct path_last *);

/* A path copied from user memory: short ones live on the stack, long ones do not. */
#define USER_PATH_SMALL 120
struct user_path {
	char *text;
	size_t length;
	char small[USER_PATH_SMALL];
};
/* => 0, -EFAULT, -ENAMETOOLONG, -ENOMEM; on error nothing needs to be put. */
int user_path_get(struct user_path *, vaddr_t address);
void user_path_put(struct user_path *);

#endif
