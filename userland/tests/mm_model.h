/*
 * The model of mm_random.c: what each page of a process's arena is, what it holds, and what an access to it means.
 * Included once; the state is the including program's.
 */
#ifndef OSIER_TESTS_MM_MODEL_H
#define OSIER_TESTS_MM_MODEL_H

#include "mm.h"

#define PAGES 96
#define WORDS 4				/* looked at in each page */
#define WORD_STEP (PAGE / WORDS)
#define FILES 3
#define FILE_PAGES 24
#define OBJECTS 200
#define OBJECT_PAGES FILE_PAGES
#define PROCESSES 8

/* The arena lies across a boundary of page tables: 2 MiB, and 1 GiB too. */
#define ARENA ((char *)(0x3040000000ul - PAGES / 2 * PAGE))

enum kind { HOLE, PRIVATE, SHARED_ANON, FILE_SHARED, FILE_PRIVATE };

struct page_model {
	uint8_t kind, prot;
	bool own;			/* private, with a copy of its own (or anonymous) */
	bool accounted;			/* was writable and private: does not merge with what was not */
	bool unreserved;		/* MAP_NORESERVE */
	short object;			/* FILES and above: shared anonymous memory */
	short index;			/* page of the object */
	uint32_t generation;		/* of the object's page, when the copy was made */
	uint64_t word[WORDS];
};

struct object_model {
	int pages;			/* size */
	uint64_t word[OBJECT_PAGES][WORDS];
	uint32_t generation[OBJECT_PAGES];	/* grows when a shrink takes the page away */
};

/* Seen by all processes. */
struct shared_model {
	int objects;
	bool failed;
	uint64_t random;
	unsigned long operations, faults;
	struct object_model object[OBJECTS];
};

static struct shared_model *shared;
static struct page_model model[PAGES];
static int files[FILES], scratch;
static int self;			/* slot */

static uint32_t random_below(uint32_t limit)
{
	shared->random = shared->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(shared->random >> 33) % limit;
}

static uint64_t random_word(void)
{
	return (uint64_t)random_below(1u << 31) << 32 | random_below(1u << 31) | 1;
}

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	va_list arguments;

	shared->failed = true;
	printf("# process %d: ", self);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

static struct object_model *object_of(const struct page_model *page)
{
	return page->kind == HOLE || page->kind == PRIVATE ? NULL : &shared->object[page->object];
}

static bool past_end(const struct page_model *page)
{
	const struct object_model *object = object_of(page);

	return object && page->index >= object->pages;
}

static bool has_own(const struct page_model *page)
{
	if (page->kind == PRIVATE)
		return true;
	return page->kind == FILE_PRIVATE && page->own && !past_end(page) &&
	       page->generation == object_of(page)->generation[page->index];
}

static uint64_t *word_of(struct page_model *page, unsigned word)
{
	return has_own(page) ? &page->word[word] : &object_of(page)->word[page->index][word];
}

/* What an access means: 0, or the signal, with its code. */
static int verdict(const struct page_model *page, bool write, int *code)
{
	if (page->kind == HOLE) {
		*code = SEGV_MAPERR;
		return SIGSEGV;
	}
	if (!page->prot || (write && !(page->prot & PROT_WRITE))) {
		*code = SEGV_ACCERR;
		return SIGSEGV;
	}
	*code = BUS_ADRERR;
	return past_end(page) ? SIGBUS : 0;
}

static void page_written(struct page_model *page, unsigned word, uint64_t value)
{
	if (page->kind == FILE_PRIVATE && !has_own(page)) {
		for (unsigned i = 0; i < WORDS; i++)
			page->word[i] = object_of(page)->word[page->index][i];
		page->own = true;
		page->generation = object_of(page)->generation[page->index];
	}
	*word_of(page, word) = value;
}

static void range(unsigned *first, unsigned *count)
{
	*first = random_below(PAGES);
	*count = 1 + random_below(random_below(4) ? 8 : PAGES);
	if (*first + *count > PAGES)
		*count = PAGES - *first;
}

static bool covered(unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		if (model[i].kind == HOLE)
			return false;
	return true;
}

static bool alike(const struct page_model *a, const struct page_model *b)
{
	if (a->kind != b->kind || a->prot != b->prot || a->accounted != b->accounted || a->unreserved != b->unreserved)
		return false;
	return a->kind == PRIVATE || (a->object == b->object && a->index + 1 == b->index);
}

static bool one_region(unsigned first, unsigned count)
{
	if (!covered(first, count))
		return false;
	for (unsigned i = first; i + 1 < first + count; i++)
		if (!alike(&model[i], &model[i + 1]))
			return false;
	return true;
}

static int random_prot(void)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ, RW, RW, RW, RW, PROT_WRITE,
				     PROT_READ | PROT_EXEC, RW | PROT_EXEC };

	return prots[random_below(sizeof prots / sizeof *prots)];
}

#endif
