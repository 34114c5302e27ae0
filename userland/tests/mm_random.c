/*
 * A random model of the mmap family. Up to eight processes of several generations, each with a model of its own arena (what every page
 * is, what may be done to it, what it holds) and a shared model of the objects (shared memory, files on tmpfs); one of them runs at
 * a time. After each batch the one that ran compares every page with its model: contents, faults with their code and address, the
 * lines of /proc/self/maps. mm_random [SEED [BATCHES]].
 *
 * Mutations this catches: a split that forgets the file offset (object_page += …); fork that leaves W in the parent's or the child's
 * root; COW_REUSE without the check of refs, or with a shared path; mprotect that gives W in the table; mremap that drops the moved
 * entries or leaves them behind; MADV_DONTNEED that empties a table another process shares; truncation that misses a mapping in a
 * shared table; a merge of neighbours that are not alike, or none of those that are; a reference dropped before the flush.
 */
#include <sys/prctl.h>

#include "mm.h"
#include "mm_model.h"

/* ---- the calls ------------------------------------------------------------------------------- */

static void do_map(void)
{
	unsigned first, count;
	int prot = random_prot(), fd = -1, flags, object = -1;
	enum kind kind = PRIVATE + random_below(4);
	bool unreserved = kind == PRIVATE && random_below(4) == 0;
	short index = 0;
	char *at;

	range(&first, &count);
	if (kind == SHARED_ANON) {
		if (shared->objects == OBJECTS)
			kind = PRIVATE;
		else if (count > OBJECT_PAGES)
			count = OBJECT_PAGES;
	}
	flags = MAP_FIXED | (kind == PRIVATE || kind == FILE_PRIVATE ? MAP_PRIVATE : MAP_SHARED);
	if (kind == FILE_SHARED || kind == FILE_PRIVATE) {
		object = (int)random_below(FILES);
		fd = files[object];
		index = (short)random_below(FILE_PAGES);
		if (count > (unsigned)(FILE_PAGES - index))
			count = (unsigned)(FILE_PAGES - index);
	} else {
		flags |= MAP_ANONYMOUS | (unreserved ? MAP_NORESERVE : 0);
	}
	at = mmap(ARENA + first * PAGE, count * PAGE, prot, flags, fd, index * (off_t)PAGE);
	if (at != ARENA + first * PAGE) {
		complain("mmap: %s", strerror(errno));
		return;
	}
	if (kind == SHARED_ANON) {
		object = shared->objects++;
		shared->object[object].pages = (int)count;
	}
	for (unsigned i = 0; i < count; i++)
		model[first + i] = (struct page_model){
			.kind = kind, .prot = (uint8_t)prot, .object = (short)object, .index = (short)(index + (short)i),
			.accounted = (prot & PROT_WRITE) && !unreserved && (kind == PRIVATE || kind == FILE_PRIVATE),
			.unreserved = unreserved,
		};
}

static void do_unmap(void)
{
	unsigned first, count;

	range(&first, &count);
	if (munmap(ARENA + first * PAGE, count * PAGE))
		complain("munmap: %s", strerror(errno));
	memset(&model[first], 0, count * sizeof *model);
}

static void do_protect(void)
{
	unsigned first, count;
	int prot = random_prot(), result;
	bool whole;

	range(&first, &count);
	whole = covered(first, count);
	if (!whole && !on_osier)
		return;			/* Linux does the first part of it */
	result = mprotect(ARENA + first * PAGE, count * PAGE, prot);
	if (whole ? result != 0 : result != -1 || errno != ENOMEM)
		complain("mprotect of %u pages at %u: %d %s", count, first, result, strerror(errno));
	if (result)
		return;
	for (unsigned i = first; i < first + count; i++) {
		model[i].prot = (uint8_t)prot;
		if ((prot & PROT_WRITE) && !model[i].unreserved && (model[i].kind == PRIVATE || model[i].kind == FILE_PRIVATE))
			model[i].accounted = true;
	}
}

static void do_discard(void)
{
	unsigned first, count;
	bool whole;
	int result;

	range(&first, &count);
	whole = covered(first, count);
	result = madvise(ARENA + first * PAGE, count * PAGE, MADV_DONTNEED);
	if (whole ? result != 0 : result != -1 || errno != ENOMEM)
		complain("MADV_DONTNEED: %d %s", result, strerror(errno));
	for (unsigned i = first; i < first + count; i++) {
		model[i].own = false;
		if (model[i].kind == PRIVATE)
			memset(model[i].word, 0, sizeof model[i].word);
	}
}

