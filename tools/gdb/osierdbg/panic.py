"""A kernel panic stops the debugger: with the text, before the machine halts."""

import gdb

from . import guest, words

WHERE = "power_debug_exit"                      # the last thing that a panic does; the report is out by then


class PanicStop(gdb.Breakpoint):
    def __init__(self):
        super().__init__(WHERE, internal=True)
        self.silent = True

    def stop(self):
        return in_progress()


_point = None


def in_progress():
    return bool(guest.value("panic_in_progress"))


def text():
    return guest.value("'kernel/debug/panic.c'::text").string(errors="replace")


def watch():
    """From now on; again after another kernel was loaded."""
    global _point
    if guest.has_kernel_symbols() and (_point is None or not _point.is_valid()):
        _point = PanicStop()


def announce(event):
    """Called at each stop."""
    if _point is not None and _point in (getattr(event, "breakpoints", None) or []):
        gdb.write(words.paint(f"*** the kernel has panicked: {text()}", "bad") + "\n")
        gdb.write("`bt` shows how it came there, `osier timeline` the last events; every command still works.\n")
