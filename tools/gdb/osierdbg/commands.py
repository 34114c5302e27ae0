"""The commands themselves: parse, gather, print. What they know is in the other modules."""

import argparse
import shlex

import gdb

from . import explain, kernel, symbols, tables

_chosen = None                                  # the pid that `osier use` stuck to


class Parser(argparse.ArgumentParser):
    """argparse that ends in a GDB error instead of ending GDB."""

    def error(self, message):
        raise kernel.OsierError(f"{self.prog}: {message}\n{self.format_usage().strip()}")

    def exit(self, status=0, message=None):
        raise kernel.OsierError(message or "")


def number(text):
    """A number or any GDB expression."""
    try:
        return int(text, 0)
    except ValueError:
        return int(gdb.parse_and_eval(text)) & 0xffffffffffffffff


def write(lines):
    gdb.write("\n".join(lines) + "\n")


def chosen_process(pid=None):
    if pid is not None:
        return kernel.find_process(pid)
    if _chosen is not None:
        return kernel.find_process(_chosen)
    process = kernel.current_process()
    if process is None:
        raise kernel.OsierError("the current thread belongs to no process: name a pid (`osier ps` lists them)")
    return process


def chosen_space(pid=None):
    process = chosen_process(pid)
    if process.space is None:
        raise kernel.OsierError(f"pid {process.pid} {process.name} has no address space ({process.state})")
    return process


class Command(gdb.Command):
    """One `osier NAME`; its docstring is the help."""

    def __init__(self, name):
        super().__init__("osier " + name, gdb.COMMAND_USER)
        self.parser = Parser(prog="osier " + name, add_help=False)
        self.arguments(self.parser)

    def arguments(self, parser):
        pass

    def invoke(self, text, from_tty):
        self.dont_repeat()
        options = self.parser.parse_args(shlex.split(text))
        kernel.require_kernel()
        try:
            self.run(options)
        except gdb.MemoryError as error:
            raise kernel.OsierError(f"memory could not be read ({error}): is the kernel's memory damaged, or another build loaded?") from None

    def run(self, options):
        raise NotImplementedError


class Ps(Command):
    """osier ps: the processes, with their address spaces and faults."""

    def run(self, options):
        lines = [f"{'PID':>5} {'PPID':>5} {'STATE':<7} {'REGIONS':>7} {'MAPPED':>9} {'FAULTS':>7} {'THREADS':>7}  NAME"]
        current = kernel.current_process()
        for process in kernel.processes():
            parent = process.pointer["parent"]
            space = process.space.pointer if process.space else None
            faults = int(space["minor_faults"]) + int(space["major_faults"]) if space is not None else 0
            regions = int(space["regions"]["count"]) if space is not None else 0
            mapped = int(space["mapped_pages"]) * 4 if space is not None else 0
            mark = "*" if current and current.pid == process.pid else " "
            lines.append(f"{process.pid:>4}{mark} {int(parent['pid']) if int(parent) else 0:>5} {process.state:<7} "
                         f"{regions:>7} {mapped:>6} KiB {faults:>6} {int(process.pointer['thread_count']):>7}  {process.name}")
        write(lines)


class Use(Command):
    """osier use PID: the other commands mean this process, and its program's symbols are loaded. `osier use` alone:
whatever process is running."""

    def arguments(self, parser):
        parser.add_argument("pid", nargs="?", type=number)

    def run(self, options):
        global _chosen
        _chosen = options.pid
        process = chosen_process()
        path = symbols.use_program(process)
        write([f"using pid {process.pid} {process.name}" + (f", symbols from {path}" if path else ", no symbols found for it")])


class Regions(Command):
    """osier regions [PID] [--list]: the region tree of a process, drawn as a tree (the root at the left margin), or as
a list; its invariants are checked."""

    def arguments(self, parser):
        parser.add_argument("pid", nargs="?", type=number)
        parser.add_argument("--list", action="store_true")

    def run(self, options):
        process = chosen_space(options.pid)
        nodes = list(process.space.tree())
        lines = [f"pid {process.pid} {process.name}: {len(nodes)} regions, "
                 f"{kernel.size_text(int(process.space.pointer['mapped_pages']) * 4096)} mapped"]
        for region, depth in nodes:
            start, end = int(region["start"]), int(region["end"])
            lines.append(f"  {'' if options.list else '    ' * depth}[{start:#x}-{end:#x}) "
                         f"{kernel.size_text(end - start):>8}  {kernel.region_text(region)}")
        write(lines + ["  " + problem for problem in self.check(process, nodes)])

    @staticmethod
    def check(process, nodes):
        problems, previous = [], 0
        for region, _ in nodes:
            start, end = int(region["start"]), int(region["end"])
            if start >= end or start & 4095 or end & 4095:
                problems.append(f"BROKEN: region [{start:#x}-{end:#x}) is empty or not page aligned")
            if start < previous:
                problems.append(f"BROKEN: region at {start:#x} overlaps the one before it")
            previous = end
        counted = int(process.space.pointer["regions"]["count"])
        if counted != len(nodes):
            problems.append(f"BROKEN: the tree has {len(nodes)} nodes, and its count says {counted}")
        return problems or ["the tree's invariants hold"]


