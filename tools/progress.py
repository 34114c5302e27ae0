#!/usr/bin/python3
"""Runs a build and shows how far it is: tools/progress.py TOTAL COMMAND...

Lines of the form `  WORD  what` announce one small step of many. On a terminal they share a line
that is rewritten; elsewhere only every fiftieth is printed, and those that stand for long work.
Everything else (warnings, errors, what ports say) is passed on as it is. TOTAL is how many compiler
runs are to be expected, 0 if that is not known.

Only one build works in a checkout at a time: a second one waits for the lock on build/.lock.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time

STEP = re.compile(r"  ([A-Z]{2,10}) +(\S.*)")
SMALL = ("CC", "AS", "NASM", "AR", "HEADERS")


class Display:
    def __init__(self, total):
        self.total, self.count, self.begin = total, 0, time.monotonic()
        self.terminal = os.isatty(2) and os.environ.get("TERM", "dumb") != "dumb"
        self.shown = False

    def write(self, text):
        sys.stderr.write(text)
        sys.stderr.flush()

    def clear(self):
        if self.shown:
            self.write("\r\x1b[K")
            self.shown = False

    def line(self, text):
        match = STEP.fullmatch(text)
        if not match:
            self.clear()
            self.write(text + "\n")
            return
        word, what = match.groups()
        if word in ("CC", "AS", "NASM"):
            self.count += 1
        how_far = f"[{self.count}/{self.total}]" if self.total >= self.count > 0 else f"[{self.count}]"
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            self.write("\r\x1b[K" + f"{how_far} {word} {what}"[:width])
            self.shown = True
        elif word not in SMALL or self.count % 50 == 1 and word != "HEADERS":
            self.write(f"{how_far} {word} {what}\n")


def take_lock():
    """The lock is this process's: the file is closed when it ends, whatever happens."""
    lock = os.open(os.path.join("build", ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write("waiting for another build in this checkout to end\n")
        fcntl.flock(lock, fcntl.LOCK_EX)


def main():
    take_lock()
    display = Display(int(sys.argv[1]))
    process = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", close_fds=False)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: process.terminate())
    try:
        for line in process.stdout:
            display.line(line.rstrip("\n"))
        code = process.wait()
    except KeyboardInterrupt:
        code = process.wait()
    display.clear()
    sys.exit(code if code >= 0 else 128 - code)


main()
