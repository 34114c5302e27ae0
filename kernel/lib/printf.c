/*
 * Formatted output (printf.h). One formatter over a sink; the buffer functions are sinks of it.
 *
 * Output is C's, with these exceptions: no floating point, no %n, %p always prints 0x and lower-case digits, a NULL
 * string prints (null), and a conversion that is not known is printed as it stands.
 */
#include "lib/printf.h"

#include "lib/string.h"

enum {
	FLAG_LEFT = 1,
	FLAG_ZERO = 2,
	FLAG_PLUS = 4,
	FLAG_SPACE = 8,
	FLAG_ALTERNATE = 16,
	FLAG_UPPER = 32,
	FLAG_SIGNED = 64,
};

struct output {
	printf_sink_fn sink;
	void *context;
	size_t length;
};

static void put(struct output *output, const char *text, size_t length)
{
	if (length)
		output->sink(output->context, text, length);
	output->length += length;
}

static void put_padding(struct output *output, char c, size_t count)
{
	char block[16];

	memset(block, c, sizeof(block));
	while (count) {
		size_t piece = min(count, sizeof(block));

		put(output, block, piece);
		count -= piece;
	}
}

static void put_text(struct output *output, const char *text, size_t length, unsigned flags,
		     size_t width)
{
	size_t padding = width > length ? width - length : 0;

	if (!(flags & FLAG_LEFT))
		put_padding(output, ' ', padding);
	put(output, text, length);
	if (flags & FLAG_LEFT)
		put_padding(output, ' ', padding);
}

/* precision < 0: none given. value is the magnitude; negative says its sign. */
static void put_number(struct output *output, uint64_t value, bool negative, unsigned base,
		       unsigned flags, size_t width, int precision)
{
	const char *digits = flags & FLAG_UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	char prefix[3];
	size_t count = 0, prefix_length = 0, zeros = 0, padding, length;
	bool nonzero = value != 0;

	while (value) {
		text[sizeof(text) - ++count] = digits[value % base];
		value /= base;
	}
	if (precision < 0 ? count == 0 : count < (size_t)precision)
		zeros = precision < 0 ? 1 : (size_t)precision - count;
	if ((flags & FLAG_ALTERNATE) && base == 8 && zeros == 0)
		zeros = 1;

	if (negative)
		prefix[prefix_length++] = '-';
	else if ((flags & FLAG_SIGNED) && (flags & FLAG_PLUS))
		prefix[prefix_length++] = '+';
	else if ((flags & FLAG_SIGNED) && (flags & FLAG_SPACE))
		prefix[prefix_length++] = ' ';
	if ((flags & FLAG_ALTERNATE) && base == 16 && nonzero) {
		prefix[prefix_length++] = '0';
		prefix[prefix_length++] = flags & FLAG_UPPER ? 'X' : 'x';
	}

	length = prefix_length + zeros + count;
	padding = width > length ? width - length : 0;
	if ((flags & FLAG_ZERO) && !(flags & FLAG_LEFT) && precision < 0) {
		zeros += padding;
		padding = 0;
	}
	if (!(flags & FLAG_LEFT))
		put_padding(output, ' ', padding);
	put(output, prefix, prefix_length);
	put_padding(output, '0', zeros);
	put(output, text + sizeof(text) - count, count);
	if (flags & FLAG_LEFT)
		put_padding(output, ' ', padding);
}

/* Reads a decimal number off the format. */
static int read_number(const char **format)
{
	unsigned value = 0;

	while (**format >= '0' && **format <= '9') {
		value = value * 10 + (unsigned)(*(*format)++ - '0');
		if (value > 1000000)
			value = 1000000;
	}
	return (int)value;
}

