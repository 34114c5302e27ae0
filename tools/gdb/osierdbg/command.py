"""What every `osier NAME` has in common: arguments, completion, -j, a time limit, errors as sentences."""

import argparse
import json
import shlex

import gdb

from . import guest, kernel, objects, tables
from .guest import OsierError

_chosen = None                                  # the pid that `osier use` stuck to
COMMANDS = {}                                   # name -> Command, in the order of `osier help`


class Parser(argparse.ArgumentParser):
    """argparse that ends in a GDB error instead of ending GDB."""

    def error(self, message):
        raise OsierError(f"{self.prog}: {message}; {' '.join(self.format_usage().split())}")

    def exit(self, status=0, message=None):
        raise OsierError(message or "")


def number(text):
    """A number or any GDB expression."""
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        found = gdb.parse_and_eval(text)
        if found.type.strip_typedefs().code in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC):
            found = found.address
        return int(found) & 0xffffffffffffffff
    except (gdb.error, gdb.MemoryError) as error:
        raise OsierError(f"`{text}` is neither a number nor an expression: {error}") from None


def address(text):
    """An address that the CPU can have."""
    found = number(text)
    if not tables.canonical(found):
        raise OsierError(f"{found:#x} is not canonical: bits 63 to 47 of an address must be equal")
    return found


def write(lines):
    gdb.write("\n".join(lines) + "\n")


def choose(pid):
    global _chosen
    _chosen = pid


def chosen_process(pid=None):
    """The process that a command is about: the one named, the one of `osier use`, the one that runs."""
    if pid is not None:
        return kernel.find_process(pid)
    if _chosen is not None:
        return kernel.find_process(_chosen)
    process = kernel.current_process()
    if process is None and int(kernel.current_thread()) == 0:
        raise OsierError("there are no threads yet: let the kernel boot further (`thbreak process_start_init`, then `continue`)")
    if process is None:
        raise OsierError("what runs is a kernel thread, which belongs to no process: name a pid (`osier ps` lists them)")
    return process


def chosen_space(pid=None):
    """The same, with an address space."""
    process = chosen_process(pid)
    if process.space is None:
        raise OsierError(f"{process.title} has no address space any more: it " +
                         ("is a zombie" if process.zombie else "is ending"))
    return process


class Command(gdb.Command):
    """One `osier NAME`. Its docstring is the help; its first sentence, the list's line."""

    name = None
    limit = 20                                  # seconds of reading before it gives up
    json = False                                # understands -j
    needs_kernel = True
    needs_guest = True

    def __init__(self):
        super().__init__("osier " + self.name, gdb.COMMAND_USER)
        self.parser = Parser(prog="osier " + self.name, add_help=False, allow_abbrev=True)
        self.arguments(self.parser)
        if self.json:
            self.parser.add_argument("-j", "--json", action="store_true")
        COMMANDS[self.name] = self

    def arguments(self, parser):
        pass

    def candidates(self):
        """Words that completion may offer beside the options."""
        return []

    def complete(self, text, word):
        token = text.split(" ")[-1]
        prefix = token[:len(token) - len(word)] if token.endswith(word) else ""
        offers = [option for action in self.parser._actions for option in action.option_strings]
        offers += [str(choice) for action in self.parser._actions for choice in action.choices or []]
        try:
            offers += [str(offer) for offer in self.candidates()]
        except (OsierError, gdb.error):
            pass
        return sorted({offer[len(prefix):] for offer in offers if offer.startswith(token)})

    def invoke(self, text, from_tty):
        self.dont_repeat()
        try:
            options = self.parser.parse_args(shlex.split(text))
        except ValueError as error:
            raise OsierError(f"osier {self.name}: {error}") from None
        begin(self.limit)
        try:
            if self.needs_kernel:
                kernel.require_kernel()
            elif self.needs_guest:
                guest.require_guest()
            self.run(options)
        except gdb.MemoryError as error:
            raise OsierError(f"a structure points at memory that is not there ({str(error).rstrip('.')}): damaged, or "
                             "stopped in the middle of a change (`finish`, and try again)") from None
        finally:
            guest.set_limit(None)

    def run(self, options):
        """Gathers plain data, prints it as text or JSON."""
        data = self.gather(options)
        if getattr(options, "json", False):
            gdb.write(json.dumps(data, indent=1, default=str) + "\n")
        else:
            write(self.text(data, options))

    def gather(self, options):
        raise NotImplementedError

    def text(self, data, options):
        raise NotImplementedError

    def help(self):
        return " ".join((self.__doc__ or "").split())


def begin(limit):
    """What was read at an earlier stop is forgotten."""
    tables.forget()
    objects.forget_names()
    guest.set_limit(limit)


def pids():
    kernel.require_kernel()
    return [process.pid for process in kernel.processes()]
