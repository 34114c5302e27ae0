/*
 * Reads the boot loader's structures, distrusting them (boot_info.h): everything is bounded by the window it is mapped
 * through, sizes are checked before use, and the memory map is made sorted and free of overlaps.
 */
#include "arch/x86_64/boot_info.h"

#include "arch/x86_64/boot_map.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/early_window.h"
#include "arch/x86_64/image.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "lib/string.h"

#define MULTIBOOT2_MAGIC 0x36d76289u
#define PVH_MAGIC 0x336ec578u

#define INFORMATION_MAX KIB(512)
#define PVH_TABLE_MAX KIB(64)

struct boot_info boot_info;

/* ---- multiboot2 ------------------------------------------------------------------------------ */

enum multiboot_tag_type {
	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_LOADER = 2,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_EFI64 = 12,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
	TAG_EFI64_HANDLE = 20,
};

struct multiboot_tag {
	uint32_t type, size;
};

struct multiboot_memory_map {
	struct multiboot_tag tag;
	uint32_t entry_size, version;
};

struct multiboot_memory_entry {
	uint64_t base, length;
	uint32_t type, reserved;
};

struct multiboot_module {
	struct multiboot_tag tag;
	uint32_t start, end;
	char name[];
};

struct multiboot_framebuffer {
	struct multiboot_tag tag;
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits_per_pixel, type;
	uint16_t reserved;
	uint8_t red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};

/* The types that multiboot2, PVH and the BIOS agree on. */
static enum boot_range_kind range_kind(uint32_t type)
{
	switch (type) {
	case 1:
		return BOOT_RANGE_RAM;
	case 3:
		return BOOT_RANGE_ACPI_TABLES;
	case 4:
		return BOOT_RANGE_ACPI_NVS;
	case 5:
		return BOOT_RANGE_BAD;
	default:
		return BOOT_RANGE_RESERVED;
	}
}

static void add_module(paddr_t start, paddr_t end, const char *name, size_t name_size)
{
	struct boot_module *module;

	if (start >= end)
		return;
	if (boot_info.module_count == BOOT_MODULES_MAX) {
		log_warn("boot: more than %u modules, the rest is ignored", BOOT_MODULES_MAX);
		return;
	}
	module = &boot_info.modules[boot_info.module_count++];
	module->start = start;
	module->end = end;
	name_size = min(name_size, sizeof(module->name) - 1);
	memcpy(module->name, name, name_size);
	module->name[name_size] = 0;
}

/* Text of at most `size` bytes that may lack its NUL. */
static void copy_text(char *to, size_t to_size, const char *from, size_t size)
{
	size = strnlen(from, min(size, to_size - 1));
	memcpy(to, from, size);
	to[size] = 0;
}

static void parse_memory_map(const struct multiboot_memory_map *map)
{
	const char *entry = (const char *)(map + 1), *end = (const char *)map + map->tag.size;

	if (map->tag.size < sizeof(*map) || map->entry_size < sizeof(struct multiboot_memory_entry))
		return;
	for (; entry + sizeof(struct multiboot_memory_entry) <= end; entry += map->entry_size) {
		struct multiboot_memory_entry e;

		memcpy(&e, entry, sizeof(e));
		boot_map_add(e.base, e.length, range_kind(e.type));
	}
}

static void parse_framebuffer(const struct multiboot_framebuffer *f)
{
	struct boot_framebuffer *to = &boot_info.framebuffer;

	/* Type 1 is direct colour. A text screen or a palette is of no use. */
	if (f->tag.size < offsetof(struct multiboot_framebuffer, blue_bits) + 1 || f->type != 1 || (f->bits_per_pixel != 32 && f->bits_per_pixel != 24))
		return;
	if (!f->width || !f->height || f->width > 16384 || f->height > 16384 ||
	    f->pitch < f->width * (f->bits_per_pixel / 8u) || f->pitch > 16384u * 8)
		return;
	*to = (struct boot_framebuffer){
		.present = true,
		.address = f->address,
		.pitch = f->pitch,
		.width = f->width,
		.height = f->height,
		.bits_per_pixel = f->bits_per_pixel,
		.red_shift = f->red_shift, .red_bits = f->red_bits,
		.green_shift = f->green_shift, .green_bits = f->green_bits,
		.blue_shift = f->blue_shift, .blue_bits = f->blue_bits,
	};
}

static void parse_multiboot_tag(const struct multiboot_tag *tag, paddr_t physical)
{
	const char *data = (const char *)(tag + 1);
	size_t size = tag->size - sizeof(*tag);

	switch (tag->type) {
	case TAG_COMMAND_LINE:
		copy_text(boot_info.command_line, sizeof(boot_info.command_line), data, size);
		break;
	case TAG_LOADER:
		copy_text(boot_info.loader, sizeof(boot_info.loader), data, size);
		break;
	case TAG_MODULE: {
		const struct multiboot_module *module = (const struct multiboot_module *)tag;

		if (tag->size > sizeof(*module))
			add_module(module->start, module->end, module->name,
				   strnlen(module->name, tag->size - sizeof(*module)));
		break;
	}
	case TAG_MEMORY_MAP:
		parse_memory_map((const struct multiboot_memory_map *)tag);
		break;
	case TAG_FRAMEBUFFER:
		parse_framebuffer((const struct multiboot_framebuffer *)tag);
		break;
	case TAG_EFI64:
	case TAG_EFI64_HANDLE:
		boot_info.efi = true;
		break;
	case TAG_ACPI_OLD:
	case TAG_ACPI_NEW:
		/* A copy of the root pointer; the newer one wins. Copied, since the loader's memory goes away. */
		if (tag->type == TAG_ACPI_NEW || !boot_info.rsdp_size) {
			boot_info.rsdp_size = (uint8_t)min(size, sizeof(boot_info.rsdp_copy));
			memcpy(boot_info.rsdp_copy, data, boot_info.rsdp_size);
		}
		break;
	default:
		break;
	}
}

