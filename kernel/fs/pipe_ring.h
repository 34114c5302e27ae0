/*
 * A ring of bytes in frames: positions only, no memory. Pure: compiles on the host.
 *
 * Invariants
 *  1. capacity is a power of two and a multiple of PAGE_SIZE; 0 <= tail - head <= capacity.
 *  2. Byte p of the stream lies in slot (p % capacity) / PAGE_SIZE at p % PAGE_SIZE.
 */
#ifndef OSIER_FS_PIPE_RING_H
#define OSIER_FS_PIPE_RING_H

#include <osier/compiler.h>
#include <osier/types.h>

struct pipe_ring {
	uint64_t head, tail;		/* next byte to read, next byte to write */
	uint32_t capacity;		/* bytes */
};

/* Bytes that lie together, at most what was asked for. */
struct pipe_run {
	uint32_t slot, offset;
	size_t bytes;
};

static inline void pipe_ring_init(struct pipe_ring *ring, uint32_t capacity)
{
	ring->head = ring->tail = 0;
	ring->capacity = capacity;
}

static inline size_t pipe_ring_used(const struct pipe_ring *ring)
{
	return ring->tail - ring->head;
}

static inline size_t pipe_ring_free(const struct pipe_ring *ring)
{
	return ring->capacity - (ring->tail - ring->head);
}

static inline struct pipe_run pipe_ring_run_at(const struct pipe_ring *ring, uint64_t position, size_t bytes)
{
	uint32_t at = (uint32_t)(position & (ring->capacity - 1));
	uint32_t offset = at & (PAGE_SIZE - 1);

	return (struct pipe_run){ at >> PAGE_SHIFT, offset, min(bytes, (size_t)PAGE_SIZE - offset) };
}

/* The next bytes to read, at most `want`; bytes 0 when empty. */
static inline struct pipe_run pipe_ring_read_run(const struct pipe_ring *ring, size_t want)
{
	return pipe_ring_run_at(ring, ring->head, min(want, pipe_ring_used(ring)));
}

/* The next room to write, at most `want`; bytes 0 when full. */
static inline struct pipe_run pipe_ring_write_run(const struct pipe_ring *ring, size_t want)
{
	return pipe_ring_run_at(ring, ring->tail, min(want, pipe_ring_free(ring)));
}

static inline void pipe_ring_consume(struct pipe_ring *ring, size_t bytes)
{
	ring->head += bytes;
	/* Empty: begin at the first frame again, which is in the caches and perhaps the only one there is. */
	if (ring->head == ring->tail)
		ring->head = ring->tail = 0;
}

static inline void pipe_ring_produce(struct pipe_ring *ring, size_t bytes)
{
	ring->tail += bytes;
}

/*
 * How much of a write of `bytes` may go in now: all or nothing up to `atomic` bytes (PIPE_BUF), else what fits.
 */
static inline size_t pipe_ring_admit(const struct pipe_ring *ring, size_t bytes, size_t atomic)
{
	size_t room = pipe_ring_free(ring);

	if (bytes <= room)
		return bytes;
	return bytes <= atomic ? 0 : room;
}

#endif
