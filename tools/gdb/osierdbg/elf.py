"""ELF files on the host, as far as comparing them with a guest's memory needs. Pure Python, no GDB."""

import struct

LOAD, SYMBOL_TABLE = 1, 2


class ElfFile:
    """The loadable part of a 64-bit ELF file."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.header = file.read(64)
            if len(self.header) < 64 or self.header[:5] != b"\x7fELF\x02":
                raise ValueError(f"{path} is not a 64-bit ELF file")
            self.entry, offset = struct.unpack_from("<QQ", self.header, 24)
            size, count = struct.unpack_from("<HH", self.header, 54)
            file.seek(offset)
            table = file.read(size * count)
            (sections,), (length, number) = struct.unpack_from("<Q", self.header, 40), struct.unpack_from("<HH", self.header, 58)
            file.seek(sections)
            kinds = file.read(length * number) if sections else b""
        self.has_symbols = any(struct.unpack_from("<I", kinds, at + 4)[0] == SYMBOL_TABLE
                               for at in range(0, len(kinds) - 7, length or 1))
        self.program_headers = table
        self.segments = []                       # (virtual address, file offset, bytes in the file)
        for at in range(0, len(table) - 55, size):
            kind, _, place, address, _, length = struct.unpack_from("<IIQQQQ", table, at)
            if kind == LOAD:
                self.segments.append((address, place, length))

    def read(self, address, length):
        """The bytes that the file puts at a virtual address, or None."""
        for start, place, size in self.segments:
            if start <= address and address + length <= start + size:
                with open(self.path, "rb") as file:
                    file.seek(place + address - start)
                    return file.read(length)
        return None
