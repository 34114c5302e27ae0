/*
 * The hash table of names, as dentry.c uses it. Everybody else: fs/dentry.h.
 */
#ifndef OSIER_FS_NAME_CACHE_H
#define OSIER_FS_NAME_CACHE_H

#include "fs/dentry.h"

/* dentry.hash from the parent and the name's own hash. */
uint32_t name_cache_hash(const struct dentry *parent, uint32_t name);

/*
 * Puts a complete dentry into the table, which takes a reference of its own. => `dentry`, or, if the name was there already, that one with a
 * reference for the caller (who then drops the other). The directory's lock is held.
 */
struct dentry *name_cache_insert(struct dentry *);

/* Takes it out. => true: it was in; the table's reference is now the caller's to drop. */
bool name_cache_remove(struct dentry *);

/* Makes a present name absent if only the table and the caller know it. => true; its inode's reference is the caller's, in *inode. */
bool name_cache_make_absent(struct dentry *, struct inode **inode);

/* Forgets the unused names in a directory that is going: they would keep it. Looks through the whole table. */
void name_cache_forget_children(struct dentry *);

#endif
