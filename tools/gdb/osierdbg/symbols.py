"""Symbols of user programs: those of the process at hand are loaded, and replaced when another is."""

import glob
import os
import re

import gdb

from . import kernel, objects
from .elf import ElfFile

_loaded = None                                  # path of the program whose symbols are loaded
_pinned = False                                 # `osier use PROGRAM`: they stay


def top():
    return os.environ.get("OSIER_TOP") or \
        os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def find_program(path):
    """The ELF file with symbols, on the host, of a program that the guest calls `path` (or by its last name)."""
    build, name = os.path.join(top(), "build"), os.path.basename(path)
    extra = os.environ.get("OSIER_EXTRA")
    patterns = [f"{build}/userland/bin/{name}", f"{build}/userland/tests/{name}", f"{build}/userland/bench/{name}",
                f"{build}/ports/*/bin/{name}", f"{build}/ports/*/*/bin/{name}"]
    if extra and (path.startswith("/extra/") or "/" not in path):
        patterns.insert(0, os.path.join(extra, path[len("/extra/"):] if path.startswith("/extra/") else name))
    if path.startswith("/tests/"):
        patterns.insert(0, patterns.pop(1))
    for pattern in patterns:
        for found in sorted(glob.glob(pattern)):
            try:
                if ElfFile(found).has_symbols:
                    return os.path.abspath(found)
            except (OSError, ValueError):
                continue
    return None


def program_path(process):
    """What the guest calls the program of a process."""
    try:
        return objects.executable_path(process) or process.name
    except (gdb.error, KeyError):
        return process.name


def _fits(process, path):
    """Whether the first page of the guest's file, where it is in memory, has this file's program headers."""
    file = process.value["executable"]
    if int(file) == 0:
        return True
    pfn = objects.Object(int(file["inode"])).find(0)
    if pfn is None:
        return True
    ours = ElfFile(path)
    base = kernel.constants().direct_map + (pfn << 12)
    theirs = bytes(gdb.selected_inferior().read_memory(base + 64, len(ours.program_headers)))
    return theirs == ours.program_headers


def loaded():
    return _loaded


def _breakpoints_in(path):
    """Numbers of the breakpoints in a program's own code: its symbols must stay, or they would be lost."""
    try:
        segments = ElfFile(path).segments
    except (OSError, ValueError):
        return []
    found = []
    for point in gdb.breakpoints():
        for place in getattr(point, "locations", None) or []:
            if point.number > 0 and any(start <= place.address < start + size for start, _, size in segments):
                found.append(point.number)
                break
    return found


def load(path):
    """Loads these symbols and no others. None: unloads."""
    global _loaded
    if path == _loaded:
        return
    if _loaded:
        try:
            gdb.execute(f"remove-symbol-file {_loaded}", to_string=True)
        except gdb.error:
            pass
        _loaded = None
    if path:
        gdb.execute(f"add-symbol-file {path}", to_string=True)
        _loaded = path


def pin(program):
    """`osier use PROGRAM`: its symbols stay, whatever runs. => the path or None."""
    global _pinned
    path = find_program(program)
    if path:
        load(path)
        _pinned = True
    return path


def unpin():
    global _pinned
    _pinned = False


def follow(process):
    """Loads what belongs to the process. => (path or None, remark or None)."""
    path = find_program(program_path(process)) if process else None
    if path and not _fits(process, path):
        return None, f"{os.path.relpath(path)} is of another build than the guest's {program_path(process)}: `make image`"
    if path == _loaded or (path is None and _loaded is None):
        return path, None
    if _loaded and path != _loaded:
        if _pinned:
            return None, f"the symbols are {os.path.basename(_loaded)}'s (`osier use` lets them follow)"
        kept = _breakpoints_in(_loaded)
        if kept:
            return None, (f"the symbols stay {os.path.basename(_loaded)}'s, because breakpoint "
                          f"{', '.join(map(str, kept))} is in it")
    load(path)
    return path, None


def source_line(address):
    """(`vmdemo.c:88`, the line's text) for an instruction, or (None, None)."""
    place = gdb.find_pc_line(address)
    if not place.symtab or not place.line:
        return None, None
    text = None
    name = place.symtab.filename
    for path in (place.symtab.fullname(), os.path.join(top(), name)):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.readlines()[place.line - 1].strip()
            break
        except (OSError, IndexError):
            continue
    return f"{os.path.basename(name)}:{place.line}", text


def place_text(address):
    """`main+0x1a (vmdemo.c:12)` or the bare address; a function that was put into another one counts as that one."""
    line, _ = source_line(address)
    try:
        answer = gdb.execute(f"info symbol {address:#x}", to_string=True)
    except gdb.error:
        answer = ""
    found = re.match(r"(\S+)(?: \+ (\d+))? in section", answer)
    if not found:
        return line or f"{address:#x}"
    name = found[1] + (f"+{int(found[2]):#x}" if found[2] else "")
    return f"{name} ({line})" if line else name


def instruction(address):
    """The instruction's text, or None where its page is not there."""
    try:
        return " ".join(gdb.selected_inferior().architecture().disassemble(address)[0]["asm"].split())
    except (gdb.error, gdb.MemoryError, IndexError):
        return None


def programs():
    """What `osier use` can load by name."""
    return sorted(path for kind in ("bin", "tests", "bench") for path in glob.glob(os.path.join(top(), "build/userland", kind, "*"))
                  if os.path.isfile(path) and os.access(path, os.X_OK))


def process_name(path):
    """What the kernel calls a process that runs this program: its name has room for 15 bytes."""
    return os.path.basename(path)[:15]
