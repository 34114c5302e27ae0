"""The trace rings of kernel/debug/trace.h: the last events of each CPU, merged by their sequence number."""

import struct

from . import guest, kernel
from .guest import OsierError

RECORD = struct.Struct("<QQQQQIIII8B")
HEAD = struct.Struct("<IIIIQ")
MAGIC = 0x4352544f


class Event:
    """One record."""

    def __init__(self, data):
        (self.sequence, self.tsc, self.address, self.second, self.region_start, self.pid, self.tid, self.frame_before,
         self.frame_after, self.kind_number, self.verdict_number, self.outcome_number, self.error, self.prot, self.tables,
         self.pages, self.cpu) = data
        self.kind = kernel.enum_text(self.kind_number, "trace_kind", "TRACE_").lower()
        self.verdict = kernel.enum_text(self.verdict_number, "vm_verdict", "VERDICT_") if self.kind == "fault" else ""
        self.outcome = kernel.enum_text(self.outcome_number, "vm_outcome", "OUTCOME_") if self.kind == "fault" else ""
        self.access = ("WRITE" if self.error & 2 else "EXECUTE" if self.error & 16 else "READ") if self.kind == "fault" else ""

    def data(self):
        return {name: getattr(self, name) for name in
                ("sequence", "tsc", "kind", "address", "second", "region_start", "pid", "tid", "cpu", "verdict", "outcome",
                 "access", "error", "prot", "pages", "frame_before", "frame_after")} | {
                     "tables_copied": self.tables >> 4, "tables_made": self.tables & 15}


def events():
    """Every event that the rings still hold, oldest first."""
    found, slot = [], kernel.enum("cpu_slot")["CPU_SLOT_TRACE"]
    for cpu in kernel.cpus():
        ring = int(cpu["slots"][slot])
        if not ring:
            continue
        magic, version, records, _, following = HEAD.unpack(guest.read(ring, HEAD.size))
        if magic != MAGIC or version != kernel.constants().trace_version:
            raise OsierError(f"the trace ring of CPU {int(cpu['id'])} is damaged: its head says {magic:#x}, version {version}")
        count = min(following, records)
        data = guest.read(ring + HEAD.size, RECORD.size * records) if count else b""
        for number in range(following - count, following):
            event = Event(RECORD.unpack_from(data, RECORD.size * (number % records)))
            if event.kind_number:
                found.append(event)
    return sorted(found, key=lambda event: event.sequence)


def milliseconds(event):
    """Since the time stamp counter was 0."""
    rate = int(guest.value("tsc_hz"))
    return event.tsc * 1000 / rate if rate else 0.0
