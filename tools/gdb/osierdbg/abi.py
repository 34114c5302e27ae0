"""The debug ABI: whether this script, the ELF file that GDB has loaded, and the kernel in the guest belong together.
docs/debug-abi.md is the contract; kernel/debug/debug_abi.h its other end."""

import os
import struct

import gdb

from . import guest
from .elf import ElfFile
from .guest import OsierError

VERSION = 1                                     # what this script speaks
MAGIC = b"OSIERDBG"
NOTE_BYTES = 36
HEAD = struct.Struct("<8sIIIIIIQQQQQQQQII")

_known = None                                   # (path, mtime, Abi) of the file that was looked at last


class Abi:
    """What the kernel says of itself."""

    def __init__(self, data):
        (magic, self.version, self.bytes, self.page_shift, self.levels, self.user_root_entries, self.trace_version,
         self.direct_map, self.direct_map_bytes, self.kernel_regions, self.kernel_regions_bytes, self.frame_array,
         self.kernel_image, self.user_low, self.user_high, self.config_debug, count) = HEAD.unpack_from(data)
        self.layout = {}
        if magic != MAGIC:
            raise OsierError("the ELF file's debug_abi has no magic: is it an Osier kernel?")
        for at in range(HEAD.size, min(len(data) - 47, HEAD.size + 48 * count), 48):
            name, number = struct.unpack_from("<44sI", data, at)
            self.layout[name.rstrip(b"\0").decode()] = number


def _of_file(path):
    """The ABI that the ELF file contains, and its build note."""
    global _known
    stamp = os.stat(path).st_mtime_ns
    if _known and _known[:2] == (path, stamp):
        return _known[2:]
    file = ElfFile(path)
    place = guest.kernel_objfile() and guest.kernel_objfile().lookup_global_symbol("debug_abi")
    if place is None:
        raise OsierError(f"{path} has no debug_abi: it is no Osier kernel, or one from before version 1 of the debug ABI")
    address = int(place.value().address)
    length = struct.unpack_from("<I", file.read(address, 16), 12)[0]
    abi = Abi(file.read(address, length))
    if abi.version != VERSION:
        raise OsierError(f"this script speaks version {VERSION} of the debug ABI and the kernel version {abi.version}: "
                         "take tools/gdb from the tree that the kernel was built from (docs/debug-abi.md)")
    for name, wanted in abi.layout.items():
        found = _size_or_offset(name)
        if found is not None and found != wanted:
            raise OsierError(f"{name}: the file's debugging information says {found}, its debug_abi {wanted}: build it anew")
    note = int(gdb.parse_and_eval("(unsigned long)&kernel_build_note"))
    _known = (path, stamp, abi, note, file.read(note, NOTE_BYTES))
    return _known[2:]


def _size_or_offset(name):
    """`struct region` => its size; `struct region.start` => the offset. None: no such type or field here."""
    kind, _, field = name.partition(".")
    try:
        found = guest.lookup_type(kind)
        return found[field].bitpos // 8 if field else found.sizeof
    except (gdb.error, KeyError):
        return None


def check():
    """The Abi, once file and guest are of the same build; an OsierError that says what to do otherwise."""
    path = gdb.current_progspace().filename
    if not path or not os.path.exists(path):
        raise OsierError("the kernel's ELF file is gone from the disk: build it, and type `file build/kernel/debug/osier.elf`")
    try:
        abi, address, note = _of_file(path)
    except (ValueError, struct.error, TypeError) as error:
        raise OsierError(f"{path} cannot be read as a kernel: {error}") from None
    if not guest.paging_is_on():
        raise OsierError("paging is not on yet: the kernel's addresses mean nothing until it is "
                         "(`thbreak kernel_main`, then `continue`)")
    try:
        found = guest.read(address, NOTE_BYTES)
    except gdb.MemoryError:
        raise OsierError("the kernel is not mapped yet, or the guest runs something else: "
                         "`thbreak kernel_main`, then `continue`") from None
    if found != note:
        raise OsierError(f"the guest runs another build than {os.path.relpath(path)}: every symbol would lie. "
                         "Start again with `make debug`, or load the file that it was started from")
    return abi


def forget():
    """Another file or another guest may come."""
    global _known
    _known = None
    guest.forget_symbols()
