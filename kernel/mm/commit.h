/*
 * Commit accounting: pages promised to user space against pages there are.
 *
 * Invariant: committed <= limit at every successful charge, where limit = usable frames - what the kernel itself
 * uses - a small reserve. So a promise once made can be kept without taking another's memory.
 */
#ifndef OSIER_MM_COMMIT_H
#define OSIER_MM_COMMIT_H

#include <osier/compiler.h>
#include <osier/types.h>

/* Promises `pages`. => 0, or -ENOMEM and nothing changed. Never sleeps. */
__must_check int commit_charge(uint64_t pages);
/* Takes a promise back. */
void commit_uncharge(uint64_t pages);

uint64_t commit_used(void);	/* pages promised: Committed_AS */
uint64_t commit_limit(void);	/* pages that could be: CommitLimit */

/* Called by the frame allocator when it goes to the buddy lists, and once at boot. */
void commit_refresh(void);

#endif
