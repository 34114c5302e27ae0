"""osier step-into-fault, return-to-user: from the user's instruction into the kernel, and back to the same one."""

import os
import threading

import gdb

from . import facts, guest, kernel, symbols, tables, words
from .command import Command, chosen_process, write
from .guest import OsierError

PATIENCE = 20                                   # seconds that the guest may run
STEPS = 400                                     # instructions of one line


class Stop(gdb.Breakpoint):
    """A breakpoint of ours, for the present thread only, that is gone afterwards."""

    def __init__(self, where, thread):
        super().__init__(where, internal=True)
        self.silent, self.own_thread, self.hit = True, thread, False

    def stop(self):
        self.hit = int(kernel.current_thread()) == self.own_thread
        return self.hit


class Patience:
    """Interrupts the guest when it runs for too long: no command hangs the session."""

    def __init__(self, seconds):
        self.over = False
        self.timer = threading.Timer(seconds, lambda: gdb.post_event(self.interrupt))
        self.timer.daemon = True

    def interrupt(self):
        thread = gdb.selected_thread()
        if thread is not None and thread.is_running():
            self.over = True
            gdb.execute("interrupt", to_string=True)

    def __enter__(self):
        self.timer.start()
        return self

    def __exit__(self, *_):
        self.timer.cancel()


class Quiet:
    """What GDB says while the guest steps goes nowhere (it bypasses to_string and logging); the caller says what counts."""

    def __enter__(self):
        gdb.flush()
        self.saved = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)

    def __exit__(self, *_):
        gdb.flush()
        os.dup2(self.saved, 1)
        os.close(self.saved)


def proceed(command):
    """Lets the guest run. It may end on the way."""
    try:
        gdb.execute(command, to_string=True)
    except gdb.error as error:
        raise OsierError(f"the guest could not go on: {error}") from None
    if gdb.selected_thread() is None:
        raise OsierError("the guest has ended")


def show_frame():
    gdb.execute("frame")


class StepIntoFault(Command):
    """Goes from a line of a user program into the page fault that it makes: `osier step-into-fault`. Steps over the
    instructions of the present line until one faults, and stops at vm_fault, before the kernel has looked at it. A line that
    makes no fault is done, and that is said."""

    name = "step-into-fault"

    def run(self, options):
        guest.set_limit(None)
        if guest.in_kernel():
            raise OsierError("the CPU is in the kernel already: `osier return-to-user`, or break at a line of the program "
                             "(`osier use PROGRAM`, `break FILE:LINE`, `continue`)")
        process = chosen_process()
        thread = int(kernel.current_thread())
        begin = gdb.find_pc_line(guest.register("pc"))
        where, _ = symbols.source_line(guest.register("pc"))
        stop = Stop("vm_fault", thread)
        try:
            with Patience(PATIENCE) as patience, Quiet():
                for _ in range(STEPS):
                    proceed("nexti")
                    if not stop.hit and guest.in_kernel():
                        proceed("continue")      # at the entry stub: on to vm_fault
                    if stop.hit or patience.over or guest.in_kernel():
                        break
                    here = gdb.find_pc_line(guest.register("pc"))
                    if begin.symtab and (here.symtab is None or here.line != begin.line):
                        break
            hit, over = stop.hit, patience.over
        finally:
            stop.delete()
        if hit:
            show_frame()
            write([f"`osier fault` explains; `osier return-to-user` goes back to {process.title}"])
        elif over:
            raise OsierError(f"no fault within {PATIENCE} s: the guest was stopped where it was")
        else:
            show_frame()
            write([f"{where or 'the instruction'} made no page fault"])


def trap_frame_of_user():
    """(pc, from user mode) of what the innermost trap of the present stack interrupted, by GDB's frames."""
    frame = gdb.newest_frame()
    for _ in range(40):
        if frame is None:
            break
        older = frame.older()
        if frame.type() == gdb.SIGTRAMP_FRAME and older is not None:
            return older.pc()
        frame = older
    return None


class ReturnToUser(Command):
    """Goes on until the faulting instruction is about to run again: `osier return-to-user`. If the fault ends in a signal
    instead, stops where the kernel sends it; if what faulted was the kernel's copy to or from user memory, at that copy."""

    name = "return-to-user"

    def run(self, options):
        guest.set_limit(None)
        if not guest.in_kernel():
            raise OsierError("the CPU is in user mode already")
        thread = int(kernel.current_thread())
        if not thread or not int(kernel.current_thread()["process"]):
            raise OsierError("what runs is a kernel thread: it has no user mode to return to")
        process = kernel.current_process()
        place = trap_frame_of_user()
        if place is None:
            place = self.after_system_call()
        back, signal = Stop(f"*{place:#x}", thread), Stop("signal_force", thread)
        try:
            with Patience(PATIENCE) as patience, Quiet():
                proceed("continue")
            arrived, signalled, over = back.hit, signal.hit, patience.over
        finally:
            back.delete()
            signal.delete()
        if over:
            raise OsierError(f"not back within {PATIENCE} s: the guest was stopped where it was")
        if signalled:
            number_ = int(gdb.newest_frame().read_var("signal"))
            write([f"{process.title} does not get back: the kernel sends it signal {number_}"])
        if arrived:
            symbols.follow(process)
        show_frame()
        if arrived:
            write(self.arrival(process))
        elif not signalled:
            write(["stopped before it got there"])

    @staticmethod
    def after_system_call():
        """Where a system call returns to: the frame at the top of the thread's kernel stack."""
        top = int(kernel.current_thread()["stack_top"])
        frame = kernel.at(top - kernel.struct("trap_frame").sizeof, "trap_frame")
        return int(frame["rip"])

    @staticmethod
    def arrival(process):
        """What the fault has changed for the instruction."""
        fault = facts.from_record(kernel.current_thread()["fault"])
        pc = guest.register("pc")
        if fault.instruction != pc or not process.space:
            return []
        steps = tables.walk(process.space.root, fault.address)
        permission = tables.Permission(steps)
        text = (f"back in {process.title}, after {fault.verdict}: the instruction runs again; {fault.address:#x} is now "
                f"{permission.text()}" + (f", frame {steps[-1].pfn:#x}" if permission.mapped else ""))
        return words.wrap(text, 2)
