/*
 * Drawing on the framebuffer. Writes only: reading video memory is slow, so what is on the screen is remembered elsewhere
 * (screen.c).
 */
#include "dev/framebuffer.h"

#include "arch/x86_64/boot_info.h"
#include "debug/log.h"
#include "lib/string.h"
#include "vm/kernel_regions.h"
#include "vm/region.h"

extern const uint8_t console_font[], console_font_end[];

struct font_range {
	uint32_t first;
	uint16_t count, glyph;
};

static uint8_t *pixels;
static const struct boot_framebuffer *fb;
static unsigned pixel_bytes;
static const struct font_range *font_ranges;
static uint32_t font_range_count;
static const uint8_t (*font_glyphs)[GLYPH_HEIGHT];

bool framebuffer_init(void)
{
	fb = &boot_info.framebuffer;
	if (!fb->present || pixels)
		return pixels != NULL;
	pixel_bytes = (fb->bits_per_pixel + 7) / 8;
	if (pixel_bytes < 2 || pixel_bytes > 4 || fb->width < GLYPH_WIDTH * 20 || fb->height < GLYPH_HEIGHT * 4 ||
	    fb->pitch < fb->width * pixel_bytes) {
		log_warn("framebuffer: %ux%u with %u bits cannot be used", fb->width, fb->height, fb->bits_per_pixel);
		return false;
	}
	font_range_count = *(const uint32_t *)console_font;
	font_ranges = (const void *)(console_font + 4);
	font_glyphs = (const void *)(font_ranges + font_range_count);
	pixels = kernel_map_device(fb->address, (size_t)fb->pitch * fb->height, MEMTYPE_WRITE_COMBINING, "framebuffer");
	return pixels != NULL;
}

unsigned framebuffer_rows(void)
{
	return fb->height / GLYPH_HEIGHT;
}

unsigned framebuffer_columns(void)
{
	return fb->width / GLYPH_WIDTH;
}

static uint32_t part(uint8_t value, unsigned shift, unsigned bits)
{
	return (bits >= 8 ? (uint32_t)value << (bits - 8) : (uint32_t)value >> (8 - bits)) << shift;
}

uint32_t framebuffer_pixel(uint8_t red, uint8_t green, uint8_t blue)
{
	return part(red, fb->red_shift, fb->red_bits) | part(green, fb->green_shift, fb->green_bits) |
	       part(blue, fb->blue_shift, fb->blue_bits);
}

static const uint8_t *glyph_of(uint32_t character)
{
	unsigned low = 0, high = font_range_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct font_range *range = &font_ranges[middle];

		if (character < range->first)
			high = middle;
		else if (character - range->first >= range->count)
			low = middle + 1;
		else
			return font_glyphs[range->glyph + (character - range->first)];
	}
	return character == 0xfffd ? font_glyphs['?' - ' '] : glyph_of(0xfffd);
}

/* Four stores of two pixels a line. */
static void draw_32(uint8_t *at, const uint8_t *glyph, uint32_t foreground, uint32_t background, bool underline)
{
	uint64_t f = foreground, b = background;
	const uint64_t pair[4] = { b << 32 | b, f << 32 | b, b << 32 | f, f << 32 | f };

	for (unsigned y = 0; y < GLYPH_HEIGHT; y++) {
		volatile uint64_t *line = (volatile uint64_t *)at;
		unsigned bits = underline && y == GLYPH_HEIGHT - 2 ? 0xff : glyph[y];

		line[0] = pair[bits >> 6];
		line[1] = pair[bits >> 4 & 3];
		line[2] = pair[bits >> 2 & 3];
		line[3] = pair[bits & 3];
		at += fb->pitch;
	}
}

static void put_pixel(uint8_t *at, uint32_t pixel)
{
	for (unsigned i = 0; i < pixel_bytes; i++)
		at[i] = (uint8_t)(pixel >> 8 * i);
}

void framebuffer_draw(unsigned row, unsigned column, uint32_t character, uint32_t foreground, uint32_t background,
		      bool underline)
{
	const uint8_t *glyph = glyph_of(character);
	uint8_t *at = pixels + (size_t)row * GLYPH_HEIGHT * fb->pitch + (size_t)column * GLYPH_WIDTH * pixel_bytes;

	if (pixel_bytes == 4 && !(fb->pitch & 7)) {
		draw_32(at, glyph, foreground, background, underline);
		return;
	}
	for (unsigned y = 0; y < GLYPH_HEIGHT; y++, at += fb->pitch) {
		unsigned bits = underline && y == GLYPH_HEIGHT - 2 ? 0xff : glyph[y];

		for (unsigned x = 0; x < GLYPH_WIDTH; x++)
			put_pixel(at + x * pixel_bytes, bits >> (7 - x) & 1 ? foreground : background);
	}
}

void framebuffer_clear(uint32_t pixel)
{
	for (unsigned y = 0; y < fb->height; y++) {
		uint8_t *line = pixels + (size_t)y * fb->pitch;

		if (pixel_bytes == 4) {
			size_t count = fb->width;

			__asm__ volatile("rep stosl" : "+D"(line), "+c"(count) : "a"(pixel) : "memory");
			continue;
		}
		for (unsigned x = 0; x < fb->width; x++)
			put_pixel(line + (size_t)x * pixel_bytes, pixel);
	}
}
