/*
 * Formatted output into a buffer or through a sink.
 *
 * Conversions: d i u x X o c s p %, flags - 0 + space #, width and precision (also *), lengths hh h l ll z t j.
 * No floating point and no %n.
 */
#ifndef OSIER_LIB_PRINTF_H
#define OSIER_LIB_PRINTF_H

#include <stdarg.h>

#include <osier/compiler.h>
#include <osier/types.h>

/* Receives the output piece by piece. */
typedef void (*printf_sink_fn)(void *context, const char *text, size_t length);

/* => the number of bytes handed to the sink. Takes no locks, allocates nothing. */
size_t kvprintf(printf_sink_fn sink, void *context, const char *format, va_list arguments);

size_t kprintf_to(printf_sink_fn sink, void *context, const char *format, ...) __printf_format(3, 4);

/*
 * As snprintf: writes at most size bytes, the last one a terminator (nothing at all when size is 0).
 * => the length the whole text would have had.
 */
size_t kvsnprintf(char *buffer, size_t size, const char *format, va_list arguments);
size_t ksnprintf(char *buffer, size_t size, const char *format, ...) __printf_format(3, 4);

/* The same, but => the length really written, always less than size. For filling a buffer in steps. */
size_t kscnprintf(char *buffer, size_t size, const char *format, ...) __printf_format(3, 4);

#endif
