/*
 * acpi.h. Tables are mapped through the early window, checksummed, and forgotten.
 */
#include "arch/x86_64/acpi.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/early_window.h"
#include "debug/log.h"
#include "lib/string.h"

#include <osier/compiler.h>

#define TABLE_MAX KIB(1024)

struct acpi_info acpi_info;

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;		/* from revision 2 on */
	uint64_t xsdt;
	uint8_t checksum2, reserved[3];
} __packed;

struct table {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision, creator, creator_revision;
} __packed;

struct address {
	uint8_t space, width, offset, access;
	uint64_t address;
} __packed;

/* The fixed description table; old ones end earlier. */
struct fadt {
	struct table header;
	uint32_t facs, dsdt;
	uint8_t reserved0, profile;
	uint16_t sci;
	uint32_t smi_command;
	uint8_t acpi_enable, acpi_disable, s4bios, pstate;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	uint8_t reserved1[40];
	uint32_t flags;
	struct address reset;
	uint8_t reset_value;
	uint8_t reserved3[3];
	uint64_t facs64, dsdt64;
} __packed;

static_assert(offsetof(struct fadt, flags) == 112 && offsetof(struct fadt, dsdt64) == 140, "ACPI 5.2.9");

static bool checksum_good(const void *data, size_t bytes)
{
	const uint8_t *byte = data;
	uint8_t sum = 0;

	while (bytes--)
		sum = (uint8_t)(sum + *byte++);
	return sum == 0;
}

/* Maps a whole table until the caller's early_unmap_to. NULL when it makes no sense. */
static const struct table *table_map(paddr_t physical)
{
	size_t mark = early_mark();
	const struct table *table;
	uint32_t length;

	table = physical ? early_map(physical, sizeof(*table)) : NULL;
	if (!table)
		return NULL;
	length = table->length;
	early_unmap_to(mark);
	if (length < sizeof(*table) || length > TABLE_MAX)
		return NULL;
	table = early_map(physical, length);
	if (!table || !checksum_good(table, length)) {
		early_unmap_to(mark);
		return NULL;
	}
	return table;
}

