/*
 * What the tests of memory share: /proc/self/maps before and after, faults that are caught and told, counters, and the debug kernel's
 * own check of the structures. All of it works on Linux too, where the tests say what programs expect.
 */
#ifndef MM_H
#define MM_H

#include <fcntl.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "tap.h"

#define PAGE 4096ul
#define KERNEL_ADDRESS ((char *)0xffff800000100000ul)
#define NOT_CANONICAL ((char *)0x0000800000001000ul)
#define USER_END ((char *)0x00007ffffffff000ul)
#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS)

#ifdef __osier__
#include <osier/abi/failpoint.h>
static const bool on_osier = true;
#else
static const bool on_osier = false;
#endif

/* ---- files in /proc -------------------------------------------------------------------------- */

/* A whole file into a buffer, with a NUL. No malloc: nothing may move meanwhile. => its length or -1. */
__attribute__((unused)) static long slurp(const char *name, char *buffer, size_t size)
{
	int fd = open(name, O_RDONLY);
	size_t length = 0;
	ssize_t got;

	if (fd < 0)
		return -1;
	while (length < size - 1 && (got = read(fd, buffer + length, size - 1 - length)) > 0)
		length += (size_t)got;
	close(fd);
	buffer[length] = 0;
	return (long)length;
}

static char maps_before[64 << 10], maps_after[64 << 10];

__attribute__((unused)) static void maps_remember(void)
{
	slurp("/proc/self/maps", maps_before, sizeof maps_before);
}

/* Whether maps is what it was at maps_remember. */
__attribute__((unused)) static bool maps_same(void)
{
	slurp("/proc/self/maps", maps_after, sizeof maps_after);
	if (!strcmp(maps_before, maps_after))
		return true;
	printf("# before:\n%s# after:\n%s", maps_before, maps_after);
	return false;
}

/* How many lines of maps lie, wholly or partly, in [start, start + size). */
__attribute__((unused)) static int maps_lines(const void *start, size_t size)
{
	unsigned long low, high, from = (unsigned long)start;
	int count = 0;

	slurp("/proc/self/maps", maps_after, sizeof maps_after);
	for (char *line = maps_after; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (sscanf(line, "%lx-%lx", &low, &high) == 2 && low < from + size && high > from)
			count++;
	return count;
}

/* The line of maps that holds an address. => protection "rwxp", file offset; "" where there is none. */
__attribute__((unused)) static const char *maps_at(const void *address, unsigned long *offset)
{
	static char rights[8];
	unsigned long low, high, at;

	slurp("/proc/self/maps", maps_after, sizeof maps_after);
	for (char *line = maps_after; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (sscanf(line, "%lx-%lx %7s %lx", &low, &high, rights, &at) == 4 &&
		    low <= (unsigned long)address && (unsigned long)address < high) {
			if (offset)
				*offset = at + ((unsigned long)address & ~(PAGE - 1)) - low;
			return rights;
		}
	return "";
}

/* A number of /proc/meminfo or /proc/self/status, in KiB; -1: not there. */
__attribute__((unused)) static long proc_number(const char *file, const char *key)
{
	static char text[8192];
	char *found;

	if (slurp(file, text, sizeof text) < 0)
		return -1;
	for (found = text; found && strncmp(found, key, strlen(key)); )
		found = strchr(found, '\n') ? strchr(found, '\n') + 1 : NULL;
	return found ? strtol(found + strlen(key) + 1, NULL, 10) : -1;
}

#define meminfo(key) proc_number("/proc/meminfo", (key))

/* The debug kernel checks this space. True where there is no such check. */
__attribute__((unused)) static bool structures_of_self(void)
{
	char text[8];

	return !on_osier || slurp("/proc/self/check", text, sizeof text) < 0 || !strcmp(text, "ok\n");
}

/* And frames and slabs, which takes longer. */
__attribute__((unused)) static bool structures_good(void)
{
	char text[8];

	return structures_of_self() && (!on_osier || slurp("/proc/check", text, sizeof text) < 0 || !strcmp(text, "ok\n"));
}

/* ---- faults ---------------------------------------------------------------------------------- */

struct caught {
	int signal, code;
	char *address;
};

static sigjmp_buf caught_jump;
static volatile bool catching;
static volatile struct caught caught;

static void catch_fault(int signal, siginfo_t *info, void *context)
{
	if (!catching) {
		static const char text[] = "Bail out! a fault nobody asked for\n";

		(void)!write(1, text, sizeof text - 1);
		_exit(99);
	}
	catching = false;
	caught.signal = signal;
	caught.code = info->si_code;
	caught.address = info->si_addr;
	siglongjmp(caught_jump, 1);
}

__attribute__((unused)) static void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = catch_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* Runs a statement. => whether it faulted; `caught` then says how. catch_faults() went before. */
#define faults(...)                                                                                \
	({                                                                                         \
		bool tap_faulted_;                                                                 \
		caught.signal = caught.code = 0;                                                   \
		caught.address = NULL;                                                             \
		if (sigsetjmp(caught_jump, 0)) {                                                   \
			tap_faulted_ = true;                                                       \
		} else {                                                                           \
			catching = true;                                                           \
			__VA_ARGS__;                                                               \
			catching = false;                                                          \
			tap_faulted_ = false;                                                      \
		}                                                                                  \
		tap_faulted_;                                                                      \
	})

/* In functions of their own, so that a jump back finds no variable that has changed. => whether it faulted. */
__attribute__((unused, noinline)) static bool faults_reading(const void *address, uint64_t *seen)
{
	return faults(*seen = *(const volatile uint64_t *)address);
}

__attribute__((unused, noinline)) static bool faults_writing(void *address, uint64_t value)
{
	return faults(*(volatile uint64_t *)address = value);
}

/* The statement faults with exactly this signal, code and address. */
#define faults_with(wanted_signal, wanted_code, wanted_address, name, ...)                         \
	do {                                                                                       \
		bool tap_did_ = faults(__VA_ARGS__);                                               \
		if (!tap_report(tap_did_ && caught.signal == (wanted_signal) &&                    \
				caught.code == (wanted_code) &&                                    \
				caught.address == (char *)(wanted_address),                        \
				__FILE__, __LINE__, "%s", name))                                   \
			printf("# signal %d code %d at %p, wanted %d %d %p\n", caught.signal,      \
			       caught.code, (void *)caught.address, (wanted_signal), (wanted_code), \
			       (void *)(wanted_address));                                          \
	} while (0)

/* The compiler must not know the address: some of them it knows to be wrong. */
__attribute__((unused)) static inline volatile char *hidden(uintptr_t address)
{
	__asm__("" : "+r"(address));
	return (volatile char *)address;
}

#define read_byte(address) (*hidden((uintptr_t)(address)))
#define write_byte(address, value) (*hidden((uintptr_t)(address)) = (char)(value))

/* ---- the calls, as they are ------------------------------------------------------------------ */

#define map_anonymous(pages, prot) ((char *)mmap(NULL, (pages) * PAGE, (prot), ANONYMOUS, -1, 0))

/* Room that nothing else uses: its address, unmapped again. */
__attribute__((unused)) static char *free_room(size_t pages)
{
	char *room = map_anonymous(pages, PROT_NONE);

	munmap(room, pages * PAGE);
	return room;
}

__attribute__((unused)) static int open_scratch(const char *name, size_t bytes)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	unlink(name);
	if (fd < 0 || ftruncate(fd, (off_t)bytes)) {
		printf("Bail out! no scratch file %s\n", name);
		exit(1);
	}
	return fd;
}

#endif
