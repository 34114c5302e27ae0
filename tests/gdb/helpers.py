"""For the scripts in this folder: commands whose errors are printed, and commands' JSON as data."""

import json

import gdb


class Try(gdb.Command):
    """try COMMAND: runs it; an error is printed and does not end the script."""

    def __init__(self):
        super().__init__("try", gdb.COMMAND_USER)

    def invoke(self, text, from_tty):
        try:
            gdb.execute(text)
        except gdb.error as error:
            gdb.write(f"error: {error}\n")


class ToTheEnd(gdb.Command):
    """to-the-end: continues until the guest has turned itself off."""

    def __init__(self):
        super().__init__("to-the-end", gdb.COMMAND_USER)

    def invoke(self, text, from_tty):
        from osierdbg import power
        gdb.execute("continue", to_string=True)
        gdb.write("the guest has ended\n" if power.is_off() else "the guest stands again\n")


def ask(command):
    """What an `osier` command answers with -j."""
    return json.loads(gdb.execute(f"osier {command} -j", to_string=True))


def lines(command):
    return gdb.execute(command, to_string=True).splitlines()


def say(text):
    gdb.write(f"{text}\n")


def require(condition, text):
    """One line either way."""
    say(("ok: " if condition else "NOT OK: ") + text)


def no_wider_than(limit, *commands):
    """Each line of what the commands print fits."""
    for command in commands:
        long = [line for line in lines(command) if len(line) > limit]
        require(not long, f"`{command}` fits {limit} columns" + "".join(f"\n  {len(line)}: {line}" for line in long))


Try()
ToTheEnd()
