/*
 * What the boot loader said, from multiboot2 or PVH, checked and copied: nothing here points into loader memory
 * but the modules' contents.
 */
#ifndef OSIER_ARCH_BOOT_INFO_H
#define OSIER_ARCH_BOOT_INFO_H

#include <osier/types.h>

#define BOOT_RANGES_MAX 256
#define BOOT_MODULES_MAX 16
#define BOOT_COMMAND_LINE_MAX 2048

enum boot_range_kind {
	BOOT_RANGE_RAM,			/* usable, page aligned (rounded inward) */
	BOOT_RANGE_RESERVED,
	BOOT_RANGE_ACPI_TABLES,		/* ACPI reclaimable */
	BOOT_RANGE_ACPI_NVS,
	BOOT_RANGE_BAD,
};

struct boot_range {
	paddr_t start, end;		/* [start, end) */
	enum boot_range_kind kind;
};

struct boot_module {
	paddr_t start, end;		/* bytes; its pages are reserved until released */
	char name[64];
};

struct boot_framebuffer {
	bool present;
	paddr_t address;
	uint32_t pitch, width, height;	/* bytes, pixels, pixels */
	uint8_t bits_per_pixel;
	uint8_t red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};

struct boot_info {
	char loader[32];
	char command_line[BOOT_COMMAND_LINE_MAX];
	/* Sorted, without overlaps; where the loader's entries overlapped, the more reserved kind won. */
	struct boot_range ranges[BOOT_RANGES_MAX];
	unsigned range_count;
	uint64_t ram_bytes;		/* sum of BOOT_RANGE_RAM */
	paddr_t ram_end;		/* end of the highest RAM range */
	struct boot_module modules[BOOT_MODULES_MAX];
	unsigned module_count;
	struct boot_framebuffer framebuffer;
	paddr_t rsdp;			/* physical address of the ACPI root pointer, 0: unknown */
	uint8_t rsdp_copy[40], rsdp_size;	/* the root pointer itself, where the loader handed over a copy */
	paddr_t kernel_start, kernel_end;	/* the image in memory, page aligned */
	bool efi;
};

extern struct boot_info boot_info;

/* Parses what entry left behind. Halts with a message on the serial line when it is unusable. */
void boot_info_parse(uint32_t magic, paddr_t information);

void boot_info_log(void);

/* The value of `key=value` on the kernel's command line ("" for a bare `key`), or NULL. Valid for ever. */
const char *cmdline_get(const char *key);
bool cmdline_has(const char *key);
/* A number (decimal, 0x…, with k, m, g suffix); `otherwise` when absent or nonsense (logged). */
uint64_t cmdline_get_number(const char *key, uint64_t otherwise);
/* Logs and ignores words that are not key or key=value, and keys nobody knows. */
void cmdline_check(void);

#endif
