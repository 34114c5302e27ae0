/*
 * What a debugger may rely on: one constant structure, found by its symbol or by its magic, that says where the
 * kernel's fixed ranges lie and how the structures that tools walk are laid out. docs/debug-abi.md is the contract;
 * tools/gdb checks it before it believes anything it reads.
 *
 * DEBUG_ABI_VERSION grows when the meaning of something that tools read changes, not when an offset moves: those
 * stand in the table.
 */
#ifndef OSIER_DEBUG_DEBUG_ABI_H
#define OSIER_DEBUG_DEBUG_ABI_H

#include <osier/types.h>

#define DEBUG_ABI_MAGIC "OSIERDBG"
#define DEBUG_ABI_VERSION 1u

/* A size ("struct region") or an offset ("struct region.start"), in bytes. */
struct debug_layout {
	char name[44];
	uint32_t value;
};

struct debug_abi {
	char magic[8];			/* DEBUG_ABI_MAGIC, not terminated */
	uint32_t version;		/* DEBUG_ABI_VERSION */
	uint32_t bytes;			/* of this structure, the table included */
	uint32_t page_shift, levels, user_root_entries;
	uint32_t trace_version;
	uint64_t direct_map, direct_map_bytes;
	uint64_t kernel_regions, kernel_regions_bytes;
	uint64_t frame_array;
	uint64_t kernel_image;
	uint64_t user_low, user_high;	/* exclusive */
	uint32_t config_debug;		/* 1: built with CONFIG_DEBUG */
	uint32_t layout_count;
	struct debug_layout layout[];
};

extern const struct debug_abi debug_abi;

/* The linker's note of this very build, as in the ELF file: 20 bytes after a header of 16. */
extern const uint8_t kernel_build_note[36];

#endif
