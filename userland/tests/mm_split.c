/*
 * Regions that are cut and joined: five regions with holes between them, offsets of files across every cut, MAP_FIXED over several
 * regions, neighbours that become alike; and a hundred thousand regions in one space.
 *
 * Mutations this catches: object_page not moved on by a split or a shrink from below; the last region of a range not cut; a merge
 * that compares all but the offset; MAP_FIXED that empties only the first region; a walk over all regions where a lookup belongs.
 */
#include <time.h>

#include "mm.h"

#define BASE ((char *)0x2000000000)
#define FILE_PAGES 64

static int file;

/* Page n of the file begins with n + 1. */
static void make_file(void)
{
	file = open_scratch("mm_split-file", FILE_PAGES * PAGE);
	for (unsigned long n = 0; n < FILE_PAGES; n++) {
		unsigned long value = n + 1;

		(void)!pwrite(file, &value, sizeof value, (off_t)(n * PAGE));
	}
}

static char *map_file(unsigned at, unsigned count, unsigned page, int prot, int flags)
{
	return mmap(BASE + at * PAGE, count * PAGE, prot, flags | MAP_FIXED, file, (off_t)(page * PAGE));
}

static unsigned long value_at(unsigned page)
{
	return *(volatile unsigned long *)(BASE + page * PAGE);
}

static unsigned long offset_at(unsigned page)
{
	unsigned long offset = 0;

	maps_at(BASE + page * PAGE, &offset);
	return offset / PAGE;
}

/* Five regions of 8 pages with holes of 4: [0,8) [12,20) [24,32) [36,44) [48,56); all of one file, page for page. */
static void five_regions(int flags)
{
	munmap(BASE, 64 * PAGE);
	for (unsigned i = 0; i < 5; i++)
		map_file(i * 12, 8, i * 12, RW, flags);
}

static bool is_mapped(unsigned page)
{
	unsigned char vector;

	return mincore(BASE + page * PAGE, PAGE, &vector) == 0;
}

/* Every mapped page is the page of the file that it was. */
static bool offsets_right(void)
{
	for (unsigned page = 0; page < 64; page++)
		if (is_mapped(page) && (offset_at(page) != page || value_at(page) != page + 1))
			return false;
	return true;
}

