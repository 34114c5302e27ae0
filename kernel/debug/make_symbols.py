#!/usr/bin/env python3
"""Turns `nm -n` of the kernel into the table that backtraces read (debug/symbols.c).

Layout, little endian: u32 count; count times u32 offset from KERNEL_IMAGE_BASE, ascending; count times u32 offset of the
name from the start of the names; the names, each with its NUL.
"""
import struct
import sys

IMAGE_BASE = 0xFFFFFFFF80000000


def main():
    symbols = []
    for line in sys.stdin:
        fields = line.split()
        if len(fields) != 3 or fields[1] not in "tT":
            continue
        address, name = int(fields[0], 16), fields[2]
        if address < IMAGE_BASE:
            continue
        if symbols and symbols[-1][0] == address - IMAGE_BASE:
            continue
        symbols.append((address - IMAGE_BASE, name))
    names = bytearray()
    name_offsets = []
    for _, name in symbols:
        name_offsets.append(len(names))
        names += name.encode() + b"\0"
    with open(sys.argv[1], "wb") as out:
        out.write(struct.pack("<I", len(symbols)))
        out.write(struct.pack("<%dI" % len(symbols), *(s[0] for s in symbols)))
        out.write(struct.pack("<%dI" % len(symbols), *name_offsets))
        out.write(names)


main()
