/*
 * The framebuffer that the boot loader set up: pixels, and glyphs of 8 by 16.
 */
#ifndef OSIER_DEV_FRAMEBUFFER_H
#define OSIER_DEV_FRAMEBUFFER_H

#include <osier/types.h>

#define GLYPH_WIDTH 8u
#define GLYPH_HEIGHT 16u

/* Maps it. => false when there is none, or of a kind that cannot be drawn on (16, 24, 32 bits a pixel can). */
bool framebuffer_init(void);
/* Whole characters that fit. */
unsigned framebuffer_rows(void);
unsigned framebuffer_columns(void);

/* The pixel value of a colour, 8 bits a part. */
uint32_t framebuffer_pixel(uint8_t red, uint8_t green, uint8_t blue);
/* Draws the character at a place counted in characters. */
void framebuffer_draw(unsigned row, unsigned column, uint32_t character, uint32_t foreground, uint32_t background,
		      bool underline);
void framebuffer_clear(uint32_t pixel);

#endif
