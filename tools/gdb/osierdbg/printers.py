"""How GDB prints the kernel's scalars: addresses in hexadecimal, page-table entries decoded."""

import gdb
import gdb.printing

from . import tables

ADDRESSES = ("vaddr_t", "paddr_t", "pfn_t")


class Hexadecimal:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return f"{int(self.value):#x}"


class Entry:
    """pte_t: the frame and the bits."""

    def __init__(self, value):
        self.entry = int(value["value"])

    def to_string(self):
        if not self.entry:
            return "empty"
        return f"{self.entry:#x} ({(self.entry & tables.ADDRESS) >> 12:#x} {tables.flag_words(self.entry, True)})"


class Lookup(gdb.printing.PrettyPrinter):
    def __init__(self):
        super().__init__("osier")

    def __call__(self, value):
        name = value.type.name
        if name in ADDRESSES:
            return Hexadecimal(value)
        return Entry(value) if name == "pte_t" else None


def register():
    gdb.printing.register_pretty_printer(None, Lookup(), replace=True)
