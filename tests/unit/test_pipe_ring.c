// links:
/*
 * The pipe's ring arithmetic against a plain queue of bytes.
 */
#include "unit.h"

#include <string.h>

#include "fs/pipe_ring.h"

#define CAPACITY (4 * 4096u)

static char slots[CAPACITY / 4096][4096];
static char model[CAPACITY];
static size_t model_size;

static void write_bytes(struct pipe_ring *ring, size_t bytes, uint8_t *next)
{
	while (bytes) {
		struct pipe_run run = pipe_ring_write_run(ring, bytes);

		assert_true(run.bytes > 0 && run.bytes <= bytes);
		assert_true(run.slot < CAPACITY / 4096 && run.offset + run.bytes <= 4096);
		for (size_t i = 0; i < run.bytes; i++) {
			slots[run.slot][run.offset + i] = (char)*next;
			model[model_size++] = (char)(*next)++;
		}
		pipe_ring_produce(ring, run.bytes);
		bytes -= run.bytes;
	}
}

static void read_bytes(struct pipe_ring *ring, size_t want)
{
	while (want) {
		struct pipe_run run = pipe_ring_read_run(ring, want);

		if (run.bytes == 0) {
			assert_int_equal(model_size, 0);
			return;
		}
		assert_memory_equal(&slots[run.slot][run.offset], model, run.bytes);
		memmove(model, model + run.bytes, model_size - run.bytes);
		model_size -= run.bytes;
		pipe_ring_consume(ring, run.bytes);
		want -= run.bytes;
	}
}

static void test_random(void **state)
{
	struct pipe_ring ring;
	uint8_t next = 0;

	unit_seed(1);
	pipe_ring_init(&ring, CAPACITY);
	model_size = 0;
	for (int step = 0; step < 20000; step++) {
		size_t bytes = unit_below(unit_below(2) ? 9000 : 40);

		if (unit_below(2)) {
			size_t admitted = pipe_ring_admit(&ring, bytes, 4096);

			/* All or nothing up to 4096, else what fits. */
			if (bytes <= CAPACITY - model_size)
				assert_int_equal(admitted, bytes);
			else if (bytes <= 4096)
				assert_int_equal(admitted, 0);
			else
				assert_int_equal(admitted, CAPACITY - model_size);
			write_bytes(&ring, admitted, &next);
		} else {
			read_bytes(&ring, bytes);
		}
		assert_int_equal(pipe_ring_used(&ring), model_size);
		assert_int_equal(pipe_ring_free(&ring), CAPACITY - model_size);
	}
}

static void test_empty_begins_again(void **state)
{
	struct pipe_ring ring;
	uint8_t next = 0;

	pipe_ring_init(&ring, CAPACITY);
	model_size = 0;
	write_bytes(&ring, 5000, &next);
	read_bytes(&ring, 5000);
	assert_int_equal(pipe_ring_write_run(&ring, 1).slot, 0);
	assert_int_equal(pipe_ring_write_run(&ring, 1).offset, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_empty_begins_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
