/*
 * UTF-8 decoding, a byte at a time (for a terminal) or from memory.
 */
#ifndef OSIER_LIB_UTF8_H
#define OSIER_LIB_UTF8_H

#include <osier/types.h>

#define UTF8_REPLACEMENT 0xfffdu
#define UTF8_MORE (-1)		/* the character is not complete yet */

/* Between calls: what has been read of a character. All zero to begin with. */
struct utf8_decoder {
	uint32_t value;
	uint32_t least;		/* smaller results are overlong */
	uint8_t left;		/* continuation bytes still to come */
};

/*
 * Takes one byte. => a code point, or UTF8_MORE. A wrong sequence gives UTF8_REPLACEMENT; then *again says that the byte
 * ended a broken sequence without being part of it and is to be handed in once more.
 */
int32_t utf8_decode_byte(struct utf8_decoder *decoder, uint8_t byte, bool *again);

/* The character at text (size > 0 bytes); *used becomes its length, at least 1. A wrong or cut one is UTF8_REPLACEMENT. */
uint32_t utf8_decode(const char *text, size_t size, size_t *used);

/* => bytes written, 1 to 4. */
size_t utf8_encode(uint32_t code_point, char out[4]);

#endif
