"""The machine as GDB sees it: memory, registers, and whether there is a kernel to look at. Reads only; nothing here
calls into the guest."""

import struct
import time

import gdb

KERNEL_HALF = 1 << 63
CR0_PAGING = 1 << 31

_deadline = None                                # of the command that runs


class OsierError(gdb.GdbError):
    """A sentence for the user: what is wrong, what to type."""


_objfile, _symbols, _block = None, {}, None


def forget_symbols():
    global _objfile, _block
    _objfile = _block = None
    _symbols.clear()


def kernel_objfile():
    """The kernel's ELF file as GDB has it: names are looked up in it, for programs have names of their own."""
    global _objfile
    if _objfile is None or not _objfile.is_valid():
        path = gdb.current_progspace().filename
        _objfile = next((file for file in gdb.objfiles() if file.filename == path), None)
    return _objfile


def value(name):
    """A variable of the kernel."""
    if name not in _symbols:
        file = kernel_objfile()
        found = file and (file.lookup_global_symbol(name) or file.lookup_static_symbol(name))
        if not found:
            raise OsierError(f"the kernel has no `{name}`: script and kernel do not fit")
        _symbols[name] = found
    return _symbols[name].value()


def static(file, name):
    """A variable of one file of the kernel."""
    return gdb.parse_and_eval(f"'{file}'::{name}")


def lookup_type(name):
    """`struct region` as kernel/init/debug_abi.c sees it."""
    global _block
    if _block is None:
        found = kernel_objfile().lookup_global_symbol("debug_abi")
        _block = found.symtab.static_block() if found else None
    return gdb.lookup_type(name, _block) if _block else gdb.lookup_type(name)


def set_limit(seconds):
    """From now on reading ends with an error after so long; None: never."""
    global _deadline
    _deadline = None if seconds is None else time.monotonic() + seconds


def read(address, length):
    if _deadline is not None and time.monotonic() > _deadline:
        raise OsierError("gave up: reading the guest took too long. Is a structure damaged? (`osier check`)")
    return bytes(gdb.selected_inferior().read_memory(address, length))


def read_physical(address, length, direct_map):
    """Through the kernel's direct map, or, before there is one, by asking QEMU for physical memory."""
    try:
        return read(direct_map + address, length)
    except gdb.MemoryError:
        gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
        try:
            return read(address, length)
        finally:
            gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)


def read_u64(address):
    return int.from_bytes(read(address, 8), "little")


def read_words(address, count):
    return struct.unpack(f"<{count}Q", read(address, 8 * count))


def register(name):
    return int(gdb.parse_and_eval("$" + name)) & 0xffffffffffffffff


def cpu_index():
    """The CPU that GDB has selected: QEMU's threads are its CPUs, counted from 1."""
    thread = gdb.selected_thread()
    return max(thread.ptid[1] - 1, 0)


def in_kernel():
    return bool(register("pc") & KERNEL_HALF)


def has_kernel_symbols():
    file = kernel_objfile()
    return file is not None and file.lookup_global_symbol("trap_dispatch") is not None


def require_guest():
    """A kernel's symbols are loaded, a guest is connected, and it stands still."""
    if not has_kernel_symbols():
        raise OsierError("no Osier kernel is loaded: type `file build/kernel/debug/osier.elf`, or start with `make debug`")
    thread = gdb.selected_thread()
    if thread is None:
        raise OsierError("not connected to a guest (or it has ended): leave with `quit` and start again with `make debug`")
    if thread.is_running():
        raise OsierError("the guest is running: press Ctrl-C first")


def paging_is_on():
    return bool(register("cr0") & CR0_PAGING)


def boot_stage():
    """(number, name, done) of the boot's stage, as kernel/debug/stage.c has it."""
    number, name, done = (static("kernel/debug/stage.c", word) for word in ("number", "name", "done"))
    return int(number), name.string(), bool(done)
