/*
 * The memory test of the boot menu (memtest=1): takes every frame the allocator has, checks that no frame comes twice,
 * writes and reads back patterns, gives all back, and says how it went.
 */
#include "debug/stage.h"
#include "lib/err.h"
#include "mm/frame_pool.h"

/* A different word in every place, so that lines tied together or shifted show. */
static uint64_t pattern(const struct frame *frame, size_t word, uint64_t flip)
{
	return (pfn_of(frame) << PAGE_SHIFT | word * 8) * 0x9e3779b97f4a7c15ull ^ flip;
}

static void fill(const struct frame *frame, uint64_t flip)
{
	volatile uint64_t *words = frame_to_virt(frame);

	for (size_t i = 0; i < PAGE_SIZE / 8; i++)
		words[i] = pattern(frame, i, flip);
}

static uint64_t verify(const struct frame *frame, uint64_t flip)
{
	const volatile uint64_t *words = frame_to_virt(frame);
	uint64_t wrong = 0;

	for (size_t i = 0; i < PAGE_SIZE / 8; i++) {
		uint64_t found = words[i], expected = pattern(frame, i, flip);

		if (found == expected)
			continue;
		if (wrong++ == 0)
			log_error("memtest: %#lx holds %#lx, not %#lx",
				  (unsigned long)(frame_to_phys(frame) + i * 8),
				  (unsigned long)found, (unsigned long)expected);
	}
	return wrong;
}

int frame_memory_test(void)
{
	static const uint64_t flips[] = { 0, ~0ull };
	struct frame *first = NULL, *frame;
	uint64_t taken = 0, wrong = 0, before = frame_free_count(), steps = 0;
	int error;

	log_info("memtest: testing %lu KiB", (unsigned long)(before << (PAGE_SHIFT - 10)));
	while ((frame = frame_alloc(FRAME_KERNEL | FRAME_NOWAIT)) != NULL) {
		frame->word = (uintptr_t)first;	/* the frames in hand form a list */
		first = frame;
		taken++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(flips); i++) {
		for (frame = first; frame; frame = (struct frame *)frame->word) {
			fill(frame, flips[i]);
			if (++steps % 4096 == 0)
				stage_progress();
		}
		for (frame = first; frame; frame = (struct frame *)frame->word) {
			wrong += verify(frame, flips[i]);
			if (++steps % 4096 == 0)
				stage_progress();
		}
	}
	while (first) {
		frame = first;
		first = (struct frame *)frame->word;
		frame_free(frame);
	}
	error = mm_check();
	if (wrong)
		log_error("memtest: FAILED, %lu wrong words in %lu frames", (unsigned long)wrong,
			  (unsigned long)taken);
	else if (taken != before || frame_free_count() != before)
		log_error("memtest: FAILED, %lu frames free, %lu taken, %lu free afterwards",
			  (unsigned long)before, (unsigned long)taken,
			  (unsigned long)frame_free_count());
	else if (error)
		log_error("memtest: FAILED, the allocator's lists are broken");
	else
		log_info("memtest: passed, %lu frames, 2 patterns", (unsigned long)taken);
	return wrong || error || taken != before || frame_free_count() != before ? -EIO : 0;
}