class Region(Command):
    """osier region ADDR [PID]: the region that holds an address, its neighbours and the hole before it."""

    def arguments(self, parser):
        parser.add_argument("address", type=number)
        parser.add_argument("pid", nargs="?", type=number)

    def run(self, options):
        process = chosen_space(options.pid)
        regions = process.space.regions()
        before = [r for r in regions if int(r["end"]) <= options.address]
        here = process.space.find(options.address)
        after = [r for r in regions if int(r["start"]) > options.address]
        lines = [f"pid {process.pid} {process.name}, address {options.address:#x}"]
        for label, region in (("before", before[-1] if before else None), ("here", here), ("after", after[0] if after else None)):
            text = f"[{int(region['start']):#x}-{int(region['end']):#x}) {kernel.region_text(region)}" if region is not None else "none"
            lines.append(f"  {label:<8} {text}")
        if here is not None:
            low = int(before[-1]["end"]) if before else 0
            lines.append(f"  hole     {kernel.size_text(int(here['start']) - low)} before it")
            flags = kernel.flag_names(here["flags"], "region_flags")
            lines.append(f"  flags    {', '.join(flags) if flags else 'none'}; may become {kernel.prot_text(here['max_prot'])}")
        write(lines)


class Pagewalk(Command):
    """osier pagewalk ADDR [PID]: the four levels, decoded, with reference counts, what access the path gives, and the
level that denies writing."""

    def arguments(self, parser):
        parser.add_argument("address", type=number)
        parser.add_argument("pid", nargs="?", type=number)

    def run(self, options):
        address = options.address
        if not tables.canonical(address):
            raise kernel.OsierError(f"{address:#x} is not canonical: bits 63 to 47 of an address must be equal")
        if address >> 63:
            root, name = int(kernel.value("kernel_mmu")["root"]), "the kernel's root"
        else:
            process = chosen_space(options.pid)
            root, name = process.space.root, f"pid {process.pid} {process.name}"
        steps, zero = tables.walk(root, address), tables.zero_frame()
        lines = [f"{name}, root table {root >> 12:#x}, address {address:#x}"]
        text, denies = tables.effective(steps)
        for position, step in enumerate(steps):
            mark = "   <- denies writing" if denies == position and step.entry & tables.PRESENT else ""
            lines.append("  " + tables.step_text(step, zero) + mark)
        write(lines + [f"  effective: {text}"])


class FaultCommand(Command):
    """osier fault: the page fault being handled (or the last one of this thread), in words: who, where, the region, the
tables, the kernel's verdict and why, and what will have changed."""

    def run(self, options):
        write(explain.explain(explain.current_fault()))


KINDS = {"zero": ("DEMAND_ZERO", "ZERO_SHARE"), "cow": ("COW_COPY", "COW_REUSE"), "object": ("OBJECT_MAP", "OBJECT_COPY", "OBJECT_WRITE", "OBJECT_FILL", "OBJECT_WAIT"),
         "stack": ("STACK_GROW", "SEGV_GUARD"), "segv": ("SEGV_MAPERR", "SEGV_ACCERR", "SEGV_GUARD"), "bus": ("BUS_ADRERR", "BUS_OBJERR")}


class FaultBreakpoint(gdb.Breakpoint):
    """Stops where the verdict is known and nothing has been done yet."""

    def __init__(self, options):
        super().__init__("vm_resolve_fault", internal=False)
        self.options, self.left = options, options.count

    def stop(self):
        fault = explain.Fault(gdb.newest_frame().read_var("work")["fault"])
        options = self.options
        if options.pid is not None and int(fault["pid"]) != options.pid:
            return False
        if options.addr is not None and fault.address >> 12 != options.addr >> 12:
            return False
        if options.kind and fault.verdict not in KINDS[options.kind]:
            return False
        if options.name and explain.who(fault)[0].split()[-1] != options.name:
            return False
        self.left -= 1
        return self.left <= 0


class BreakFault(Command):
    """osier break-fault [--pid PID] [--name PROGRAM] [--addr ADDR] [--kind zero|cow|object|stack|segv|bus] [--count N]:
stop at the Nth page fault that fits, when the kernel has decided and not yet acted."""

    def arguments(self, parser):
        parser.add_argument("--pid", type=number)
        parser.add_argument("--name")
        parser.add_argument("--addr", type=number)
        parser.add_argument("--kind", choices=sorted(KINDS))
        parser.add_argument("--count", type=number, default=1)

    def run(self, options):
        FaultBreakpoint(options)


class Help(gdb.Command):
    """osier help: this list."""

    def __init__(self):
        super().__init__("osier help", gdb.COMMAND_USER)

    def invoke(self, text, from_tty):
        for command in COMMANDS:
            gdb.write("  " + " ".join(command.__doc__.split()) + "\n")


class Run(gdb.Command):
    """There is nothing to run: the guest is a machine, and it is already on. Type `continue`."""

    def __init__(self):
        super().__init__("run", gdb.COMMAND_RUNNING)

    def invoke(self, text, from_tty):
        raise kernel.OsierError("there is nothing to run: the guest is a machine, and it is already on. Type `continue` (or `c`).")


class Prefix(gdb.Command):
    """Commands that explain Osier's memory. `osier help` lists them."""

    def __init__(self):
        super().__init__("osier", gdb.COMMAND_USER, prefix=True)

    def invoke(self, text, from_tty):
        gdb.execute("osier help")


COMMANDS = (Ps, Use, Regions, Region, Pagewalk, FaultCommand, BreakFault)
NAMES = {FaultCommand: "fault", BreakFault: "break-fault"}


def register():
    Prefix()
    for command in COMMANDS:
        command(NAMES.get(command, command.__name__.lower()))
    Help()
    Run()
    gdb.execute("alias o = osier")
