/*
 * ELF64 programs: what a file says it wants, checked, and then mapped.
 */
#ifndef OSIER_PROC_ELF_H
#define OSIER_PROC_ELF_H

#include <osier/types.h>

struct file;
struct vm_space;

#define ELF_SEGMENTS_MAX 16
#define ELF_HEADERS_MAX 64

struct elf_segment {
	vaddr_t address;
	uint64_t offset;		/* in the file; the same within a page as address */
	uint64_t file_bytes, memory_bytes;
	uint8_t prot;			/* enum region_prot */
};

struct elf_program {
	vaddr_t entry;
	vaddr_t headers;		/* where the program finds its program headers; 0: not mapped */
	unsigned header_count;
	unsigned segment_count;
	vaddr_t end;			/* one past the highest byte */
	struct elf_segment segments[ELF_SEGMENTS_MAX];	/* by address, no two on one page */
};

/*
 * Reads and checks everything. `head` are the first bytes of the file. => 0; -ENOEXEC: not a program for
 * this machine; -EINVAL: it says so, but its segments are nonsense; -EIO, -ENOMEM. Pure but for reading the file.
 */
int elf_read(struct file *, const void *head, size_t head_bytes, uint64_t file_bytes,
	     struct elf_program *);

/* Maps the segments into an empty space. => 0, -ENOMEM, -ENODEV, -EIO. */
int elf_map(struct vm_space *, struct file *, const struct elf_program *);

#endif
