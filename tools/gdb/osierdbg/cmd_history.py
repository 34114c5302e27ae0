"""osier snap, diff, mark, back, marks, timeline: what was, what has changed, and going back."""

import gdb

from . import checkpoint, guest, kernel, snapshot, symbols, timeline, words
from .command import Command, begin, chosen_space, number, pids, write
from .guest import OsierError

_snapshots = {}                                 # name -> Snapshot, in the order of making


class Snap(Command):
    """Remembers the state of an address space under a name: `osier snap NAME [PID]`. `osier diff` compares."""

    name = "snap"

    def arguments(self, parser):
        parser.add_argument("snapshot")
        parser.add_argument("pid", nargs="?", type=number)

    def run(self, options):
        process = chosen_space(options.pid)
        found = snapshot.Snapshot(process)
        _snapshots.pop(options.snapshot, None)
        _snapshots[options.snapshot] = found
        write([f"{options.snapshot}: {found.title}, {words.plural(len(found.regions), 'region')}, "
               f"{words.plural(len(found.tables), 'table')}, {words.plural(len(found.leaves), 'entry', 'entries')}"])


class Diff(Command):
    """Tells what has changed in an address space: `osier diff [A] [B]`. From snapshot A to B; without B, to now; without A, from
    the last snapshot. Regions split, merged, changed; tables made, copied, shared; pages; counts."""

    name, json = "diff", True

    def arguments(self, parser):
        parser.add_argument("a", nargs="?")
        parser.add_argument("b", nargs="?")

    def candidates(self):
        return list(_snapshots)

    @staticmethod
    def find(name):
        if name not in _snapshots:
            known = ", ".join(_snapshots)
            raise OsierError(f"there is no snapshot `{name}`; there are: {known}" if known else
                             "there are no snapshots yet: `osier snap NAME` makes one")
        return _snapshots[name]

    def gather(self, options):
        if not _snapshots:
            self.find("")
        first = options.a or list(_snapshots)[-1]
        old = self.find(first)
        if options.b:
            new, second = self.find(options.b), options.b
        else:
            process = kernel.find_process(old.pid)
            if process.space is None:
                raise OsierError(f"{old.title} has no address space any more: it has ended since")
            new, second = snapshot.Snapshot(process), "now"
        data = {"from": first, "to": second, "title": old.title, "other": new.title, "same_space": old.space == new.space,
                "changes": snapshot.difference(old, new)}
        return data

    def text(self, data, options):
        who = data["title"] if data["title"] == data["other"] else f"{data['title']} and {data['other']}"
        lines = [words.paint(f"{who}, {data['from']} -> {data['to']}", "head")]
        if not data["same_space"] and data["title"] == data["other"]:
            lines.append("  it has another address space since: exec")
        for heading, texts in data["changes"].items():
            lines += words.labelled(heading, texts[:40], 8)
            if len(texts) > 40:
                lines.append(f"           and {len(texts) - 40} more")
        return lines if data["changes"] else lines + ["  nothing has changed"]


class Mark(Command):
    """Saves the whole machine under a name: `osier mark [NAME]`. Memory, registers, devices and disk; `osier back` restores
    them. Without a name, a number is taken."""

    name, needs_kernel = "mark", False

    def arguments(self, parser):
        parser.add_argument("mark", nargs="?")

    def run(self, options):
        name = options.mark or str(next(n for n in range(1, 10000) if str(n) not in checkpoint.marks))
        guest.set_limit(None)
        seconds = checkpoint.save(name, here())
        write([f"marked {name} ({seconds:.2f} s): {here()}"])


class Back(Command):
    """Goes back to a checkpoint: `osier back [NAME]`. Without a name, to the last one. Breakpoints stay as they are now; what
    the guest has printed stays printed."""

    name, needs_kernel = "back", False

    def arguments(self, parser):
        parser.add_argument("mark", nargs="?")

    def candidates(self):
        return list(checkpoint.marks)

    def run(self, options):
        guest.set_limit(None)
        if not options.mark and not checkpoint.marks:
            raise OsierError("there are no marks yet: `osier mark NAME` makes one")
        name = options.mark or list(checkpoint.marks)[-1]
        seconds = checkpoint.load(name)
        begin(self.limit)
        try:
            kernel.require_kernel()
            symbols.follow(kernel.current_process())
        except (OsierError, gdb.error):
            pass                                 # a mark from before there was a kernel
        write([f"back at {name} ({seconds:.2f} s): {here()}"])


