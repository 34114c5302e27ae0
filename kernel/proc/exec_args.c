/*
 * Argument and environment strings on their way from one address space to the next.
 */
#include "proc/exec_args.h"

#include <osier/abi/errno.h>

#include "lib/string.h"
#include "mm/slab.h"
#include "task/sched.h"
#include "vm/space.h"
#include "vm/user_copy.h"

#define CHUNK_BYTES sizeof(((struct exec_chunk *)0)->bytes)

void exec_args_init(struct exec_args *args, size_t limit)
{
	memset(args, 0, sizeof(*args));
	args->limit = limit;
}

static void bytes_free(struct exec_bytes *bytes)
{
	struct exec_chunk *chunk = bytes->first, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		kfree(chunk);
	}
	bytes->first = bytes->last = NULL;
}

void exec_args_free(struct exec_args *args)
{
	bytes_free(&args->strings);
	bytes_free(&args->offsets);
}

/* Room at the end: at least one byte. => NULL without memory; *room is how much. */
static char *bytes_room(struct exec_bytes *bytes, size_t *room)
{
	size_t used = bytes->length % CHUNK_BYTES;

	if (!used) {
		struct exec_chunk *chunk = kmalloc(sizeof(*chunk));

		if (!chunk)
			return NULL;
		chunk->next = NULL;
		if (bytes->last)
			bytes->last->next = chunk;
		else
			bytes->first = chunk;
		bytes->last = chunk;
	}
	*room = CHUNK_BYTES - used;
	return bytes->last->bytes + used;
}

static int bytes_append(struct exec_bytes *bytes, const void *from, size_t count)
{
	const char *source = from;

	while (count) {
		size_t room, piece;
		char *to = bytes_room(bytes, &room);

		if (!to)
			return -ENOMEM;
		piece = min(room, count);
		memcpy(to, source, piece);
		bytes->length += piece;
		source += piece;
		count -= piece;
	}
	return 0;
}

/* Books `count` bytes of ARG_MAX. */
static int take_limit(struct exec_args *args, size_t count)
{
	if (count > args->limit)
		return -E2BIG;
	args->limit -= count;
	return 0;
}

static int begin_string(struct exec_args *args)
{
	uint64_t offset = args->strings.length;
	int error = take_limit(args, sizeof(vaddr_t));

	return error ? error : bytes_append(&args->offsets, &offset, sizeof(offset));
}

static void count_string(struct exec_args *args)
{
	if (args->environment_offset)
		args->environment_count++;
	else
		args->argument_count++;
}

int exec_args_add(struct exec_args *args, const char *string)
{
	size_t bytes = strlen(string) + 1;
	int error = begin_string(args);

	if (!error)
		error = take_limit(args, bytes);
	if (!error)
		error = bytes_append(&args->strings, string, bytes);
	if (!error)
		count_string(args);
	return error;
}

static int add_user_string(struct exec_args *args, vaddr_t from)
{
	int error = begin_string(args);

	while (!error) {
		size_t room;
		char *to = bytes_room(&args->strings, &room);
		ssize_t length;

		if (!to)
			return -ENOMEM;
		length = copy_string_from_user(to, from, room);
		if (length >= 0) {
			error = take_limit(args, (size_t)length + 1);
			args->strings.length += (size_t)length + 1;
			return error;
		}
		if (length != -ENAMETOOLONG)
			return (int)length;
		/* It goes on in the next chunk: no NUL among these bytes. */
		error = take_limit(args, room);
		if (!error)
			error = copy_from_user(to, from, room);
		args->strings.length += room;
		from += room;
		sched_point();
	}
	return error;
}

int exec_args_add_user(struct exec_args *args, vaddr_t vector, unsigned skip)
{
	vaddr_t batch[32];
	unsigned have = 0, used = 0;

	if (!vector)
		return 0;
	for (vector += skip * sizeof(vaddr_t);; vector += sizeof(vaddr_t)) {
		vaddr_t string;
		int error;

		/* Many pointers at a time, within their page: what follows the vector need not be there. */
		if (used == have) {
			have = (unsigned)((PAGE_SIZE - page_offset(vector)) / sizeof(vaddr_t));
			have = have > ARRAY_SIZE(batch) ? ARRAY_SIZE(batch) : have ? have : 1;
			used = 0;
			if (copy_from_user(batch, vector, have * sizeof(vaddr_t)))
				return -EFAULT;
		}
		string = batch[used++];
		if (!string)
			return 0;
		error = add_user_string(args, string);
		if (error)
			return error;
		count_string(args);
	}
}

void exec_args_begin_environment(struct exec_args *args)
{
	args->environment_offset = args->strings.length ? args->strings.length : 1;
}

size_t exec_args_vector_bytes(const struct exec_args *args, size_t auxiliary_words)
{
	return (1 + args->argument_count + 1 + args->environment_count + 1 + auxiliary_words) *
	       sizeof(uint64_t);
}

/* A stream of words into a space, a buffer at a time. */
struct word_writer {
	struct vm_space *space;
	vaddr_t at;
	unsigned used;
	int error;
	uint64_t words[64];
};

static void writer_flush(struct word_writer *writer)
{
	size_t bytes = writer->used * sizeof(uint64_t);

	if (writer->used && !writer->error)
		writer->error = vm_access(writer->space, writer->at, writer->words, bytes, true, false);
	writer->at += bytes;
	writer->used = 0;
}

static void writer_put(struct word_writer *writer, uint64_t word)
{
	writer->words[writer->used++] = word;
	if (writer->used == ARRAY_SIZE(writer->words))
		writer_flush(writer);
}

int exec_args_write(const struct exec_args *args, struct vm_space *space,
		    const struct exec_stack *stack)
{
	struct word_writer writer = { .space = space, .at = stack->sp };
	const struct exec_chunk *chunk = args->strings.first;
	size_t left = args->strings.length, done = 0;
	unsigned total = args->argument_count + args->environment_count;

	for (; left; chunk = chunk->next) {
		size_t piece = min(left, CHUNK_BYTES);
		int error = vm_access(space, stack->strings + done, (void *)chunk->bytes, piece, true,
				      false);

		if (error)
			return error;
		done += piece;
		left -= piece;
	}
	writer_put(&writer, args->argument_count);
	chunk = args->offsets.first;
	for (unsigned i = 0, slot = 0; i < total; i++, slot++) {
		uint64_t offset;

		if (slot == CHUNK_BYTES / sizeof(uint64_t)) {
			chunk = chunk->next;
			slot = 0;
		}
		memcpy(&offset, chunk->bytes + slot * sizeof(uint64_t), sizeof(offset));
		if (i == args->argument_count)
			writer_put(&writer, 0);
		writer_put(&writer, stack->strings + offset);
	}
	if (!args->environment_count)
		writer_put(&writer, 0);
	writer_put(&writer, 0);
	for (size_t i = 0; i < stack->auxiliary_words; i++)
		writer_put(&writer, stack->auxiliary[i]);
	writer_flush(&writer);
	return writer.error;
}