static bool signature_is(const struct table *table, const char *signature)
{
	return memcmp(table->signature, signature, 4) == 0;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* MADT: after a header of 44 bytes, entries of type and length. */
static void parse_madt(const struct table *table)
{
	const uint8_t *at = (const uint8_t *)table + 44, *end = (const uint8_t *)table + table->length;
	struct acpi_info *a = &acpi_info;

	while (at + 2 <= end && at[1] >= 2 && at[1] <= end - at) {
		unsigned length = at[1];

		if (at[0] == 0 && length >= 8 && get32(at + 4) & 1 && a->cpu_count < ACPI_CPUS_MAX) {
			a->cpu_apic_ids[a->cpu_count++] = at[3];
		} else if (at[0] == 1 && length >= 12 && a->ioapic_count < ACPI_IOAPICS_MAX) {
			a->ioapics[a->ioapic_count].address = get32(at + 4);
			a->ioapics[a->ioapic_count++].first_gsi = get32(at + 8);
		} else if (at[0] == 2 && length >= 10 && at[3] < 16) {
			a->overrides[at[3]] = (struct acpi_override){
				.present = true,
				.gsi = get32(at + 4),
				.active_low = (at[8] & 3) == 3,
				.level = (at[8] >> 2 & 3) == 3,
			};
		} else if (at[0] == 9 && length >= 16 && get32(at + 8) & 1 && a->cpu_count < ACPI_CPUS_MAX) {
			a->cpu_apic_ids[a->cpu_count++] = get32(at + 4);
		}
		at += length;
	}
}

/* A small integer in AML: zero, one, or a byte, word or dword constant. => false: something else. */
static bool aml_integer(const uint8_t **at, const uint8_t *end, uint32_t *value)
{
	const uint8_t *p = *at;
	unsigned bytes = 0;

	if (p >= end)
		return false;
	switch (*p++) {
	case 0x00:
		*value = 0;
		break;
	case 0x01:
		*value = 1;
		break;
	case 0x0a:
		bytes = 1;
		break;
	case 0x0b:
		bytes = 2;
		break;
	case 0x0c:
		bytes = 4;
		break;
	default:
		return false;
	}
	if (bytes > (size_t)(end - p))
		return false;
	if (bytes) {
		*value = 0;
		memcpy(value, p, bytes);
	}
	*at = p + bytes;
	return true;
}

/* \_S5 is a name with a package of constants: found by its bytes, 08 [5c] "_S5_" 12 length count a b … */
static void parse_dsdt(const struct table *table)
{
	const uint8_t *start = (const uint8_t *)table, *end = start + table->length, *at;

	for (at = start + sizeof(*table); at + 8 < end; at++) {
		uint32_t a, b;

		if (memcmp(at, "_S5_", 4) != 0 || !(at[-1] == 0x08 || (at[-1] == 0x5c && at[-2] == 0x08)))
			continue;
		if (at[4] != 0x12)
			continue;
		at += 5;
		at += (*at >> 6) + 2;			/* package length, element count */
		if (!aml_integer(&at, end, &a) || !aml_integer(&at, end, &b))
			return;
		acpi_info.has_s5 = true;
		acpi_info.s5_a = a & 7;
		acpi_info.s5_b = b & 7;
		return;
	}
}

static void parse_fadt(const struct table *table)
{
	struct fadt fadt;
	size_t mark = early_mark();
	const struct table *dsdt = NULL;

	memset(&fadt, 0, sizeof(fadt));
	memcpy(&fadt, table, min(sizeof(fadt), (size_t)table->length));
	acpi_info.pm1a_control = (uint16_t)fadt.pm1a_control;
	acpi_info.pm1b_control = (uint16_t)fadt.pm1b_control;
	acpi_info.smi_command = (uint16_t)fadt.smi_command;
	acpi_info.acpi_enable = fadt.acpi_enable;
	if (fadt.flags & 1u << 10 && fadt.reset.space == 1 && fadt.reset.address && fadt.reset.address < 0x10000) {
		acpi_info.has_reset = true;
		acpi_info.reset_port = (uint16_t)fadt.reset.address;
		acpi_info.reset_value = fadt.reset_value;
	}
	if (fadt.dsdt64)
		dsdt = table_map(fadt.dsdt64);
	if (!dsdt)
		dsdt = table_map(fadt.dsdt);
	if (dsdt && signature_is(dsdt, "DSDT"))
		parse_dsdt(dsdt);
	early_unmap_to(mark);
}

static void parse_table(paddr_t physical)
{
	size_t mark = early_mark();
	const struct table *table = table_map(physical);

	if (table && signature_is(table, "APIC"))
		parse_madt(table);
	else if (table && signature_is(table, "FACP"))
		parse_fadt(table);
	early_unmap_to(mark);
}

/* The root table: 64-bit or 32-bit addresses of all others. */
static bool parse_root(paddr_t physical, size_t width)
{
	size_t mark = early_mark();
	const struct table *root = table_map(physical);
	unsigned count;

	if (!root)
		return false;
	count = (unsigned)((root->length - sizeof(*root)) / width);
	for (unsigned i = 0; i < count; i++) {
		paddr_t address = 0;

		memcpy(&address, (const char *)(root + 1) + i * width, width);
		parse_table(address);
	}
	early_unmap_to(mark);
	return true;
}

static bool rsdp_good(const struct rsdp *rsdp)
{
	return memcmp(rsdp->signature, "RSD PTR ", 8) == 0 && checksum_good(rsdp, 20);
}

/* Looks for the root pointer on 16-byte boundaries of [start, start + bytes). */
static bool rsdp_scan(paddr_t start, size_t bytes, struct rsdp *out)
{
	size_t mark = early_mark();
	const char *area = early_map(start, bytes);
	bool found = false;

	for (size_t at = 0; area && !found && at + sizeof(*out) <= bytes; at += 16) {
		memcpy(out, area + at, sizeof(*out));
		found = rsdp_good(out);
	}
	early_unmap_to(mark);
	return found;
}

static bool rsdp_find(struct rsdp *out)
{
	if (boot_info.rsdp_size >= 20) {
		memset(out, 0, sizeof(*out));
		memcpy(out, boot_info.rsdp_copy, min(sizeof(*out), (size_t)boot_info.rsdp_size));
		if (rsdp_good(out))
			return true;
	}
	if (boot_info.rsdp && rsdp_scan(boot_info.rsdp, sizeof(*out), out))
		return true;
	return !boot_info.efi && rsdp_scan(0xe0000, 0x20000, out);
}

void acpi_init(void)
{
	struct rsdp rsdp;

	if (!rsdp_find(&rsdp)) {
		log_warn("acpi: no root pointer");
		return;
	}
	if (!(rsdp.revision >= 2 && rsdp.xsdt && parse_root(rsdp.xsdt, 8)) && !parse_root(rsdp.rsdt, 4)) {
		log_warn("acpi: no usable root table");
		return;
	}
	acpi_info.present = true;
	log_info("acpi: %u CPUs, %u IOAPICs, %s", acpi_info.cpu_count, acpi_info.ioapic_count,
		 acpi_info.has_s5 ? "soft off" : "no soft off");
}
