"""A kernel panic stops the debugger: when its text is known, before it is printed and the machine halts."""

import gdb

from . import guest, words


class PanicStop(gdb.Breakpoint):
    def __init__(self):
        super().__init__(source="kernel/debug/panic.c", function="finish", internal=True)
        self.silent = True


_point = None


def in_progress():
    return bool(guest.value("panic_in_progress"))


def text():
    return guest.static("kernel/debug/panic.c", "text").string(errors="replace")


def watch():
    """From now on; again after another kernel was loaded."""
    global _point
    if guest.has_kernel_symbols() and (_point is None or not _point.is_valid()):
        _point = PanicStop()


def announce(event):
    """Called at each stop."""
    if _point is not None and _point in (getattr(event, "breakpoints", None) or []):
        gdb.write(words.paint(f"*** the kernel has panicked: {text()}", "bad") + "\n")
        gdb.write("`bt` shows how it came there, `osier timeline` the last events; every command still works.\n"
                  "`continue` lets it print its report and halt: then only Ctrl-C brings GDB back.\n")
