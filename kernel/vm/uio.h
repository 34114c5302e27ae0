/*
 * A place that bytes come from or go to: user memory or kernel memory, in pieces. Every read and
 * write in the kernel takes one, so that a system call, exec and /proc use the same code.
 */
#ifndef OSIER_VM_UIO_H
#define OSIER_VM_UIO_H

#include <osier/types.h>

struct uio_piece {
	char *base;			/* user or kernel address */
	size_t bytes;
};

struct uio {
	const struct uio_piece *pieces;	/* the rest, piece by piece */
	unsigned count;
	bool kernel;			/* kernel memory: cannot fault */
	size_t remaining;		/* bytes left over all pieces */
	size_t piece_done;		/* bytes of pieces[0] already used */
	struct uio_piece single;	/* storage of the one-piece case */
};

void uio_init_user(struct uio *, vaddr_t base, size_t bytes);
void uio_init_kernel(struct uio *, void *base, size_t bytes);
void uio_init_pieces(struct uio *, const struct uio_piece *, unsigned count, size_t total);

/* Copies `bytes` (at most `remaining`) and advances. => 0 or -EFAULT (advanced past what was copied). May fault and sleep. */
int uio_copy_to(struct uio *, const void *source, size_t bytes);
int uio_copy_from(struct uio *, void *destination, size_t bytes);
int uio_zero(struct uio *, size_t bytes);

/* The same with faults disabled: for use with a lock held. => bytes copied; short where a page was not there. */
size_t uio_copy_from_nofault(struct uio *, void *destination, size_t bytes);
size_t uio_copy_to_nofault(struct uio *, const void *source, size_t bytes);

/* Touches the user pages of the next `bytes` so that the nofault copies will succeed. => 0 or -EFAULT. */
int uio_fault_in_source(struct uio *, size_t bytes);
int uio_fault_in_destination(struct uio *, size_t bytes);

#endif
