/*
 * The framework for synthetic trees such as /proc: directories and files that exist as callbacks. What stands in
 * them belongs to kernel/proc, which registers it here.
 *
 * A directory's entries are a fixed array of struct proc_entry, plus, if it has them, names made up on demand ("by
 * number": one for each process, one for each descriptor). Every node carries one 64-bit `key` down the tree: the pid
 * under /proc/PID, and `subkey` under it (a descriptor, a thread).
 */
#ifndef OSIER_FS_PROCFS_H
#define OSIER_FS_PROCFS_H

#include <osier/abi/types.h>
#include <osier/compiler.h>
#include <osier/types.h>

struct dentry;
struct text_buffer;

struct proc_node {
	uint64_t key;			/* pid, 0 at the top */
	uint64_t subkey;		/* descriptor or thread number, 0 above */
};

struct proc_entry;

struct proc_directory {
	const struct proc_entry *entries;	/* ends with a NULL name */
	/*
	 * Names that are numbers. next: the lowest number >= from that exists, or -1; it may be NULL. `number_entry` is what each of
	 * them is (its name is not used); the number becomes key (if number_is_key) or subkey of what is below.
	 */
	int64_t (*next)(const struct proc_node *, uint64_t from);
	const struct proc_entry *number_entry;
	bool number_is_key;
};

/* One entry: exactly one of show, link, target, directory, write … that fits its type is set. */
struct proc_entry {
	const char *name;
	mode_t mode;			/* type and permissions: S_IFREG | 0444, S_IFDIR | 0555, S_IFLNK | 0777 */
	/* Writes the file's whole text. => 0, -ESRCH, -ENOMEM … Called at the first read after open or after seeking to 0. */
	int (*show)(const struct proc_node *, struct text_buffer *);
	/* A write of at most a page, as one string. => bytes or -errno. */
	ssize_t (*write)(const struct proc_node *, const char *text, size_t length);
	/* Symbolic links: the text … => length or -errno. */
	ssize_t (*readlink)(const struct proc_node *, char *buffer, size_t size);
	/* … and, where text alone would not lead there, the place itself, with a reference. */
	int (*follow)(const struct proc_node *, struct dentry **out);
	const struct proc_directory *directory;
	/* Owner for permissions (NULL: root). => 0 or -ESRCH. Asked at every stat and open. */
	int (*owner)(const struct proc_node *, uid_t *, gid_t *);
};

/* The top of /proc; set once by kernel/proc before the mount (until then /proc is empty). */
void procfs_set_root(const struct proc_directory *);

/* Growing text. After a failure everything is a no-op and `error` stands. */
struct text_buffer {
	char *text;
	size_t length, capacity;
	int error;			/* 0 or -ENOMEM */
};
void text_print(struct text_buffer *, const char *format, ...) __printf_format(2, 3);
void text_append(struct text_buffer *, const char *bytes, size_t length);
void text_free(struct text_buffer *);

#endif
