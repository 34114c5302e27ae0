"""A guest's serial console, driven as a person would: wait for what it shows, type."""

import os
import re
import select
import subprocess
import time

from .core import Failure

PROMPT = r"osier# $"
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][0-9A-B]|\x1b[=>78M]")


class Console:
    """Use as a context: QEMU is gone at the end. Everything seen goes to the test's log."""

    def __init__(self, log, arguments):
        self.log, self.seen, self.mark = log, "", 0
        self.raw = b""
        log.write(" ".join(arguments) + "\n")
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        from vm import stop                      # pylint: disable=import-outside-toplevel
        stop(self.process)
        self._read(0.1)

    def _read(self, seconds):
        """=> False at the end of the stream."""
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, seconds))
        if not ready:
            return True
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.log.write(data)
        self.raw += data
        text, self.raw = self.raw, b""
        tail = text.rfind(b"\x1b")
        if tail >= 0 and not ESCAPES.match(text, tail):
            text, self.raw = text[:tail], text[tail:]
        self.seen += ESCAPES.sub(b"", text).decode(errors="replace").replace("\r", "")
        return bool(data)

    def expect(self, pattern, seconds=20, what=None):
        """Waits until what came since the last match has the pattern; returns the match."""
        end = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.seen[self.mark:], re.M)
            if match:
                before = self.seen[self.mark:self.mark + match.start()]
                self.mark += match.end()
                self.before = before
                return match
            left = end - time.monotonic()
            if left <= 0 or not self._read(min(left, 1.0)):
                tail = "\n".join(self.seen[self.mark:].splitlines()[-12:])
                raise Failure(f"{what or 'waited for ' + repr(pattern)}: not within {seconds} s, or QEMU ended\n{tail}")

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def run(self, command, seconds=20):
        """Types a command at the prompt; returns what it printed (the echo left out)."""
        self.send(command + "\n")
        self.expect(PROMPT, seconds, f"no prompt after {command!r}")
        _, _, output = self.before.partition("\n")
        return output

    def ended(self, seconds=15):
        """Waits for QEMU to end by itself; returns its status."""
        end = time.monotonic() + seconds
        while self._read(0.2) and time.monotonic() < end:
            pass
        try:
            return self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Failure(f"the machine did not end within {seconds} s") from None
