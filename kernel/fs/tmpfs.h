/*
 * tmpfs: files that live in memory. Every page of a file is charged to commit when it is first written, so that what was accepted
 * can be kept.
 */
#ifndef OSIER_FS_TMPFS_H
#define OSIER_FS_TMPFS_H

#include "fs/inode.h"
#include "fs/mount.h"
#include "lib/radix.h"
#include "lib/tree.h"

struct tmpfs {
	uint64_t page_limit, pages;		/* of file contents; atomic */
	uint64_t inode_limit, inodes;		/* atomic */
	uint64_t next_ino;			/* atomic */
};

/* A name in a directory; holds a reference on what it names. */
struct tmpfs_entry {
	struct tree_node by_name, by_cookie;
	uint64_t cookie;			/* position for getdents: never changes, never comes again */
	struct inode *inode;
	struct tmpfs_entry *next;		/* while a tree is taken apart */
	uint32_t hash;
	unsigned length;
	char name[];
};

struct tmpfs_inode {
	struct inode inode;			/* first */
	/* Directories; inode.lock. */
	struct tree by_name, by_cookie;
	uint64_t next_cookie;
	/* Symbolic links. */
	char *target;
	/* Regular files: the pages charged, 64 to a word; object.lock. */
	struct radix charged;
};

static inline struct tmpfs_inode *tmpfs_inode_of(const struct inode *inode)
{
	return (struct tmpfs_inode *)inode;
}

/* A new inode of the type and permissions in `mode`, in no directory. ERR_PTR(-ENOSPC, -ENOMEM). */
struct inode *tmpfs_inode_create(struct mount *, mode_t mode, dev_t rdev);
/* file_system.mount of tmpfs; devfs builds on it. */
int tmpfs_mount(struct mount *, struct block_device *, const char *options);

/* tmpfs_directory.c */
extern const struct inode_ops tmpfs_directory_ops;
extern const struct file_ops tmpfs_directory_file_ops;
/* Drops everything in a directory and below, with no more stack than this takes. */
void tmpfs_directory_destroy(struct tmpfs_inode *);

void tmpfs_init(void);
void devfs_init(void);
/* Gives devices that were registered since a name in every mounted devfs. */
void devfs_refresh(void);

#endif
