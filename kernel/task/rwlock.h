/*
 * A reader/writer lock that sleeps. Once a writer waits, new readers queue behind it, so neither side starves; a
 * thread must therefore not take the same lock for reading twice.
 *
 * Invariants
 *  1. `state` holds WRITER, WAITERS and the number of readers; WRITER excludes readers.
 *  2. While WAITERS is set, the lock is granted only by those who release it, under `lock`, in order of arrival
 *     (all readers at the head of the queue at once).
 */
#ifndef OSIER_TASK_RWLOCK_H
#define OSIER_TASK_RWLOCK_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "lib/list.h"
#include "sync/spinlock.h"

struct thread;

enum rwlock_state {
	RWLOCK_WRITER = 1,
	RWLOCK_WAITERS = 2,
	RWLOCK_READER = 4,		/* one reader */
};

struct rwlock {
	uint32_t state;			/* atomic */
	uint8_t rank;			/* sync/rank.h; 0: not checked */
	struct thread *writer;		/* for assertions and the debugger */
	struct spinlock lock;		/* guards `waiters` */
	struct list_node waiters;	/* struct wait_entry */
};

void rwlock_init(struct rwlock *, unsigned rank);

/* => all sleep; no spinlock held. One atomic operation when nobody is in the way. */
void rwlock_read_lock(struct rwlock *);
bool __must_check rwlock_read_trylock(struct rwlock *);
void rwlock_read_unlock(struct rwlock *);
void rwlock_write_lock(struct rwlock *);
bool __must_check rwlock_write_trylock(struct rwlock *);
void rwlock_write_unlock(struct rwlock *);
/* Writer becomes reader, without anybody else writing in between. */
void rwlock_downgrade(struct rwlock *);

/* For assertions: held for writing by the current thread; held for reading by anybody, or for writing by us. */
bool rwlock_is_held_write(const struct rwlock *);
bool rwlock_is_held_read(const struct rwlock *);

#endif
