/*
 * Moving bytes between the kernel and the pieces of a uio.
 */
#include "vm/uio.h"

#include <osier/compiler.h>

#include "lib/err.h"
#include "lib/string.h"
#include "task/thread.h"
#include "vm/user_copy.h"

static void uio_init_single(struct uio *uio, void *base, size_t bytes, bool kernel)
{
	uio->single.base = base;
	uio->single.bytes = bytes;
	uio->pieces = &uio->single;
	uio->count = 1;
	uio->kernel = kernel;
	uio->remaining = bytes;
	uio->piece_done = 0;
}

void uio_init_user(struct uio *uio, vaddr_t base, size_t bytes)
{
	uio_init_single(uio, (void *)base, bytes, false);
}

void uio_init_kernel(struct uio *uio, void *base, size_t bytes)
{
	uio_init_single(uio, base, bytes, true);
}

void uio_init_pieces(struct uio *uio, const struct uio_piece *pieces, unsigned count, size_t total)
{
	uio->pieces = pieces;
	uio->count = count;
	uio->kernel = false;
	uio->remaining = total;
	uio->piece_done = 0;
}

/* The next bytes that lie together, at most `want`. */
static size_t next_run(struct uio *uio, size_t want, char **base)
{
	while (uio->count && uio->piece_done == uio->pieces->bytes) {
		uio->pieces++;
		uio->count--;
		uio->piece_done = 0;
	}
	if (!uio->count || !uio->remaining)
		return 0;
	*base = uio->pieces->base + uio->piece_done;
	return min(want, min(uio->pieces->bytes - uio->piece_done, uio->remaining));
}

static void advance(struct uio *uio, size_t bytes)
{
	uio->piece_done += bytes;
	uio->remaining -= bytes;
}

enum direction { TO, FROM, ZERO };

/* Moves up to `bytes`. => how many were moved. */
static size_t move(struct uio *uio, void *buffer, size_t bytes, enum direction direction)
{
	size_t moved = 0;

	while (moved < bytes) {
		char *base, *here = (char *)buffer + moved;
		size_t run = next_run(uio, bytes - moved, &base), left = 0;

		if (!run)
			break;
		if (uio->kernel) {
			if (direction == TO)
				memcpy(base, here, run);
			else if (direction == FROM)
				memcpy(here, base, run);
			else
				memset(base, 0, run);
		} else if (thread_current()->faults_disabled) {
			left = direction == TO ? copy_to_user_nofault((vaddr_t)base, here, run)
					       : copy_from_user_nofault(here, (vaddr_t)base, run);
		} else {
			int error = direction == TO ? copy_to_user((vaddr_t)base, here, run)
				    : direction == FROM ? copy_from_user(here, (vaddr_t)base, run)
							: clear_user((vaddr_t)base, run);

			left = error ? run : 0;
		}
		advance(uio, run - left);
		moved += run - left;
		if (left)
			break;
	}
	return moved;
}

/* The common case: user memory, in one piece. */
static __always_inline bool is_simple(const struct uio *uio, size_t bytes)
{
	return likely(!uio->kernel && uio->count && bytes <= uio->remaining &&
		      bytes <= uio->pieces->bytes - uio->piece_done && !thread_current()->faults_disabled);
}

int uio_copy_to(struct uio *uio, const void *source, size_t bytes)
{
	if (is_simple(uio, bytes)) {
		if (unlikely(copy_to_user((vaddr_t)uio->pieces->base + uio->piece_done, source, bytes)))
			return -EFAULT;
		advance(uio, bytes);
		return 0;
	}
	return move(uio, (void *)source, bytes, TO) == bytes ? 0 : -EFAULT;
}

int uio_copy_from(struct uio *uio, void *destination, size_t bytes)
{
	if (is_simple(uio, bytes)) {
		if (unlikely(copy_from_user(destination, (vaddr_t)uio->pieces->base + uio->piece_done, bytes)))
			return -EFAULT;
		advance(uio, bytes);
		return 0;
	}
	return move(uio, destination, bytes, FROM) == bytes ? 0 : -EFAULT;
}

int uio_zero(struct uio *uio, size_t bytes)
{
	if (is_simple(uio, bytes)) {
		if (unlikely(clear_user((vaddr_t)uio->pieces->base + uio->piece_done, bytes)))
			return -EFAULT;
		advance(uio, bytes);
		return 0;
	}
	return move(uio, NULL, bytes, ZERO) == bytes ? 0 : -EFAULT;
}

size_t uio_copy_from_nofault(struct uio *uio, void *destination, size_t bytes)
{
	size_t moved;

	thread_current()->faults_disabled++;
	moved = move(uio, destination, bytes, FROM);
	thread_current()->faults_disabled--;
	return moved;
}

size_t uio_copy_to_nofault(struct uio *uio, const void *source, size_t bytes)
{
	size_t moved;

	thread_current()->faults_disabled++;
	moved = move(uio, (void *)source, bytes, TO);
	thread_current()->faults_disabled--;
	return moved;
}

/*
 * One byte of every page decides whether the page can be read, or written. What lies before the first bad page is moved
 * all the same, so only a bad first page is an error.
 */
static int touch_pages(struct uio *uio, size_t bytes, bool write)
{
	size_t done = uio->piece_done;
	bool touched = false;

	if (uio->kernel)
		return 0;
	bytes = min(bytes, uio->remaining);
	for (unsigned piece = 0; piece < uio->count && bytes; piece++, done = 0) {
		vaddr_t at = (vaddr_t)uio->pieces[piece].base + done;
		size_t run = min(uio->pieces[piece].bytes - done, bytes);

		bytes -= run;
		while (run) {
			size_t step = min(run, PAGE_SIZE - page_offset(at));
			char byte;

			if (copy_from_user(&byte, at, 1) || (write && copy_to_user(at, &byte, 1)))
				return touched ? 0 : -EFAULT;
			touched = true;
			at += step;
			run -= step;
		}
	}
	return 0;
}

int uio_fault_in_source(struct uio *uio, size_t bytes)
{
	return touch_pages(uio, bytes, false);
}

int uio_fault_in_destination(struct uio *uio, size_t bytes)
{
	return touch_pages(uio, bytes, true);
}
