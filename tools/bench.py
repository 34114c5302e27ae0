#!/usr/bin/python3
"""make bench [LINE=prefix]: vmbench in a deterministic guest (its nanoseconds are instructions).

One line a figure, and beside it what Linux needs for the same work on the same machine, where
userland/bench has that recorded, and the ratio: below 1 Osier is cheaper.
"""

import csv
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import vm                                                         # noqa: E402


def reference():
    """name: the smaller of Linux's figures with and without huge pages."""
    values = {}
    for path in glob.glob(os.path.join(vm.TOP, "userland", "bench", "linux-*.csv")):
        with open(path, encoding="utf-8") as file:
            for row in csv.reader(line for line in file if not line.startswith("#")):
                try:
                    values[row[0]] = float(row[3])
                except (IndexError, ValueError):
                    continue
    return values


class Table:
    def __init__(self):
        self.known, self.rest, self.count = reference(), "", 0

    def take(self, data):
        *lines, self.rest = (self.rest + data.decode(errors="replace")).split("\n")
        for line in lines:
            self.line(line)

    def line(self, line):
        fields = line.split(",")
        try:
            median = float(fields[2])
        except (IndexError, ValueError):
            print(line, flush=True)
            return
        self.count += 1
        linux = self.known.get(fields[0])
        compared = f"{linux:14.1f} {median / linux:7.2f}" if linux else ""
        print(f"{fields[0]:24} {fields[1]:>8} {median:14.1f} {compared}", flush=True)


def main():
    words = os.environ.get("OSIER_LINE", "").replace(",", " ").split()
    if not all(re.fullmatch(r"[\w]+", word) for word in words):
        raise vm.MachineError("LINE: names of vmbench's lines, or their beginnings")
    machine = vm.Machine(ICOUNT="1", MEM=os.environ.get("MEM") or "2G")
    limit = float(os.environ.get("LIMIT") or 3600)
    table = Table()
    print(f"{'line':24} {'unit':>8} {'Osier':>14} {'Linux':>14} {'ratio':>7}", flush=True)
    guest = vm.Guest(machine, " ".join(["vmbench -x /bin/vmbench-true -d /tmp"] + words), limit)
    status = guest.run(table.take)
    if guest.reason:
        for line in guest.log_tail():
            sys.stderr.write("| " + line + "\n")
        vm.say(guest.reason)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except vm.MachineError as error:
        vm.say(str(error))
        sys.exit(vm.HOST_TROUBLE)
