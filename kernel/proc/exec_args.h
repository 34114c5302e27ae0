/*
 * The strings that exec hands to a program: copied out of the old space before it goes, laid out for the new stack.
 */
#ifndef OSIER_PROC_EXEC_ARGS_H
#define OSIER_PROC_EXEC_ARGS_H

#include <osier/types.h>

struct vm_space;

/* Bytes in pages, appended to. */
struct exec_chunk {
	struct exec_chunk *next;
	char bytes[4096 - sizeof(void *)];
};

struct exec_bytes {
	struct exec_chunk *first, *last;
	size_t length;
};

struct exec_args {
	struct exec_bytes strings;	/* arguments, then environment, each with its NUL */
	struct exec_bytes offsets;	/* uint64_t: where in `strings` each begins */
	unsigned argument_count, environment_count;
	size_t environment_offset;	/* in `strings` */
	size_t limit;			/* bytes left of ARG_MAX */
};

void exec_args_init(struct exec_args *, size_t limit);
void exec_args_free(struct exec_args *);
/* Appends one string. => 0, -E2BIG, -ENOMEM. Counted as argument, or after exec_args_begin_environment as environment. */
int exec_args_add(struct exec_args *, const char *string);
/* Appends user strings from a NULL-terminated vector, less the first `skip`. => 0, -EFAULT, -E2BIG, -ENOMEM. */
int exec_args_add_user(struct exec_args *, vaddr_t vector, unsigned skip);
void exec_args_begin_environment(struct exec_args *);

/* What the auxiliary vector needs to know. */
struct exec_stack {
	const uint64_t *auxiliary;	/* pairs, AT_NULL included */
	size_t auxiliary_words;
	vaddr_t strings;		/* where the strings will begin */
	vaddr_t sp;			/* result: 16-byte aligned */
};

/* Bytes of the strings, and of argc, pointers and auxiliary vector. */
size_t exec_args_vector_bytes(const struct exec_args *, size_t auxiliary_words);
/* Writes strings and vectors into `space`. => 0, -EFAULT, -ENOMEM. */
int exec_args_write(const struct exec_args *, struct vm_space *, const struct exec_stack *);

#endif
