/*
 * ELF64 as its specification lays it out: for exec, for the kernel's own symbols, for core files.
 */
#ifndef OSIER_LIB_ELF_H
#define OSIER_LIB_ELF_H

#include <osier/compiler.h>
#include <osier/types.h>

#define EI_NIDENT 16

enum elf_ident {
	EI_MAG0, EI_MAG1, EI_MAG2, EI_MAG3, EI_CLASS, EI_DATA, EI_VERSION, EI_OSABI, EI_ABIVERSION,
};

#define ELF_MAGIC "\177ELF"
#define ELF_MAGIC_BYTES 4

enum elf_constants {
	ELFCLASS64 = 2,
	ELFDATA2LSB = 1,
	EV_CURRENT = 1,
	ELFOSABI_NONE = 0,
	ELFOSABI_LINUX = 3,
	EM_X86_64 = 62,
};

enum elf_type {
	ET_NONE, ET_REL, ET_EXEC, ET_DYN, ET_CORE,
};

enum elf_segment_type {
	PT_NULL = 0,
	PT_LOAD = 1,
	PT_DYNAMIC = 2,
	PT_INTERP = 3,
	PT_NOTE = 4,
	PT_SHLIB = 5,
	PT_PHDR = 6,
	PT_TLS = 7,
	PT_GNU_EH_FRAME = 0x6474e550,
	PT_GNU_STACK = 0x6474e551,
	PT_GNU_RELRO = 0x6474e552,
	PT_GNU_PROPERTY = 0x6474e553,
};

enum elf_segment_flags {
	PF_X = 1, PF_W = 2, PF_R = 4,
};

enum elf_section_type {
	SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_HASH, SHT_DYNAMIC, SHT_NOTE,
	SHT_NOBITS, SHT_REL,
};

typedef struct {
	uint8_t e_ident[EI_NIDENT];
	uint16_t e_type;
	uint16_t e_machine;
	uint32_t e_version;
	uint64_t e_entry;
	uint64_t e_phoff;
	uint64_t e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize;
	uint16_t e_phentsize;
	uint16_t e_phnum;
	uint16_t e_shentsize;
	uint16_t e_shnum;
	uint16_t e_shstrndx;
} Elf64_Ehdr;

typedef struct {
	uint32_t p_type;
	uint32_t p_flags;
	uint64_t p_offset;
	uint64_t p_vaddr;
	uint64_t p_paddr;
	uint64_t p_filesz;
	uint64_t p_memsz;
	uint64_t p_align;
} Elf64_Phdr;

typedef struct {
	uint32_t sh_name;
	uint32_t sh_type;
	uint64_t sh_flags;
	uint64_t sh_addr;
	uint64_t sh_offset;
	uint64_t sh_size;
	uint32_t sh_link;
	uint32_t sh_info;
	uint64_t sh_addralign;
	uint64_t sh_entsize;
} Elf64_Shdr;

typedef struct {
	uint32_t st_name;
	uint8_t st_info;
	uint8_t st_other;
	uint16_t st_shndx;
	uint64_t st_value;
	uint64_t st_size;
} Elf64_Sym;

typedef struct {
	uint32_t n_namesz;
	uint32_t n_descsz;
	uint32_t n_type;
} Elf64_Nhdr;

#define ELF64_ST_BIND(info) ((info) >> 4)
#define ELF64_ST_TYPE(info) ((info) & 0xf)

enum elf_symbol_type {
	STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE,
};

static_assert(sizeof(Elf64_Ehdr) == 64, "as the file has it");
static_assert(sizeof(Elf64_Phdr) == 56, "as the file has it");
static_assert(sizeof(Elf64_Shdr) == 64, "as the file has it");
static_assert(sizeof(Elf64_Sym) == 24, "as the file has it");

#endif
