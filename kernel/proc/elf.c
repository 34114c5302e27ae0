/*
 * ELF64 programs. Nothing in the file is believed before it has been checked against the file's size, the user's half of the
 * address space, and the other segments.
 */
#include "proc/elf.h"

#include <osier/abi/errno.h>

#include "fs/file.h"
#include "fs/vfs.h"
#include "lib/elf.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/object.h"
#include "vm/space.h"

/* => 0 or -ENOEXEC. */
static int check_header(const Elf64_Ehdr *header, size_t bytes, uint64_t file_bytes)
{
	if (bytes < sizeof(*header) || memcmp(header->e_ident, ELF_MAGIC, ELF_MAGIC_BYTES))
		return -ENOEXEC;
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    header->e_ident[EI_VERSION] != EV_CURRENT)
		return -ENOEXEC;
	if (header->e_type != ET_EXEC || header->e_machine != EM_X86_64 ||
	    header->e_phentsize != sizeof(Elf64_Phdr))
		return -ENOEXEC;
	if (!header->e_phnum || header->e_phnum > ELF_HEADERS_MAX)
		return -ENOEXEC;
	if (header->e_phoff > file_bytes ||
	    header->e_phnum * sizeof(Elf64_Phdr) > file_bytes - header->e_phoff)
		return -ENOEXEC;
	return 0;
}

/* One PT_LOAD, apart from the others. => 0 or -EINVAL. */
static int check_segment(const Elf64_Phdr *header, uint64_t file_bytes)
{
	if (header->p_filesz > header->p_memsz)
		return -EINVAL;
	if (header->p_offset > file_bytes || header->p_filesz > file_bytes - header->p_offset)
		return -EINVAL;
	if (header->p_vaddr < USER_LOW || header->p_vaddr >= USER_HIGH ||
	    header->p_memsz > USER_HIGH - header->p_vaddr)
		return -EINVAL;
	if (page_offset(header->p_vaddr) != page_offset(header->p_offset))
		return -EINVAL;
	return 0;
}

static uint8_t segment_prot(uint32_t flags)
{
	return (flags & PF_R ? PROT_R : 0) | (flags & PF_W ? PROT_W : 0) | (flags & PF_X ? PROT_X : 0);
}

/* Takes a checked PT_LOAD in; they must come in order. => 0 or -EINVAL. */
static int add_segment(struct elf_program *program, const Elf64_Phdr *header)
{
	struct elf_segment *segment = &program->segments[program->segment_count];

	if (program->segment_count == ELF_SEGMENTS_MAX)
		return -EINVAL;
	if (program->segment_count && page_round_down(header->p_vaddr) < page_round_up(program->end))
		return -EINVAL;
	segment->address = header->p_vaddr;
	segment->offset = header->p_offset;
	segment->file_bytes = header->p_filesz;
	segment->memory_bytes = header->p_memsz;
	segment->prot = segment_prot(header->p_flags);
	program->end = header->p_vaddr + header->p_memsz;
	program->segment_count++;
	return 0;
}

static bool entry_is_executable(const struct elf_program *program)
{
	for (unsigned i = 0; i < program->segment_count; i++) {
		const struct elf_segment *segment = &program->segments[i];

		if ((segment->prot & PROT_X) && program->entry - segment->address < segment->memory_bytes)
			return true;
	}
	return false;
}

/* Where the program headers lie once the file is mapped. */
static vaddr_t headers_address(const struct elf_program *program, uint64_t offset, uint64_t bytes)
{
	for (unsigned i = 0; i < program->segment_count; i++) {
		const struct elf_segment *segment = &program->segments[i];

		if (offset >= segment->offset && offset - segment->offset <= segment->file_bytes &&
		    bytes <= segment->file_bytes - (offset - segment->offset))
			return segment->address + (offset - segment->offset);
	}
	return 0;
}

