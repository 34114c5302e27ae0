/*
 * Text that grows as it is written.
 */
#include "fs/procfs.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/slab.h"

/* What one file of /proc may be: what kmalloc gives at most. */
#define TEXT_MAX (4u << 20)

static bool reserve(struct text_buffer *buffer, size_t more)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 1024;
	char *text;

	if (buffer->error)
		return false;
	if (more > TEXT_MAX || buffer->length + more > TEXT_MAX) {
		buffer->error = -ENOMEM;
		return false;
	}
	while (capacity < buffer->length + more)
		capacity *= 2;
	if (capacity == buffer->capacity)
		return true;
	text = krealloc(buffer->text, capacity);
	if (!text) {
		buffer->error = -ENOMEM;
		return false;
	}
	buffer->text = text;
	buffer->capacity = capacity;
	return true;
}

void text_append(struct text_buffer *buffer, const char *bytes, size_t length)
{
	if (!reserve(buffer, length))
		return;
	memcpy(buffer->text + buffer->length, bytes, length);
	buffer->length += length;
}

void text_print(struct text_buffer *buffer, const char *format, ...)
{
	size_t room, length;
	va_list arguments;

	if (!reserve(buffer, 1))
		return;
	room = buffer->capacity - buffer->length;
	va_start(arguments, format);
	length = kvsnprintf(buffer->text + buffer->length, room, format, arguments);
	va_end(arguments);
	if (length >= room) {
		if (!reserve(buffer, length + 1))
			return;
		room = buffer->capacity - buffer->length;
		va_start(arguments, format);
		length = kvsnprintf(buffer->text + buffer->length, room, format, arguments);
		va_end(arguments);
	}
	buffer->length += length;
}

void text_free(struct text_buffer *buffer)
{
	kfree(buffer->text);
	*buffer = (struct text_buffer){ 0 };
}
