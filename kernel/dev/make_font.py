#!/usr/bin/env python3
"""Makes the console's font: 8x16 glyphs out of GRUB's unicode.pf2 (GNU Unifont), as raw data for font.asm.

    make_font.py unicode.pf2 font.bin

Output, little endian: u32 number of ranges; for each range u32 first code point, u16 count, u16 first glyph; then
16 bytes a glyph, the leftmost pixel in bit 7.
"""
import struct
import sys

WANTED = [
    (0x0020, 0x007E), (0x00A0, 0x024F), (0x0370, 0x03FF), (0x0400, 0x045F), (0x2010, 0x2027), (0x2030, 0x205E),
    (0x20A0, 0x20BF), (0x2100, 0x214F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2300, 0x23FF), (0x2400, 0x2424),
    (0x2500, 0x257F), (0x2580, 0x259F), (0x25A0, 0x25FF), (0x2600, 0x267F), (0x2713, 0x2718), (0x27E8, 0x27EB),
    (0xFFFD, 0xFFFD),
]
HEIGHT = 16


def sections(data):
    at = 0
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack(">I", data[at + 4:at + 8])[0]
        if name == b"DATA":
            return
        yield name, data[at + 8:at + 8 + size]
        at += 8 + size


def read_font(path):
    data = open(path, "rb").read()
    found = dict(sections(data))
    if found.get(b"FILE") != b"PFF2":
        sys.exit(f"{path}: not a PFF2 font")
    ascent = struct.unpack(">H", found[b"ASCE"])[0]
    index = found[b"CHIX"]
    glyphs = {}
    for at in range(0, len(index), 9):
        code, flags, offset = struct.unpack(">IBI", index[at:at + 9])
        glyphs[code] = offset
    return data, ascent, glyphs


def glyph_rows(data, ascent, offset):
    """Sixteen bytes, or None when the glyph does not fit a cell of 8 by 16."""
    width, height, x, y, advance = struct.unpack(">HHhhh", data[offset:offset + 10])
    if advance != 8 or x < 0 or x + width > 8:
        return None
    top = ascent - (y + height)
    bits = data[offset + 10:offset + 10 + (width * height + 7) // 8]
    rows = [0] * HEIGHT
    for row in range(height):
        for column in range(width):
            bit = row * width + column
            if bits[bit // 8] >> (7 - bit % 8) & 1 and 0 <= top + row < HEIGHT:
                rows[top + row] |= 0x80 >> (x + column)
    return bytes(rows)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, ascent, offsets = read_font(sys.argv[1])
    ranges, glyphs = [], []
    for first, last in WANTED:
        for code in range(first, last + 1):
            rows = glyph_rows(data, ascent, offsets[code]) if code in offsets else None
            if code == 0xA0:
                rows = bytes(HEIGHT)
            if rows is None:
                continue
            if ranges and ranges[-1][0] + ranges[-1][1] == code:
                ranges[-1][1] += 1
            else:
                ranges.append([code, 1, len(glyphs)])
            glyphs.append(rows)
    with open(sys.argv[2], "wb") as out:
        out.write(struct.pack("<I", len(ranges)))
        for first, count, glyph in ranges:
            out.write(struct.pack("<IHH", first, count, glyph))
        out.write(b"".join(glyphs))
    print(f"  FONT    {sys.argv[2]}: {len(glyphs)} glyphs in {len(ranges)} ranges")


main()
