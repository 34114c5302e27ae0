/*
 * What the memory type range registers say, for the log. They are the firmware's: Osier reads them and never writes them;
 * where it wants another type it says so in page-table entries, through the PAT.
 *
 * A variable range is a base and a mask: an address belongs to it where both agree in every bit that the mask has.
 */
#include "arch/x86_64/mtrr.h"

#include "arch/x86_64/cpu.h"
#include "debug/log.h"

enum {
	MSR_MTRR_CAP = 0xfe,
	MSR_MTRR_BASE = 0x200,		/* of range 0; its mask follows, then range 1 */
	MSR_MTRR_DEFAULT = 0x2ff,
};

#define CPUID_1_EDX_MTRR	(1u << 12)
#define CAP_COUNT		0xffu
#define CAP_FIXED		(1u << 8)
#define DEFAULT_TYPE		0xffu
#define DEFAULT_FIXED_ENABLE	(1u << 10)
#define DEFAULT_ENABLE		(1u << 11)
#define BASE_TYPE		0xffu
#define MASK_VALID		(1u << 11)

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		"uncached", "write-combining", NULL, NULL, "write-through", "write-protected", "write-back",
	};

	return type < sizeof names / sizeof names[0] && names[type] ? names[type] : "reserved type";
}

/* => false where the range is not in use. */
static bool log_range(unsigned index)
{
	uint64_t base = rdmsr(MSR_MTRR_BASE + 2 * index), mask = rdmsr(MSR_MTRR_BASE + 2 * index + 1);
	uint64_t bits = (1ull << cpu_features.physical_bits) - 1, start, size;

	if (!(mask & MASK_VALID))
		return false;
	start = base & bits & ~0xfffull;
	mask &= bits & ~0xfffull;
	size = mask & -mask;			/* of the first piece: all of it, unless the mask has holes */
	if (!mask)
		log_debug("mtrr: %u: everything %s", index, type_name(base & BASE_TYPE));
	else
		log_debug("mtrr: %u: 0x%012lx %lu %s%s %s", index, start, size >= 1 << 20 ? size >> 20 : size >> 10,
			  size >= 1 << 20 ? "MiB" : "KiB", mask + size == bits + 1 ? "" : " and its repetitions",
			  type_name(base & BASE_TYPE));
	return true;
}

void mtrr_log(void)
{
	uint64_t cap, defaults;
	unsigned used = 0;

	if (!(cpuid(1, 0).edx & CPUID_1_EDX_MTRR))
		return;
	cap = rdmsr(MSR_MTRR_CAP);
	defaults = rdmsr(MSR_MTRR_DEFAULT);
	if (!(defaults & DEFAULT_ENABLE)) {
		log_info("mtrr: off: all memory is uncached");
		return;
	}
	for (unsigned i = 0; i < (cap & CAP_COUNT); i++)
		used += log_range(i);
	log_info("mtrr: %s by default, %u of %lu ranges in use%s", type_name(defaults & DEFAULT_TYPE), used,
		 cap & CAP_COUNT,
		 cap & CAP_FIXED && defaults & DEFAULT_FIXED_ENABLE ? ", and the fixed ones below 1 MiB" : "");
}
