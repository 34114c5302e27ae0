"""Symbols of user programs: loaded for the process at hand, unloaded when another is used."""

import glob
import os

import gdb

from . import kernel

_loaded = None                                  # path of the program whose symbols are loaded


def _top():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def find_program(name):
    """The unstripped ELF file of a program called `name`, on the host, or None."""
    build = os.path.join(_top(), "build")
    for pattern in (f"userland/**/{name}", f"userland/**/{name}.elf", f"ports/**/{name}"):
        for path in sorted(glob.glob(os.path.join(build, pattern), recursive=True)):
            if os.path.isfile(path) and open(path, "rb").read(4) == b"\x7fELF":
                return path
    return None


def use_program(process):
    """Loads the symbols that fit the process. => the path, or None when there are none."""
    global _loaded
    path = find_program(process.name) if process else None
    if path == _loaded:
        return path
    if _loaded:
        try:
            gdb.execute(f"remove-symbol-file {_loaded}", to_string=True)
        except gdb.error:
            pass
        _loaded = None
    if path:
        gdb.execute(f"add-symbol-file {path}", to_string=True)
        _loaded = path
    return path


def source_line(address):
    """(`vmdemo.c:88`, the line's text) for an instruction, or (None, None)."""
    place = gdb.find_pc_line(address)
    if not place.symtab or not place.line:
        return None, None
    text = None
    try:
        with open(place.symtab.fullname(), encoding="utf-8", errors="replace") as file:
            text = file.readlines()[place.line - 1].strip()
    except (OSError, IndexError):
        pass
    return f"{os.path.basename(place.symtab.filename)}:{place.line}", text


def instruction(address):
    try:
        line = gdb.selected_inferior().architecture() if hasattr(gdb.Inferior, "architecture") else None
        arch = line or gdb.selected_frame().architecture()
        return arch.disassemble(address)[0]["asm"].replace("\t", " ")
    except (gdb.error, gdb.MemoryError, IndexError):
        return None