/* What pages [first, first + count) become at `to`, grown or shrunk to new_count; the old place is a hole unless it is copied. */
static void model_move(unsigned first, unsigned count, unsigned to, unsigned new_count, bool copy)
{
	struct page_model moved[PAGES];

	for (unsigned i = 0; i < new_count; i++) {
		if (i < count) {
			moved[i] = model[first + i];
			continue;
		}
		moved[i] = i ? moved[i - 1] : model[first];
		moved[i].own = false;
		if (i)
			moved[i].index++;
		memset(moved[i].word, 0, sizeof moved[i].word);
	}
	if (!copy)
		memset(&model[first], 0, count * sizeof *model);
	memcpy(&model[to], moved, new_count * sizeof *model);
}

/* Objects are modelled up to a size: no index beyond it comes into being. */
static bool index_allowed(unsigned first, unsigned new_count)
{
	return model[first].kind <= PRIVATE || model[first].index + (int)new_count <= OBJECT_PAGES;
}

static void do_remap(void)
{
	unsigned first, count, new_count = 1 + random_below(10), to;
	char *from, *place, *result;
	bool duplicate = random_below(8) == 0;

	range(&first, &count);
	if (model[first].kind == HOLE || !index_allowed(first, new_count))
		return;
	from = ARENA + first * PAGE;
	if (!one_region(first, count)) {
		if (on_osier && (mremap(from, count * PAGE, (count + 1) * PAGE, MREMAP_MAYMOVE) != MAP_FAILED || errno != EFAULT))
			complain("mremap of several regions: %s", strerror(errno));
		return;
	}
	/* Linux may have left neighbours apart that are alike: one page is one region everywhere. */
	if (!on_osier)
		count = 1;
	if (random_below(3) == 0) {
		bool room = first + new_count <= PAGES;

		for (unsigned i = first + count; room && i < first + new_count; i++)
			room = model[i].kind == HOLE;
		if (first + new_count > PAGES)
			return;
		result = mremap(from, count * PAGE, new_count * PAGE, 0);
		if (room ? result != from : result != MAP_FAILED || errno != ENOMEM)
			complain("mremap in place, %u pages at %u to %u: %p %s", count, first, new_count, (void *)result,
				 strerror(errno));
		if (result == from) {
			for (unsigned i = first + new_count; i < first + count; i++)
				memset(&model[i], 0, sizeof model[i]);
			if (new_count > count)
				model_move(first, count, first, new_count, false);
		}
		return;
	}
	to = random_below(PAGES - new_count + 1);
	place = ARENA + to * PAGE;
	if (duplicate && model[first].kind != PRIVATE && model[first].kind != FILE_PRIVATE) {
		if (to + new_count > first && to <= first)
			return;
		result = mremap(from, 0, new_count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
		if (result != place)
			complain("mremap of size 0: %s", strerror(errno));
		else
			model_move(first, 0, to, new_count, true);
		return;
	}
	result = mremap(from, count * PAGE, new_count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	if (to < first + count && first < to + new_count) {
		if (result != MAP_FAILED || errno != EINVAL)
			complain("mremap onto itself: %s", strerror(errno));
		return;
	}
	if (result != place)
		complain("mremap to %u: %s", to, strerror(errno));
	else
		model_move(first, count, to, new_count, false);
}

static bool check_fault(const struct page_model *page, unsigned index, bool write, bool faulted, char *address)
{
	int code, signal = verdict(page, write, &code);

	shared->faults += faulted;
	if (!faulted && !signal)
		return true;
	if (faulted && caught.signal == signal && caught.code == code && caught.address == address)
		return true;
	complain("page %u (kind %d prot %d) %s: signal %d code %d at %p, wanted %d %d at %p", index, page->kind, page->prot,
		 write ? "written" : "read", faulted ? caught.signal : 0, caught.code, (void *)caught.address, signal, code,
		 (void *)address);
	return false;
}

static void do_write(void)
{
	unsigned index = random_below(PAGES), word = random_below(WORDS);
	struct page_model *page = &model[index];
	char *at = ARENA + index * PAGE + word * WORD_STEP;
	uint64_t value = random_word();
	bool faulted = faults_writing(at, value);

	if (check_fault(page, index, true, faulted, at) && !faulted)
		page_written(page, word, value);
}

/* The kernel writes to the page, or reads from it. */
static void do_kernel(void)
{
	unsigned index = random_below(PAGES), word = random_below(WORDS);
	struct page_model *page = &model[index];
	uint64_t value = random_word(), seen = 0;
	char *at = ARENA + index * PAGE + word * WORD_STEP;
	bool into = random_below(2);
	int code, signal = verdict(page, into, &code);
	ssize_t done;

	if (into) {
		(void)!pwrite(scratch, &value, sizeof value, 0);
		done = pread(scratch, at, sizeof value, 0);
	} else {
		done = pwrite(scratch, at, sizeof value, 0);
	}
	if (signal ? done != -1 || errno != EFAULT : done != sizeof value) {
		complain("the kernel %s page %u (kind %d prot %d): %zd %s", into ? "writes" : "reads", index, page->kind,
			 page->prot, done, strerror(errno));
		return;
	}
	if (signal)
		return;
	if (into) {
		page_written(page, word, value);
		return;
	}
	(void)!pread(scratch, &seen, sizeof seen, 0);
	if (seen != *word_of(page, word))
		complain("the kernel reads page %u: %lx, wanted %lx", index, (long)seen, (long)*word_of(page, word));
}

static void do_file(void)
{
	unsigned file = random_below(FILES), word = random_below(WORDS);
	struct object_model *object = &shared->object[file];
	uint64_t value = random_word(), seen = 0;
	unsigned index;
	off_t at;

	if (random_below(4) == 0) {
		int pages = (int)random_below(FILE_PAGES + 1);

		if (ftruncate(files[file], pages * (off_t)PAGE))
			complain("ftruncate: %s", strerror(errno));
		for (int i = pages; i < FILE_PAGES; i++) {
			memset(object->word[i], 0, sizeof object->word[i]);
			object->generation[i]++;
		}
		object->pages = pages;
		return;
	}
	if (!object->pages)
		return;
	index = random_below((uint32_t)object->pages);
	at = (off_t)(index * PAGE + word * WORD_STEP);
	if (random_below(2)) {
		if (pwrite(files[file], &value, sizeof value, at) != sizeof value)
			complain("pwrite: %s", strerror(errno));
		object->word[index][word] = value;
	} else if (pread(files[file], &seen, sizeof seen, at) != sizeof seen || seen != object->word[index][word]) {
		complain("pread of file %u page %u: %lx, wanted %lx", file, index, (long)seen, (long)object->word[index][word]);
	}
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void compare_maps(void)
{
	int wanted = 0, got;

	for (unsigned i = 0; i < PAGES; i++)
		if (model[i].kind != HOLE && (!i || model[i - 1].kind == HOLE || !alike(&model[i - 1], &model[i])))
			wanted++;
	got = maps_lines(ARENA, PAGES * PAGE);
	/* Linux has its own rules about which of them merge. */
	if (on_osier && got != wanted)
		complain("%d regions, wanted %d", got, wanted);
	for (unsigned n = 0; n < 4; n++) {
		unsigned long offset = 0;
		unsigned i = random_below(PAGES);
		const struct page_model *page = &model[i];
		const char *rights = maps_at(ARENA + i * PAGE, &offset);

		if (page->kind == HOLE ? *rights != 0
				       : (rights[0] == 'r') != !!(page->prot & PROT_READ) ||
						 (rights[1] == 'w') != !!(page->prot & PROT_WRITE) ||
						 (rights[3] == 's') != (page->kind == SHARED_ANON || page->kind == FILE_SHARED))
			complain("maps: page %u (kind %d prot %d) is \"%s\"", i, page->kind, page->prot, rights);
		if (page->kind > SHARED_ANON && offset != (unsigned long)page->index * PAGE)
			complain("maps: page %u is at offset %lx, wanted page %d", i, offset, page->index);
	}
}

static void compare(void)
{
	for (unsigned i = 0; i < PAGES && !shared->failed; i++) {
		struct page_model *page = &model[i];
		for (unsigned w = 0; w < WORDS; w++) {
			char *at = ARENA + i * PAGE + w * WORD_STEP;
			uint64_t seen = 0;
			bool faulted = faults_reading(at, &seen);

			if (!check_fault(page, i, false, faulted, at) || faulted)
				break;
			if (seen != *word_of(page, w))
				complain("page %u (kind %d prot %d object %d:%d own %d) word %u: %lx, wanted %lx", i,
					 page->kind, page->prot, page->object, page->index, has_own(page), w, (long)seen,
					 (long)*word_of(page, w));
		}
	}
	compare_maps();
}

static void batch(void)
{
	static void (*const calls[])(void) = {
		do_map, do_map, do_unmap, do_protect, do_protect, do_discard, do_remap, do_remap,
		do_write, do_write, do_write, do_write, do_write, do_write, do_kernel, do_kernel, do_file, do_file,
	};

	for (unsigned i = 0; i < 12 && !shared->failed; i++) {
		calls[random_below(sizeof calls / sizeof *calls)]();
		shared->operations++;
	}
	compare();
	if (random_below(8) == 0 && !structures_good())
		complain("structures");
}

/* ---- processes ------------------------------------------------------------------------------- */

static int command[PROCESSES][2], answer[2];

/* Commands: 'b' a batch, 'f' and a slot: fork, 'x': exit. */
static void work(void)
{
	char what[2];

	while (read(command[self][0], what, 2) == 2) {
		if (what[0] == 'b') {
			batch();
		} else if (what[0] == 'f') {
			pid_t pid;

			fflush(stdout);
			pid = fork();
			if (pid == 0)
				self = what[1];
			if (pid < 0)
				complain("fork: %s", strerror(errno));
			/* The child answers: it has seen what it got. */
			if (pid > 0)
				continue;
			compare();
		}
		if (write(answer[1], "", 1) != 1 || what[0] == 'x')
			break;
	}
	_exit(0);
}

static void order(int slot, char what, char argument)
{
	char text[2] = { what, argument }, byte;

	(void)!write(command[slot][1], text, 2);
	if (read(answer[0], &byte, 1) != 1)
		shared->failed = true;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	int batches = argc > 2 ? atoi(argv[2]) : 500, forks = 0, deaths = 0;
	bool alive[PROCESSES] = { true };
	struct sigaction ignore = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
	char name[] = "mm_random-0";

	shared = mmap(NULL, sizeof *shared, RW, SHARED, -1, 0);
	shared->random = seed;
	shared->objects = FILES;
	for (int i = 0; i < FILES; i++, name[10]++) {
		files[i] = open_scratch(name, 8 * PAGE);
		shared->object[i].pages = 8;
	}
	scratch = open_scratch("mm_random-scratch", PAGE);
	for (int i = 0; i < PROCESSES; i++)
		(void)!pipe(command[i]);
	(void)!pipe(answer);
	catch_faults();
	setvbuf(stdout, NULL, _IOLBF, 0);
	fflush(stdout);
	sigaction(SIGCHLD, &ignore, NULL);
	if (fork() == 0) {
		close(answer[0]);
		work();
	}
	close(answer[1]);
	for (int i = 0; i < batches && !shared->failed; i++) {
		int slot = (int)random_below(PROCESSES), free_slot = -1, others = 0;

		while (!alive[slot])
			slot = (slot + 1) % PROCESSES;
		for (int j = 0; j < PROCESSES; j++) {
			if (!alive[j])
				free_slot = j;
			else if (j != slot)
				others++;
		}
		switch (random_below(16)) {
		case 0:
			if (free_slot >= 0) {
				order(slot, 'f', (char)free_slot);
				alive[free_slot] = true;
				forks++;
				break;
			}
			/* fall through */
		case 1:
			if (others && i > 30) {
				order(slot, 'x', 0);
				alive[slot] = false;
				deaths++;
				break;
			}
			/* fall through */
		default:
			order(slot, 'b', 0);
		}
	}
	for (int j = 0; j < PROCESSES; j++)
		if (alive[j])
			order(j, 'x', 0);
	ok(!shared->failed, "seed %lu: every page was what the model says", (unsigned long)seed);
	note("%lu calls, %lu faults, %d forks, %d deaths, %d objects", shared->operations, shared->faults, forks, deaths,
	     shared->objects - FILES);
	ok(structures_good(), "structures");
	return done();
}
