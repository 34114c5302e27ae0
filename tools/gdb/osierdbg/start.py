"""Puts everything in place when tools/gdb/osier.py is sourced: commands, events, printers, GDB's own settings."""

import gdb

from . import cmd_check, cmd_console, cmd_faults, cmd_history, cmd_memory, cmd_pictures, cmd_spaces, cmd_steps
from . import abi, guest, kernel, panic, power, printers, symbols, words
from .command import COMMANDS

MODULES = (cmd_spaces, cmd_faults, cmd_steps, cmd_memory, cmd_history, cmd_check, cmd_pictures, cmd_console)
SETTINGS = ("backtrace limit 100", "disassembly-flavor intel", "print pretty on", "history save off", "print thread-events off",
            "tcp auto-retry on", "print entry-values no")


class Help(gdb.Command):
    """Lists Osier's commands; `osier help NAME` explains one."""

    def __init__(self):
        super().__init__("osier help", gdb.COMMAND_USER)

    def complete(self, text, word):
        return [name for name in COMMANDS if name.startswith(word)]

    def invoke(self, text, from_tty):
        name = text.strip()
        if name:
            if name not in COMMANDS:
                raise guest.OsierError(f"there is no `osier {name}`; `osier help` lists what there is")
            gdb.write("\n".join(words.wrap(COMMANDS[name].help(), 0)) + "\n")
            return
        for name, command in COMMANDS.items():
            gdb.write(f"  {'osier ' + name:<22}  {command.help().split(': `')[0].split('. ')[0].rstrip('.')}\n")
        gdb.write("`osier help NAME` tells more; `o` is short for `osier`; -j prints JSON where a program may read it.\n")


class Prefix(gdb.Command):
    """Commands that explain Osier's memory; `osier help` lists them."""

    def __init__(self):
        super().__init__("osier", gdb.COMMAND_USER, prefix=True)

    def invoke(self, text, from_tty):
        if text.strip():
            raise guest.OsierError(f"there is no `osier {text.split()[0]}`; `osier help` lists what there is")
        gdb.execute("osier help")


class Run(gdb.Command):
    """There is nothing to run: the guest is a machine, and it is already on. Type `continue`."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_RUNNING)

    def invoke(self, text, from_tty):
        raise guest.OsierError("there is nothing to run: the guest is a machine, and it is already on. Type `continue` (or `c`).")


class InProgram(gdb.Function):
    """$osier_in("NAME"): 1 while a process of that program runs; condition of breakpoints in user programs."""

    def __init__(self):
        super().__init__("osier_in")

    def invoke(self, name):
        thread = kernel.current_thread()
        if int(thread) == 0 or int(thread["process"]) == 0:
            return 0
        return int(thread["process"]["name"].string(errors="replace") == name.string())


def on_stop(event):
    """Symbols follow the process that was stopped in; what can be said in a line is said."""
    try:
        guest.require_guest()
        panic.announce(event)
        power.announce(event)
        if not guest.paging_is_on() or not kernel.current_cpu_exists():
            return
        kernel.require_kernel()
        process = kernel.current_process()
        if process:
            _, remark = symbols.follow(process)
            if remark and not guest.in_kernel():
                gdb.write(f"(in {process.title}; {remark})\n")
        for point in getattr(event, "breakpoints", None) or []:
            if isinstance(point, cmd_faults.FaultBreakpoint):
                gdb.write(announce(point) + "\n")
    except (guest.OsierError, gdb.error, gdb.MemoryError):
        pass                                     # before there is a kernel, or in the middle of anything


def announce(point):
    fault = cmd_faults.record_of(gdb.newest_frame())
    verdict = kernel.enum_name(fault["verdict"], "VERDICT_")
    access = kernel.enum_name(fault["access"], "ACCESS_")
    process = kernel.current_process()
    return (f"Breakpoint {point.number}: {verdict}, {access} at {int(fault['address']):#x}"
            + (f" in {process.title}" if process else "") + " (`osier fault` explains)")


def on_new_breakpoint(point):
    """A breakpoint in a user program is meant for that program: other programs have the same addresses."""
    path = symbols.loaded()
    if not path or point.number < 0 or point.condition or not point.pending and not point.is_valid():
        return
    places = [place.address for place in getattr(point, "locations", None) or []]
    if point.type == gdb.BP_BREAKPOINT and places and all(0 < place < guest.KERNEL_HALF for place in places):
        point.condition = f'$osier_in("{symbols.process_name(path)}")'


def on_new_objfile(event):
    if event.new_objfile.filename == gdb.current_progspace().filename:
        abi.forget()
        kernel.forget_types()
        panic.watch()


def register():
    for setting in SETTINGS:
        try:
            gdb.execute("set " + setting, to_string=True)
        except gdb.error:
            pass
    Prefix()
    for module in MODULES:
        for member in vars(module).values():
            if isinstance(member, type) and getattr(member, "name", None) and member.__module__ == module.__name__ \
                    and issubclass(member, gdb.Command):
                member()
    Help()
    InProgram()
    for name in ("run", "start", "starti"):
        Run(name)
    gdb.execute("alias o = osier")
    printers.register()
    panic.watch()
    power.register()
    gdb.events.stop.connect(on_stop)
    gdb.events.breakpoint_created.connect(on_new_breakpoint)
    gdb.events.new_objfile.connect(on_new_objfile)