static void parse_multiboot(paddr_t information)
{
	size_t mark = early_mark();
	const uint32_t *header = early_map(information, 8);
	const char *start;
	uint32_t total, at;

	total = header ? header[0] : 0;
	early_unmap_to(mark);
	if (total < 16 || total > INFORMATION_MAX)
		panic("boot: multiboot2 information of %u bytes at 0x%lx makes no sense", total, information);
	start = early_map(information, total);
	if (!start)
		panic("boot: multiboot2 information of %u bytes at 0x%lx is too large", total, information);

	string_copy(boot_info.loader, "multiboot2", sizeof(boot_info.loader));
	for (at = 8; at + sizeof(struct multiboot_tag) <= total;) {
		const struct multiboot_tag *tag = (const struct multiboot_tag *)(start + at);

		if (tag->type == TAG_END)
			break;
		if (tag->size < sizeof(*tag) || tag->size > total - at) {
			log_warn("boot: multiboot2 tag %u has size %u; the rest is ignored", tag->type, tag->size);
			break;
		}
		parse_multiboot_tag(tag, information + at);
		at += (uint32_t)align_up(tag->size, 8);
	}
	early_unmap_to(mark);
}

/* ---- PVH ------------------------------------------------------------------------------------- */

struct pvh_start_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command_line, rsdp;
	uint64_t memory_map;		/* from version 1 on */
	uint32_t memory_map_entries, reserved;
};

struct pvh_module { uint64_t address, size, command_line, reserved; };
struct pvh_memory_entry { uint64_t base, length; uint32_t type, reserved; };

/* A string somewhere in memory, at most `size` bytes. */
static void copy_physical_text(char *to, size_t size, paddr_t from)
{
	size_t mark = early_mark();
	const char *text = from ? early_map(from, size) : NULL;

	to[0] = 0;
	if (text)
		copy_text(to, size, text, size);
	early_unmap_to(mark);
}

static void parse_pvh(paddr_t information)
{
	size_t mark = early_mark();
	const struct pvh_start_info *mapped = early_map(information, sizeof(*mapped));
	struct pvh_start_info info;
	size_t bytes;

	if (!mapped)
		panic("boot: PVH start info at 0x%lx cannot be mapped", information);
	info = *mapped;
	early_unmap_to(mark);
	if (info.magic != PVH_MAGIC)
		panic("boot: PVH start info at 0x%lx has magic 0x%x", information, info.magic);
	string_copy(boot_info.loader, "PVH", sizeof(boot_info.loader));
	copy_physical_text(boot_info.command_line, sizeof(boot_info.command_line), info.command_line);
	boot_info.rsdp = info.rsdp;

	bytes = (size_t)info.memory_map_entries * sizeof(struct pvh_memory_entry);
	if (info.version >= 1 && info.memory_map && bytes && bytes <= PVH_TABLE_MAX) {
		const struct pvh_memory_entry *entries = early_map(info.memory_map, bytes);

		for (uint32_t i = 0; entries && i < info.memory_map_entries; i++)
			boot_map_add(entries[i].base, entries[i].length, range_kind(entries[i].type));
	}
	early_unmap_to(mark);

	for (uint32_t i = 0; i < min(info.module_count, (uint32_t)BOOT_MODULES_MAX); i++) {
		const struct pvh_module *module = early_map(info.modules + i * sizeof(*module), sizeof(*module));

		if (module) {
			char name[64];

			copy_physical_text(name, sizeof(name), module->command_line);
			add_module(module->address, module->address + module->size, name, strlen(name));
		}
		early_unmap_to(mark);
	}
}

/* ---------------------------------------------------------------------------------------------- */

void boot_info_parse(uint32_t magic, paddr_t information)
{
	boot_info.kernel_start = kernel_physical_base;
	boot_info.kernel_end = image_to_phys(kernel_image_end);
	if (magic == MULTIBOOT2_MAGIC)
		parse_multiboot(information);
	else if (magic == PVH_MAGIC)
		parse_pvh(information);
	else
		panic("boot: neither multiboot2 nor PVH (magic 0x%x)", magic);

	boot_map_finish();
	if (!boot_info.ram_bytes)
		panic("boot: the loader gave no memory map with RAM in it");
}

void boot_info_log(void)
{
	static const char *const kinds[] = { "RAM", "reserved", "ACPI tables", "ACPI NVS", "bad" };

	log_info("boot: loaded by %s at 0x%lx-0x%lx, %s", boot_info.loader, boot_info.kernel_start,
		 boot_info.kernel_end, boot_info.efi ? "EFI" : "BIOS or none");
	log_info("boot: command line: %s", boot_info.command_line);
	if (boot_info.framebuffer.present)
		log_info("boot: framebuffer %ux%ux%u at 0x%lx", boot_info.framebuffer.width,
			 boot_info.framebuffer.height, boot_info.framebuffer.bits_per_pixel,
			 boot_info.framebuffer.address);
	for (unsigned i = 0; i < boot_info.range_count; i++)
		log_info("memory: %016lx-%016lx %s", boot_info.ranges[i].start, boot_info.ranges[i].end - 1,
			 kinds[boot_info.ranges[i].kind]);
	for (unsigned i = 0; i < boot_info.module_count; i++)
		log_info("boot: module %016lx-%016lx %s", boot_info.modules[i].start, boot_info.modules[i].end - 1,
			 boot_info.modules[i].name);
	log_info("memory: %lu MiB of RAM below 0x%lx", boot_info.ram_bytes >> 20, boot_info.ram_end);
}