static void holes(int flags, const char *name)
{
	bool right = true;

	five_regions(flags);
	is(maps_lines(BASE, 64 * PAGE), 5, "%s: five regions", name);
	is(munmap(BASE + 4 * PAGE, 46 * PAGE), 0, "%s: munmap over all five and their holes", name);
	for (unsigned page = 0; page < 64; page++)
		right &= is_mapped(page) == (page < 4 || (page >= 50 && page < 56));
	ok(right && maps_lines(BASE, 64 * PAGE) == 2, "%s: what lies outside stays", name);
	ok(offsets_right(), "%s: at its offset", name);

	five_regions(flags);
	is(munmap(BASE + 14 * PAGE, 2 * PAGE), 0, "%s: a hole in the middle of one", name);
	is(maps_lines(BASE, 64 * PAGE), 6, "%s: makes two of it", name);
	ok(offsets_right(), "%s: at their offsets", name);
	is(munmap(BASE + 24 * PAGE, PAGE), 0, "%s: the first page of one", name);
	is(munmap(BASE + 31 * PAGE, PAGE), 0, "%s: the last page of one", name);
	ok(maps_lines(BASE, 64 * PAGE) == 6 && offsets_right(), "%s: shrink it", name);

	five_regions(flags);
	map_file(4, 48, 4, RW, flags);
	is(maps_lines(BASE, 64 * PAGE), 1, "%s: MAP_FIXED over all five joins what is alike", name);
	ok(offsets_right(), "%s: at its offset", name);
	five_regions(flags);
	map_file(4, 48, 5, RW, flags);
	is(maps_lines(BASE, 64 * PAGE), 3, "%s: another offset joins nothing", name);
	ok(value_at(3) == 4 && value_at(4) == 6 && value_at(51) == 53 && value_at(52) == 53, "%s: and shows what it should", name);
	five_regions(flags);
	mmap(BASE + 6 * PAGE, 20 * PAGE, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0);
	ok(value_at(5) == 6 && value_at(6) == 0 && value_at(25) == 0 && value_at(26) == 27, "%s: anonymous memory over three", name);
	is(maps_lines(BASE, 64 * PAGE), 5, "%s: cuts the edges", name);

	five_regions(flags);
	maps_remember();
	ok(mmap(BASE + 6 * PAGE, 4 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST && maps_same(),
	   "%s: MAP_FIXED_NOREPLACE over the end of one", name);
	ok(mmap(BASE + 10 * PAGE, 4 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST && maps_same(),
	   "%s: over the beginning of one", name);
	ok(mmap(BASE + 8 * PAGE, 4 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == BASE + 8 * PAGE,
	   "%s: exactly into a hole", name);
	munmap(BASE, 64 * PAGE);
}

static void merging(void)
{
	char *at;

	munmap(BASE, 64 * PAGE);
	map_file(0, 16, 0, RW, MAP_SHARED);
	for (unsigned page = 1; page < 15; page += 2)
		mprotect(BASE + page * PAGE, PAGE, PROT_READ);
	is(maps_lines(BASE, 64 * PAGE), 15, "mprotect of every second page");
	ok(offsets_right(), "... at their offsets");
	mprotect(BASE + 3 * PAGE, PAGE, RW);
	is(maps_lines(BASE, 64 * PAGE), 13, "one given back joins both its neighbours");
	mprotect(BASE, 16 * PAGE, RW);
	is(maps_lines(BASE, 64 * PAGE), 1, "all given back at once");
	ok(offsets_right(), "... at its offset");
	mprotect(BASE + 4 * PAGE, 4 * PAGE, PROT_READ);
	mprotect(BASE + 8 * PAGE, 4 * PAGE, PROT_READ);
	is(maps_lines(BASE, 64 * PAGE), 3, "two neighbours made alike one after the other");
	munmap(BASE, 64 * PAGE);

	map_file(0, 4, 0, RW, MAP_SHARED);
	map_file(8, 4, 8, RW, MAP_SHARED);
	map_file(4, 4, 4, RW, MAP_SHARED);
	is(maps_lines(BASE, 64 * PAGE), 1, "the piece between two joins both");
	map_file(4, 4, 4, PROT_READ, MAP_SHARED);
	is(maps_lines(BASE, 64 * PAGE), 3, "with another protection it does not");
	map_file(4, 4, 4, RW, MAP_PRIVATE);
	is(maps_lines(BASE, 64 * PAGE), 3, "nor private between shared ones");
	munmap(BASE, 64 * PAGE);

	/* Anonymous memory joins whatever was mapped when. */
	for (unsigned page = 0; page < 16; page++)
		mmap(BASE + ((page * 7) & 15) * PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
	is(maps_lines(BASE, 64 * PAGE), 1, "sixteen pages mapped in any order");
	mmap(BASE + 5 * PAGE, PAGE, RW, SHARED | MAP_FIXED, -1, 0);
	mmap(BASE + 6 * PAGE, PAGE, RW, SHARED | MAP_FIXED, -1, 0);
	is(maps_lines(BASE, 64 * PAGE), 4, "two shared objects do not join");
	munmap(BASE, 64 * PAGE);

	/* mremap: a region that grows up to its neighbour, and one that lands beside it. */
	map_file(0, 4, 0, RW, MAP_SHARED);
	map_file(8, 4, 8, RW, MAP_SHARED);
	at = mremap(BASE, 4 * PAGE, 8 * PAGE, 0);
	ok(at == BASE && offsets_right(), "mremap grows into the hole");
	if (on_osier)
		is(maps_lines(BASE, 64 * PAGE), 1, "... and joins what lies behind it");
	at = mremap(BASE + 2 * PAGE, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, BASE + 32 * PAGE);
	ok(at == BASE + 32 * PAGE && value_at(32) == 3 && value_at(34) == 5 && offset_at(33) == 3, "mremap takes a piece out of the middle");
	ok(is_mapped(1) && !is_mapped(2) && !is_mapped(4) && is_mapped(5), "... and leaves a hole");
	at = mremap(BASE + 32 * PAGE, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, BASE + 2 * PAGE);
	ok(at == BASE + 2 * PAGE && offsets_right(), "and back");
	if (on_osier)
		is(maps_lines(BASE, 64 * PAGE), 1, "... where it joins both");
	munmap(BASE, 64 * PAGE);
}

/* Private copies stay at their place through cuts. */
static void copies(void)
{
	map_file(0, 32, 0, RW, MAP_PRIVATE);
	for (unsigned long page = 0; page < 32; page += 3)
		*(unsigned long *)(BASE + page * PAGE + 8) = 1000 + page;
	munmap(BASE + 7 * PAGE, 2 * PAGE);
	mprotect(BASE + 13 * PAGE, 5 * PAGE, PROT_READ);
	mremap(BASE + 20 * PAGE, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, BASE + 40 * PAGE);
	bool right = true;

	for (unsigned page = 0; page < 64; page++) {
		unsigned was = page >= 40 ? page - 20 : page;

		if (is_mapped(page))
			right &= value_at(page) == was + 1 &&
				 *(unsigned long *)(BASE + page * PAGE + 8) == (was % 3 ? 0 : 1000 + was);
	}
	ok(right && is_mapped(45) && !is_mapped(20), "private copies stay with their pages");
	munmap(BASE, 64 * PAGE);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* 500 cuts and joins of one region, in seconds. */
static double cuts(char *place)
{
	double best = 1e9;

	for (int round = 0; round < 5; round++) {
		double begin = now(), time;

		for (int i = 0; i < 100; i++) {
			mprotect(place + PAGE, PAGE, PROT_NONE);
			mprotect(place + PAGE, PAGE, PROT_READ);
		}
		time = now() - begin;
		if (time < best)
			best = time;
	}
	return best;
}

static void many(void)
{
	/* A region is some 150 bytes; and Linux allows 65,530 of them. */
	unsigned long count = on_osier && meminfo("MemFree:") > 100000 ? 100000 : 20000;
	char *place = map_anonymous(4, PROT_READ), *area;
	double few = cuts(place), full, begin = now();
	unsigned char vector;
	bool right = true;

	area = map_anonymous(2 * count, PROT_NONE);
	for (unsigned long i = 0; i < count; i++)
		right &= mprotect(area + (2 * i + 1) * PAGE, PAGE, i & 1 ? PROT_READ : PROT_EXEC) == 0;
	ok(right, "%lu regions", 2 * count);
	full = cuts(place);
	note("%lu regions made in %.2f s; a cut and a join: %.1f us with few, %.1f us with all", 2 * count, now() - begin, few * 1e4,
	     full * 1e4);
	ok(full < 8 * few, "cutting and joining does not get slow");
	for (unsigned long i = 0; i < count; i += 2)
		right &= munmap(area + (2 * i + 1) * PAGE, PAGE) == 0;
	ok(right && mincore(area + PAGE, PAGE, &vector) == -1, "every second hole is opened");
	for (unsigned long i = 0; i < count; i += 1000)
		right &= mmap(NULL, PAGE, PROT_READ, ANONYMOUS, -1, 0) != MAP_FAILED;
	ok(right, "places are found");
	ok(structures_good(), "structures");
	begin = now();
	is(exit_of_child(_exit(read_byte(area + 7 * PAGE) == 0 ? 3 : 4)), 3, "a fork of it all");
	is(munmap(area, 2 * count * PAGE), 0, "and it goes at once");
	note("fork, exit and munmap: %.2f s", now() - begin);
	munmap(place, 4 * PAGE);
}

int main(void)
{
	make_file();
	holes(MAP_SHARED, "shared");
	holes(MAP_PRIVATE, "private");
	merging();
	copies();
	many();
	ok(structures_good(), "structures");
	return done();
}
