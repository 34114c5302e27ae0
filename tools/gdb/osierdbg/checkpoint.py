"""Checkpoints of the whole machine: memory, registers, devices, disk. QEMU saves them inside the overlay that
`make debug` puts over the image; they end with the session."""

import re
import time

import gdb

from . import guest, power
from .guest import OsierError

PREFIX = "osier-"


class Mark:
    def __init__(self, name, text):
        self.name, self.text, self.when = name, text, time.time()


marks = {}                                      # name -> Mark, in the order of making


def monitor(command):
    """What QEMU's monitor answers; its complaints are errors."""
    answer = power.monitor(command)
    complaint = re.search(r"(?:Error|error|Device '[^']*' is|does not support).*", answer)
    if complaint:
        text = complaint[0].strip()
        if "writable but does not support snapshots" in answer or "No block device" in answer:
            text += ". The machine's disk must be a qcow2 overlay, as `make debug` makes it"
        raise OsierError("QEMU: " + text)
    return answer


def save(name, text):
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name):
        raise OsierError(f"`{name}`: a mark's name is made of letters, digits, `_`, `.` and `-`")
    begin = time.monotonic()
    monitor("savevm " + PREFIX + name)
    marks.pop(name, None)
    marks[name] = Mark(name, text)
    return time.monotonic() - begin


def load(name):
    if name not in marks:
        known = ", ".join(marks)
        raise OsierError(f"there is no mark `{name}`; there are: {known}" if known else
                         "there are no marks yet: `osier mark NAME` makes one")
    begin, before = time.monotonic(), guest.register("pc")
    power.revive()
    monitor("loadvm " + PREFIX + name)
    for command in ("maintenance flush register-cache", "maintenance flush dcache"):
        try:
            gdb.execute(command, to_string=True)
        except gdb.error:
            pass
    # QEMU's loadvm leaves the machine as it was saved: standing still, which is what GDB believes too.
    pass_once(before, guest.register("pc"))
    return time.monotonic() - begin


def pass_once(before, now):
    """GDB goes over the breakpoint that it has stopped at, but knows only of the stop before: the one it has been put on by
    going back would stop it again at once."""
    if before == now:
        return
    for point in gdb.breakpoints():
        if point.enabled and any(place.address == now for place in getattr(point, "locations", None) or []):
            point.ignore_count = max(point.ignore_count, 1)
