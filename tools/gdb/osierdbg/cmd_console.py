"""osier console: what the guest has printed."""

import os

from . import words
from .command import Command, number, write
from .guest import OsierError

FILES = (("output.log", "what the command of RUN has printed"), ("console.log", "the console"))


class Console(Command):
    """Shows what the guest has printed: `osier console [-n N]`. The last N lines (20 unless told) of the console, which has the
    kernel's log, and of the output of the command that RUN named."""

    name, needs_kernel, needs_guest = "console", False, False

    def arguments(self, parser):
        parser.add_argument("-n", type=number, default=20)

    def run(self, options):
        folder = os.environ.get("OSIER_DEBUG_FOLDER")
        if not folder:
            raise OsierError("only a guest of `make debug` leaves what it prints where this finds it")
        found = []
        for name, what in FILES:
            path = os.path.join(folder, name)
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines = file.read().replace("\r", "").splitlines()
            except OSError:
                continue
            if lines:
                found += [words.paint(f"{what}:", "head")] + ["| " + line for line in lines[-options.n:]]
        write(found or ["the guest has printed nothing yet"])