def here():
    """Where the machine stands, in a few words."""
    pc = guest.register("pc")
    try:
        process = kernel.current_process() if guest.paging_is_on() and kernel.current_cpu_exists() else None
        return (f"{process.title}, " if process else "") + symbols.place_text(pc)
    except (OsierError, gdb.error, gdb.MemoryError):
        return f"{pc:#x}"


class Marks(Command):
    """Lists the checkpoints."""

    name, needs_kernel, json = "marks", False, True

    def gather(self, options):
        return [{"name": mark.name, "where": mark.text, "time": mark.when} for mark in checkpoint.marks.values()]

    def text(self, data, options):
        import time                              # pylint: disable=import-outside-toplevel
        if not data:
            return ["no marks yet: `osier mark NAME` makes one"]
        return words.table(("NAME", "MADE", "WHERE"),
                           [(row["name"], time.strftime("%H:%M:%S", time.localtime(row["time"])), row["where"]) for row in data],
                           left=("NAME", "MADE", "WHERE"))


class Timeline(Command):
    """Shows the last faults and region operations: `osier timeline [--pid PID] [-n N] [--kind KIND]`. From the kernel's trace
    rings, also after a panic. KIND: fault, map, unmap, protect, fork, exec, exit; N: 20 unless told."""

    name, json = "timeline", True

    def arguments(self, parser):
        parser.add_argument("--pid", type=number)
        parser.add_argument("-n", type=number, default=20)
        parser.add_argument("--kind", choices=("fault", "map", "unmap", "protect", "fork", "exec", "exit"))

    def candidates(self):
        return pids()

    def gather(self, options):
        events = [event for event in timeline.events()
                  if (options.pid is None or event.pid == options.pid) and (options.kind is None or event.kind == options.kind)]
        names = {process.pid: process.name for process in kernel.processes()}
        events = events[-options.n:] if options.n > 0 else events
        first = timeline.milliseconds(events[0]) if events else 0
        current = kernel.current_process()
        found = []
        for event in events:
            data = event.data()
            data["milliseconds"] = round(timeline.milliseconds(event) - first, 3)
            data["name"] = names.get(event.pid, "")
            own = current and current.pid == event.pid and event.kind == "fault"
            data["place"] = symbols.place_text(event.second) if own or event.second >> 63 and event.kind == "fault" else ""
            found.append(data)
        return found

    def text(self, data, options):
        if not data:
            return ["the trace has no such event"]
        rows = []
        for row in data:
            rows.append((row["sequence"], f"+{row['milliseconds']:.3f}", row["pid"], row["name"], row["kind"],
                         f"{row['address']:#x}" if row["kind"] not in ("fork", "exec", "exit") else "", self.what(row)))
        return words.table(("EVENT", "MS", "PID", "NAME", "WHAT", "ADDRESS", ""), rows, left=("NAME", "WHAT", "ADDRESS", ""))

    @staticmethod
    def what(row):
        if row["kind"] == "fault":
            text = f"{row['access']} {row['verdict']}"
            if row["outcome"] != "DONE":
                text += f", {row['outcome']}"
            changes = [f"{row['tables_copied']} copied" if row["tables_copied"] else "", f"{row['tables_made']} made" if row["tables_made"] else ""]
            changes = ", ".join(change for change in changes if change)
            if changes:
                text += f", tables: {changes}"
            return text + (f", at {row['place']}" if row["place"] else "")
        if row["kind"] in ("map", "unmap", "protect"):
            text = f"to {row['second']:#x}, {words.size(row['second'] - row['address'])}"
            return text + (f", {words.prot(row['prot'])}" if row["kind"] != "unmap" else "")
        if row["kind"] == "fork":
            return f"child {row['address']}"
        return ""
