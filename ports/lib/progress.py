"""What the driver prints: one line a step, and who took how long at the end."""

import sys
import threading
import time


class Progress:
    """Thread-safe. Every line: elapsed time, port, step."""

    def __init__(self, total):
        self.begin = time.monotonic()
        self.total, self.done = total, 0
        self.lock = threading.Lock()
        self.colour = sys.stdout.isatty()

    def say(self, name, text):
        with self.lock:
            now = time.monotonic() - self.begin
            print(f"[{now:5.0f}s {self.done:2}/{self.total}] {name:<12} {text}", flush=True)

    def finished(self, name, text):
        with self.lock:
            self.done += 1
        self.say(name, text)

    def warn(self, name, text):
        mark = "\033[33mwarning:\033[0m" if self.colour else "warning:"
        self.say(name, f"{mark} {text}")
