"""osier fault, predict, break-fault: what a page fault means, would mean, and stopping at one."""

import gdb

from . import explain, facts, kernel, panic, symbols, words
from .command import Command, address, chosen_space, number, pids, write
from .guest import OsierError

KINDS = {
    "zero": ("DEMAND_ZERO", "ZERO_SHARE"), "cow": ("COW_COPY", "COW_REUSE"),
    "object": ("OBJECT_MAP", "OBJECT_COPY", "OBJECT_WRITE", "OBJECT_FILL", "OBJECT_WAIT"),
    "file": ("OBJECT_MAP", "OBJECT_COPY", "OBJECT_WRITE", "OBJECT_FILL", "OBJECT_WAIT"),
    "stack": ("STACK_GROW",), "guard": ("SEGV_GUARD",), "upgrade": ("PTE_UPGRADE",), "stale": ("STALE_TLB",),
    "segv": ("SEGV_MAPERR", "SEGV_ACCERR", "SEGV_GUARD"), "bus": ("BUS_ADRERR", "BUS_OBJERR"),
}


def owner(found):
    """(title, Process or None) of a fault's process."""
    for process in kernel.processes():
        if process.pid == found.pid:
            return process.title, process
    return f"pid {found.pid}", None


class FaultCommand(Command):
    """Explains the page fault being handled, in words. Who, where, the region, the tables, the kernel's verdict and why, the
    path it takes, and what will have changed. When none is being handled: the thread's last one. Works at page_fault, vm_fault and
    anywhere below; before the kernel has decided it says what it will."""

    name, json = "fault", True

    def gather(self, options):
        current = facts.current()
        found = current.facts
        title, process = owner(found)
        if process:
            symbols.follow(process)
        live = current.when != "over" and process and process.space and facts.unchanged(found, process.space)
        if current.when == "entered" and process and process.space:
            predicted = facts.predicted(process.space, found.address, found.access)
            found.verdict = predicted.verdict
        explanation = explain.Explanation(found, process, live)
        self.lines = self.compose(current, explanation, title)
        return dict(explanation.data(), when=current.when)

    @staticmethod
    def compose(current, explanation, title):
        found = current.facts
        if current.when == "brought-in":
            head = [f"no page fault: the kernel itself brings a page in, as {found.access} at {found.address:#x} would"]
            return head + explain.body(explanation)
        name = {"over": f"page fault {found.sequence}, handled,", "entered": "page fault, just taken,"}.get(
            current.when, f"page fault {found.sequence}")
        lines = explain.headline(found, title, name)
        if current.when == "entered":
            lines.append("  the kernel has not looked at it yet; from the structures as they are:")
        elif current.when == "deciding":
            lines.append("  the kernel is looking at it: what follows may be half of it (`break vm_resolve_fault` is after)")
        lines += explain.body(explanation)
        if current.when == "over":
            done = [found.outcome]
            if found.outcome == "DONE":
                done.append(words.plural(found.pages_mapped, "entry", "entries") + " written")
            if found.retries:
                done.append(f"after {words.plural(found.retries, 'retry', 'retries')}")
            lines += words.labelled("outcome", [", ".join(done)])
        return lines

    def text(self, data, options):
        lines = [words.paint(self.lines[0], "head")] + self.lines[1:]
        if panic.in_progress():
            lines.insert(0, words.paint(f"the kernel has panicked ({panic.text()}); this thread's last page fault:", "bad"))
        return lines


class Predict(Command):
    """Foretells what an access would mean, without making it: `osier predict ADDR r|w|x [PID]`."""

    name, json = "predict", True

    def arguments(self, parser):
        parser.add_argument("address", type=number)
        parser.add_argument("access", choices=("r", "w", "x"))
        parser.add_argument("pid", nargs="?", type=number)

    def gather(self, options):
        process = chosen_space(options.pid)
        found = facts.predicted(process.space, options.address, facts.ACCESS[options.access])
        found.pid = process.pid
        explanation = explain.Explanation(found, process, True)
        allowed = found.verdict == "STALE_TLB"
        head = f"prediction for {process.title}: {found.access} from user mode at {options.address:#x}"
        self.lines = [words.paint(head, "head")]
        if allowed:
            self.lines += words.labelled("region", [explanation.region()]) + \
                words.labelled("page table", explain.sentences(explanation.table())) + \
                words.labelled("verdict", ["no fault: the tables allow it"])
        else:
            self.lines += explain.body(explanation)
        return dict(explanation.data(), no_fault=allowed)

    def text(self, data, options):
        return self.lines


SIGNALS = ("segv", "guard", "bus")              # kinds that only end in one: few of the faults come there


def record_of(frame):
    """struct vm_fault * in vm_resolve_fault or fail_with."""
    return frame.read_var("fault") if frame.name() == "fail_with" else frame.read_var("work")["fault"]


class FaultBreakpoint(gdb.Breakpoint):
    """Stops where the verdict is known and nothing has been done yet."""

    def __init__(self, options):
        super().__init__("fail_with" if options.kind in SIGNALS else "vm_resolve_fault", internal=False)
        self.options, self.left = options, options.count
        self.silent = True

    def stop(self):
        try:
            fault = record_of(gdb.newest_frame())
            own = kernel.current_thread()["fault"]
            if int(fault) != int(own):
                return False                     # the kernel brings a page in by itself: no fault of anybody
            if not self.fits(fault):
                return False
        except (gdb.error, ValueError):
            return False
        self.left -= 1
        return self.left <= 0

    def fits(self, fault):
        options = self.options
        if options.pid is not None and int(fault["pid"]) != options.pid:
            return False
        if options.addr is not None and int(fault["address"]) >> 12 != options.addr >> 12:
            return False
        if options.kind and kernel.enum_name(fault["verdict"], "VERDICT_") not in KINDS[options.kind]:
            return False
        if options.name:
            process = kernel.current_thread()["process"]
            return int(process) != 0 and process["name"].string(errors="replace") == options.name
        return True

    def describe(self):
        options = self.options
        found = [f"{name} {text}" for name, text in (
            ("pid", options.pid), ("program", options.name), ("page", options.addr and f"{options.addr & ~4095:#x}"),
            ("kind", options.kind)) if text is not None]
        return ", ".join(found) or "any"


class BreakFault(Command):
    """Stops at a page fault, when the kernel has decided and not yet acted: `osier break-fault [--pid PID] [--name PROGRAM]
    [--addr ADDR] [--kind KIND] [--count N]`. KIND: zero, cow, object (or file), stack, guard, segv, bus, upgrade, stale.
    --addr means the page of that address; --count the Nth that fits. `delete` takes it away like any breakpoint."""

    name = "break-fault"

    def arguments(self, parser):
        parser.add_argument("--pid", type=number)
        parser.add_argument("--name")
        parser.add_argument("--addr", type=address)
        parser.add_argument("--kind", choices=sorted(KINDS))
        parser.add_argument("--count", type=number, default=1)

    def candidates(self):
        return pids()

    def run(self, options):
        if options.count < 1:
            raise OsierError("--count: 1 or more")
        point = FaultBreakpoint(options)
        count = f", the {options.count}th" if options.count > 1 else ""
        write([f"Breakpoint {point.number} at page faults: {point.describe()}{count}"])
