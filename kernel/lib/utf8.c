/*
 * UTF-8 (utf8.h): overlong forms, surrogates and values past U+10FFFF are errors.
 */
#include "lib/utf8.h"

int32_t utf8_decode_byte(struct utf8_decoder *decoder, uint8_t byte, bool *again)
{
	*again = false;
	if (decoder->left == 0) {
		if (byte < 0x80)
			return byte;
		if (byte >= 0xc2 && byte < 0xe0) {
			decoder->value = byte & 0x1f;
			decoder->left = 1;
			decoder->least = 0x80;
		} else if (byte >= 0xe0 && byte < 0xf0) {
			decoder->value = byte & 0x0f;
			decoder->left = 2;
			decoder->least = 0x800;
		} else if (byte >= 0xf0 && byte < 0xf5) {
			decoder->value = byte & 0x07;
			decoder->left = 3;
			decoder->least = 0x10000;
		} else {
			return UTF8_REPLACEMENT;
		}
		return UTF8_MORE;
	}
	if ((byte & 0xc0) != 0x80) {
		decoder->left = 0;
		*again = true;
		return UTF8_REPLACEMENT;
	}
	decoder->value = decoder->value << 6 | (byte & 0x3f);
	if (--decoder->left > 0)
		return UTF8_MORE;
	if (decoder->value < decoder->least || decoder->value > 0x10ffff ||
	    (decoder->value >= 0xd800 && decoder->value < 0xe000))
		return UTF8_REPLACEMENT;
	return (int32_t)decoder->value;
}

uint32_t utf8_decode(const char *text, size_t size, size_t *used)
{
	struct utf8_decoder decoder = { 0 };

	for (size_t i = 0; i < size; i++) {
		bool again;
		int32_t result = utf8_decode_byte(&decoder, (uint8_t)text[i], &again);

		if (result != UTF8_MORE) {
			*used = again ? i : i + 1;
			return (uint32_t)result;
		}
	}
	*used = size;
	return UTF8_REPLACEMENT;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
	if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000))
		code_point = UTF8_REPLACEMENT;
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		out[0] = (char)(0xc0 | code_point >> 6);
		out[1] = (char)(0x80 | (code_point & 0x3f));
		return 2;
	}
	if (code_point < 0x10000) {
		out[0] = (char)(0xe0 | code_point >> 12);
		out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code_point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code_point >> 18);
	out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code_point & 0x3f));
	return 4;
}
