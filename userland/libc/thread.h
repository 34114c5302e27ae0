/*
 * What the libc layer knows of a thread. %fs:0 points at this structure; thread-local variables
 * lie directly below it (x86-64 TLS variant II).
 *
 * A program with neither thread-local variables nor threads has %fs = 0 and its only thread is
 * __osier_main_thread; so pthread_self() looks at __osier_has_tls first.
 */
#ifndef OSIER_LIBC_THREAD_H
#define OSIER_LIBC_THREAD_H

#include <elf.h>
#include <pthread.h>
#include <limits.h>
#include "osier.h"

struct _reent;

struct __pthread {
	struct __pthread *self;		/* at %fs:0, the ABI wants it */
	void *reserved_dtv;
	unsigned long reserved[3];
	unsigned long canary;		/* at %fs:0x28, where compilers look for it */

	int tid;			/* cleared by the kernel at the end, and woken */
	int state;			/* enum thread_state */
	struct _reent *reent;
	void *result;
	void *(*start)(void *);
	void *argument;

	void *map;			/* what pthread_create mapped: guard, stack, TLS, this */
	size_t map_size;
	void *stack;			/* lowest usable address */
	size_t stack_size;
	size_t guard_size;

	unsigned char cancel_state;	/* PTHREAD_CANCEL_ENABLE, ... */
	unsigned char cancel_type;
	volatile unsigned char cancelled;
	unsigned char exiting;
	volatile unsigned char cancel_window;	/* in a system call that may be cancelled */
	unsigned long start_mask;		/* signal mask to begin with */
	struct _pthread_cleanup_context *cleanup;

	const void **values;		/* PTHREAD_KEYS_MAX of them, once one was set */

	struct __pthread *next;		/* list of all threads, under the list's lock */
	struct __pthread *previous;
};

enum thread_state { THREAD_JOINABLE, THREAD_DETACHED, THREAD_EXITED, THREAD_JOINED };

extern hidden struct __pthread __osier_main_thread;
extern hidden int __osier_has_tls;

/* Sets up thread-local storage of the main thread. phdr is NULL where the program has none. */
hidden void __osier_tls_start(const Elf64_Phdr *phdr);

/* Size and alignment of a thread's TLS block with its struct __pthread behind it, and how to
 * initialise one whose struct __pthread is at self. */
hidden size_t __osier_tls_size(void);
hidden size_t __osier_tls_align(void);
hidden void __osier_tls_copy(struct __pthread *self);

static inline struct __pthread *thread_self(void)
{
	struct __pthread *self;

	if (!__osier_has_tls)
		return &__osier_main_thread;
	/* Volatile, or the compiler moves it up before the question: it cannot know that it may trap. */
	__asm__ volatile("movq %%fs:0, %0" : "=r"(self));
	return self;
}

/* libc's own locks: one word, 0 free, 1 held, 2 held and somebody may sleep. See lock.c. */
hidden void __osier_lock(int *word);
hidden void __osier_unlock(int *word);
hidden void __osier_lock_all(void);
hidden void __osier_unlock_all(void);

/*
 * Sleeps while *word is value, at most until the absolute time on the clock (NULL: for ever).
 * => 0, EAGAIN, EINTR, ETIMEDOUT, EINVAL. With cancel, a cancellation of the thread ends it there.
 */
hidden int __osier_wait(const volatile void *word, unsigned int value, clockid_t clock,
			const struct timespec *until, int shared, int cancel);
hidden void __osier_wake(const volatile void *word, int count, int shared);

struct sigaction;
hidden int __osier_sigaction(int sig, const struct sigaction *new, struct sigaction *old);

/* pthread_key.c: calls the destructors of the calling thread's values. */
hidden void __osier_key_destroy(struct __pthread *self) __attribute__((weak));

#endif /* OSIER_LIBC_THREAD_H */
