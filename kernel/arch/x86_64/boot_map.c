/*
 * boot_map.h. Where entries overlap, the kind that is least usable wins.
 */
#include "arch/x86_64/boot_map.h"

#include "arch/x86_64/cpu.h"
#include "debug/log.h"

#define ENTRIES_MAX 256

/* struct frame names frames by 32 bits, and no machine that runs this has more. */
#define PHYSICAL_MAX TIB(8)

static struct boot_range entries[ENTRIES_MAX];
static unsigned entry_count;
static paddr_t edges[2 * ENTRIES_MAX];

static paddr_t physical_limit(void)
{
	unsigned bits = cpu_features.physical_bits;

	return bits && bits < 43 ? 1ull << bits : PHYSICAL_MAX;
}

void boot_map_add(paddr_t base, uint64_t length, enum boot_range_kind kind)
{
	paddr_t limit = physical_limit(), end = base + length;

	if (!length || base >= limit) {
		if (length && kind == BOOT_RANGE_RAM)
			log_warn("memory: RAM at 0x%lx is out of reach, ignored", base);
		return;
	}
	if (end < base || end > limit)
		end = limit;
	if (entry_count == ENTRIES_MAX) {
		static bool said;

		/* RAM that is left out does no harm; a reserved range that is left out might. Take a RAM entry's place. */
		if (!said)
			log_warn("memory: map of more than %u entries", ENTRIES_MAX);
		said = true;
		if (kind == BOOT_RANGE_RAM)
			return;
		for (unsigned i = ENTRIES_MAX; i-- > 0;) {
			if (entries[i].kind == BOOT_RANGE_RAM) {
				entries[i] = (struct boot_range){ base, end, kind };
				return;
			}
		}
		return;
	}
	entries[entry_count++] = (struct boot_range){ base, end, kind };
}

static void sort_edges(unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		paddr_t edge = edges[i];
		unsigned j = i;

		for (; j > 0 && edges[j - 1] > edge; j--)
			edges[j] = edges[j - 1];
		edges[j] = edge;
	}
}

static void range_append(paddr_t start, paddr_t end, enum boot_range_kind kind)
{
	struct boot_range *last = boot_info.range_count ? &boot_info.ranges[boot_info.range_count - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->end == start && last->kind == kind) {
		last->end = end;
		return;
	}
	if (boot_info.range_count == BOOT_RANGES_MAX) {
		log_warn("memory: more than %u ranges, the rest is ignored", BOOT_RANGES_MAX);
		return;
	}
	boot_info.ranges[boot_info.range_count++] = (struct boot_range){ start, end, kind };
}

/* The kind of [start, end), which no edge cuts; false in a hole. */
static bool kind_at(paddr_t start, enum boot_range_kind *kind)
{
	/* Which kind wins over which: RAM last, bad memory first. */
	static const uint8_t strength[] = {
		[BOOT_RANGE_RAM] = 0, [BOOT_RANGE_ACPI_TABLES] = 1, [BOOT_RANGE_RESERVED] = 2,
		[BOOT_RANGE_ACPI_NVS] = 3, [BOOT_RANGE_BAD] = 4,
	};
	bool found = false;

	for (unsigned i = 0; i < entry_count; i++) {
		if (start < entries[i].start || start >= entries[i].end)
			continue;
		if (!found || strength[entries[i].kind] > strength[*kind])
			*kind = entries[i].kind;
		found = true;
	}
	return found;
}

/* RAM shrinks to whole pages; pages that it shares with something else are the other's. */
static void round_ram(void)
{
	unsigned kept = 0;

	boot_info.ram_bytes = 0;
	boot_info.ram_end = 0;
	for (unsigned i = 0; i < boot_info.range_count; i++) {
		struct boot_range range = boot_info.ranges[i];

		if (range.kind == BOOT_RANGE_RAM) {
			range.start = page_round_up(range.start);
			range.end = page_round_down(range.end);
			if (range.start >= range.end)
				continue;
			boot_info.ram_bytes += range.end - range.start;
			boot_info.ram_end = range.end;
		}
		boot_info.ranges[kept++] = range;
	}
	boot_info.range_count = kept;
}

void boot_map_finish(void)
{
	unsigned edge_count = 0;

	for (unsigned i = 0; i < entry_count; i++) {
		edges[edge_count++] = entries[i].start;
		edges[edge_count++] = entries[i].end;
	}
	sort_edges(edge_count);
	boot_info.range_count = 0;
	for (unsigned i = 0; i + 1 < edge_count; i++) {
		enum boot_range_kind kind = BOOT_RANGE_RAM;

		if (edges[i] < edges[i + 1] && kind_at(edges[i], &kind))
			range_append(edges[i], edges[i + 1], kind);
	}
	round_ram();
}
