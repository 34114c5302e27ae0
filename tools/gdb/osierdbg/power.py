"""A guest that has turned itself off, or that a triple fault has ended: `make debug` lets it stand, so that it can be
looked at and taken back to a checkpoint. What it cannot do is go on; trying to would wait for ever."""

import json
import os
import socket
import time

import gdb

from .guest import OsierError

RESUMING = ("continue", "step", "next", "stepi", "nexti", "finish", "until", "advance", "jump")

_off = False


def monitor(command):
    """What QEMU's monitor answers."""
    try:
        return gdb.execute("monitor " + command, to_string=True)
    except gdb.error as error:
        raise OsierError(f"QEMU did not answer ({error}): is it a guest of `make debug`?") from None


def is_off():
    return "shutdown" in monitor("info status")


def announce(event):
    """Called at each stop: QEMU reports the end of the machine as a SIGQUIT."""
    global _off
    if getattr(event, "stop_signal", None) == "SIGQUIT" and is_off():
        _off = True
        gdb.write("the guest has turned itself off; its memory is still there. `osier back` goes to a checkpoint, "
                  "`quit` ends.\n")


def _qmp(*commands):
    """Speaks to QEMU's other monitor, which has what the human one lacks."""
    path = os.environ.get("OSIER_QMP")
    if not path:
        raise OsierError("the guest has turned itself off, and only `make debug` starts one that can be taken back")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(path)
            stream = connection.makefile("rw", encoding="utf-8")
            stream.readline()                    # its greeting
            for command in ({"execute": "qmp_capabilities"},) + commands:
                stream.write(json.dumps(command) + "\n")
                stream.flush()
                answer = {}
                while "return" not in answer and "error" not in answer:
                    answer = json.loads(stream.readline())
                if "error" in answer:
                    raise OsierError(f"QEMU: {answer['error']['desc']}")
        except (OSError, ValueError) as error:
            raise OsierError(f"QEMU did not answer: {error}") from None


def revive():
    """Before a checkpoint is loaded: only a machine that has been reset may run again."""
    global _off
    if not is_off():
        return
    _qmp({"execute": "set-action", "arguments": {"reboot": "reset"}}, {"execute": "system_reset"})
    end = time.monotonic() + 5
    while is_off():
        if time.monotonic() > end:
            raise OsierError("QEMU does not reset the machine: leave with `quit` and start again")
        time.sleep(0.02)
    _qmp({"execute": "set-action", "arguments": {"reboot": "shutdown"}})
    _off = False


class MayRun(gdb.Command):
    """Complains when the guest cannot go on; called before each command that would let it."""

    def __init__(self):
        super().__init__("osier-may-run", gdb.COMMAND_OBSCURE)

    def invoke(self, text, from_tty):
        if _off:
            raise OsierError("the guest has turned itself off and cannot go on: `osier back` goes to a checkpoint, `quit` ends")


def register():
    MayRun()
    for command in RESUMING:
        gdb.execute(f"define hook-{command}\nosier-may-run\nend", to_string=True)