size_t kvprintf(printf_sink_fn sink, void *context, const char *format, va_list arguments)
{
	struct output output = { .sink = sink, .context = context };

	for (;;) {
		const char *start = format;
		unsigned flags = 0;
		int width = 0, precision = -1;
		int size = 0;	/* -2 char, -1 short, 0 int, 1 long and the like */

		while (*format && *format != '%')
			format++;
		put(&output, start, (size_t)(format - start));
		if (!*format)
			break;
		start = format++;

		for (;; format++) {
			if (*format == '-')
				flags |= FLAG_LEFT;
			else if (*format == '0')
				flags |= FLAG_ZERO;
			else if (*format == '+')
				flags |= FLAG_PLUS;
			else if (*format == ' ')
				flags |= FLAG_SPACE;
			else if (*format == '#')
				flags |= FLAG_ALTERNATE;
			else
				break;
		}
		if (*format == '*') {
			format++;
			width = va_arg(arguments, int);
			if (width < 0) {
				flags |= FLAG_LEFT;
				width = -width;
			}
		} else {
			width = read_number(&format);
		}
		if (*format == '.') {
			format++;
			if (*format == '*') {
				format++;
				precision = va_arg(arguments, int);
			} else {
				precision = read_number(&format);
			}
		}
		for (;; format++) {
			if (*format == 'h')
				size--;
			else if (*format == 'l' || *format == 'z' || *format == 't' || *format == 'j')
				size = 1;
			else
				break;
		}

		switch (*format) {
		case 'd':
		case 'i': {
			int64_t value = size > 0 ? va_arg(arguments, long) : va_arg(arguments, int);

			if (size == -1)
				value = (short)value;
			else if (size <= -2)
				value = (signed char)value;
			put_number(&output, value < 0 ? -(uint64_t)value : (uint64_t)value,
				   value < 0, 10, flags | FLAG_SIGNED, (size_t)width, precision);
			break;
		}
		case 'u':
		case 'o':
		case 'x':
		case 'X': {
			uint64_t value = size > 0 ? va_arg(arguments, unsigned long)
						  : va_arg(arguments, unsigned);

			if (size == -1)
				value = (unsigned short)value;
			else if (size <= -2)
				value = (unsigned char)value;
			if (*format == 'X')
				flags |= FLAG_UPPER;
			put_number(&output, value, false,
				   *format == 'u' ? 10 : *format == 'o' ? 8 : 16, flags,
				   (size_t)width, precision);
			break;
		}
		case 'p': {
			uint64_t value = (uintptr_t)va_arg(arguments, void *);

			if (!value)
				put_text(&output, "0x0", 3, flags, (size_t)width);
			else
				put_number(&output, value, false, 16, flags | FLAG_ALTERNATE,
					   (size_t)width, precision);
			break;
		}
		case 'c': {
			char c = (char)va_arg(arguments, int);

			put_text(&output, &c, 1, flags, (size_t)width);
			break;
		}
		case 's': {
			const char *text = va_arg(arguments, const char *);

			if (!text)
				text = "(null)";
			put_text(&output, text,
				 precision < 0 ? strlen(text) : strnlen(text, (size_t)precision),
				 flags, (size_t)width);
			break;
		}
		case '%':
			put(&output, "%", 1);
			break;
		default:
			put(&output, start, (size_t)(format - start));
			if (!*format)
				return output.length;
			put(&output, format, 1);
		}
		format++;
	}
	return output.length;
}

size_t kprintf_to(printf_sink_fn sink, void *context, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = kvprintf(sink, context, format, arguments);
	va_end(arguments);
	return length;
}

struct buffer {
	char *at;
	size_t left;	/* without room for the terminator */
};

static void buffer_sink(void *context, const char *text, size_t length)
{
	struct buffer *buffer = context;

	length = min(length, buffer->left);
	memcpy(buffer->at, text, length);
	buffer->at += length;
	buffer->left -= length;
}

size_t kvsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
	char none;
	struct buffer target = { size ? buffer : &none, size ? size - 1 : 0 };
	size_t length = kvprintf(buffer_sink, &target, format, arguments);

	*target.at = '\0';
	return length;
}

size_t ksnprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = kvsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

size_t kscnprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = kvsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	if (size == 0)
		return 0;
	return min(length, size - 1);
}
