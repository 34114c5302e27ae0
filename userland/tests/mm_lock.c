/*
 * What is locked is there: mlock, mlockall and their undoing, seen through mincore.
 * Mutations it would catch: MCL_FUTURE remembered and never read, munlockall that forgets it, a lock that brings nothing in.
 */
#include <string.h>
#include <sys/mman.h>

#include "tap.h"

#define PAGE 4096ul

static char *fresh(void)
{
	return mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int resident(char *memory)
{
	unsigned char vector[4];
	int pages = 0;

	if (mincore(memory, sizeof vector * PAGE, vector))
		return -1;
	for (unsigned i = 0; i < sizeof vector; i++)
		pages += vector[i] & 1;
	return pages;
}

int main(void)
{
	char *before = fresh(), *after;

	is(resident(before), 0, "what nobody touched is not there");
	is(mlock(before + PAGE, PAGE), 0, "one page locked");
	is(resident(before), 1, "and brought in");
	is(mlockall(MCL_FUTURE), 0, "lock what comes");
	is(resident(before), 1, "what was there before stays as it was");
	after = fresh();
	is(resident(after), 4, "what came is there, untouched");
	is(mlockall(MCL_CURRENT), 0, "lock what is");
	is(resident(before), 4, "now that too");
	is(munlockall(), 0, "unlock everything");
	is(resident(fresh()), 0, "and nothing is brought in any more");
	return done();
}