static int read_segments(const Elf64_Phdr *headers, unsigned count, uint64_t file_bytes,
			 struct elf_program *program)
{
	for (unsigned i = 0; i < count; i++) {
		int error;

		/* Programs are static: who asks for a dynamic linker cannot be served. */
		if (headers[i].p_type == PT_INTERP)
			return -ENOEXEC;
		if (headers[i].p_type != PT_LOAD || !headers[i].p_memsz)
			continue;
		error = check_segment(&headers[i], file_bytes);
		if (!error)
			error = add_segment(program, &headers[i]);
		if (error)
			return error;
	}
	if (!program->segment_count)
		return -ENOEXEC;
	return entry_is_executable(program) ? 0 : -EINVAL;
}

int elf_read(struct file *file, const void *head, size_t head_bytes, uint64_t file_bytes,
	     struct elf_program *program)
{
	const Elf64_Ehdr *header = head;
	const Elf64_Phdr *headers;
	uint64_t bytes;
	void *buffer = NULL;
	int error;

	error = check_header(header, head_bytes, file_bytes);
	if (error)
		return error;
	bytes = header->e_phnum * sizeof(Elf64_Phdr);
	if (header->e_phoff <= head_bytes && bytes <= head_bytes - header->e_phoff &&
	    header->e_phoff % 8 == 0) {
		headers = (const void *)((const char *)head + header->e_phoff);
	} else {
		ssize_t got;

		buffer = kmalloc(bytes);
		if (!buffer)
			return -ENOMEM;
		got = vfs_read_kernel(file, buffer, bytes, header->e_phoff);
		if (got != (ssize_t)bytes) {
			kfree(buffer);
			return got < 0 ? (int)got : -ENOEXEC;
		}
		headers = buffer;
	}
	program->entry = header->e_entry;
	program->header_count = header->e_phnum;
	program->segment_count = 0;
	program->end = 0;
	error = read_segments(headers, header->e_phnum, file_bytes, program);
	program->headers = headers_address(program, header->e_phoff, bytes);
	kfree(buffer);
	return error;
}

/* The zeros between the file's bytes and the end of their last page. */
static int zero_tail(struct vm_space *space, vaddr_t from)
{
	static const char zeros[512];
	size_t bytes = page_round_up(from) - from;

	while (bytes) {
		size_t piece = min(bytes, sizeof(zeros));
		int error = vm_access(space, from, (void *)zeros, piece, true, true);

		if (error)
			return error;
		from += piece;
		bytes -= piece;
	}
	return 0;
}

static int map_segment(struct vm_space *space, struct vm_object *object,
		       const struct elf_segment *segment)
{
	vaddr_t start = page_round_down(segment->address);
	vaddr_t file_end = segment->address + segment->file_bytes;
	vaddr_t memory_end = page_round_up(segment->address + segment->memory_bytes);
	struct vm_map_request request = {
		.prot = segment->prot,
		.max_prot = PROT_R | PROT_W | PROT_X,
		.fixed = true,
	};
	vaddr_t at;
	int error;

	if (segment->file_bytes) {
		request.address = start;
		request.bytes = page_round_up(file_end) - start;
		request.object = object;
		request.offset = page_round_down(segment->offset);
		error = vm_map(space, &request, &at);
		if (!error && segment->memory_bytes > segment->file_bytes)
			error = zero_tail(space, file_end);
		if (error)
			return error;
		start = page_round_up(file_end);
	}
	if (start >= memory_end)
		return 0;
	request.address = start;
	request.bytes = memory_end - start;
	request.object = NULL;
	request.offset = 0;
	return vm_map(space, &request, &at);
}

int elf_map(struct vm_space *space, struct file *file, const struct elf_program *program)
{
	uint8_t max_prot = PROT_R | PROT_W | PROT_X;
	struct vm_object *object;
	int error = 0;

	if (!file->ops->object)
		return -ENODEV;
	object = file->ops->object(file, &max_prot);
	if (IS_ERR(object))
		return (int)PTR_ERR(object);
	for (unsigned i = 0; i < program->segment_count && !error; i++)
		error = map_segment(space, object, &program->segments[i]);
	object_put(object);
	return error;
}
