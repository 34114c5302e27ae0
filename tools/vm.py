#!/usr/bin/python3
"""The one place that knows QEMU's command line: every way of starting Osier goes through here.

    tools/vm.py run      boot the image through GRUB, serial console in this terminal (make run)
    tools/vm.py guest    run one command in a guest and hand its output back (make guest)
    tools/vm.py debug    a stopped guest with GDB attached (make debug)

The machine is described by environment variables, which the Makefile sets from its own: CPUS, MEM,
CPU, ACCEL, SCREEN, UEFI, ICOUNT, KERNEL. tests/ imports Machine and Guest.

How a guest speaks to us: QEMU's debugcon ports are its standard output (0xe9), standard error
(0xea) and a control line (0xeb: "exit N", "panic TEXT"); the command comes through fw_cfg.
"""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build")
IMAGE = os.path.join(BUILD, "osier.img")
ROOT = "root=/dev/vda3"

PANIC, HOST_TROUBLE, NO_EXIT, TIME_LIMIT = 120, 121, 122, 124
FIRMWARE = ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd",
            "/usr/share/qemu/OVMF.fd"]


class MachineError(Exception):
    """Something on the host is missing or wrong; the text tells what to do."""


def kernel_path(kind):
    if kind not in ("release", "debug"):
        raise MachineError(f"KERNEL={kind}: it is release or debug")
    return os.path.join(BUILD, "kernel", kind, "osier.elf")


class Machine:
    """What the guest's hardware is. arguments() is the part of the command line it makes."""

    def __init__(self, environment=None, **settings):
        env = dict(os.environ if environment is None else environment)
        env.update({key: str(value) for key, value in settings.items() if value is not None})
        self.icount = env.get("ICOUNT", "") not in ("", "0")
        self.cpus = env.get("CPUS") or "1"
        self.memory = env.get("MEM") or "1G"
        self.cpu = env.get("CPU") or ("max,-erms" if self.icount else "max")
        self.accelerator = env.get("ACCEL") or "tcg"
        self.screen = env.get("SCREEN") or "none"
        self.uefi = env.get("UEFI", "") not in ("", "0")
        self.kernel = env.get("KERNEL") or "release"
        if not self.cpus.isdigit() or not 1 <= int(self.cpus) <= 255:
            raise MachineError(f"CPUS={self.cpus}: a number from 1 to 255 is wanted")
        if self.memory.isdigit():
            self.memory += "M"

    def arguments(self):
        qemu = shutil.which("qemu-system-x86_64")
        if not qemu:
            raise MachineError("qemu-system-x86_64 is missing: `make doctor` says what to install")
        self._check_screen(qemu)
        words = [qemu, "-machine", "pc", "-accel", self.accelerator, "-cpu", self.cpu,
                 "-m", self.memory, "-no-reboot", "-net", "none", "-display", self.screen,
                 "-vga", "std", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        if self.icount:
            words += ["-icount", "shift=0,sleep=off", "-smp", "1",
                      "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1"]
        else:
            words += ["-smp", self.cpus]
        if self.uefi:
            firmware = next((path for path in FIRMWARE if os.path.exists(path)), None)
            if not firmware:
                raise MachineError("no UEFI firmware: the package ovmf is missing (make doctor)")
            words += ["-bios", "/usr/share/ovmf/OVMF.fd"] if os.path.exists("/usr/share/ovmf/OVMF.fd") \
                else ["-drive", f"if=pflash,format=raw,readonly=on,file={firmware}"]
        return words

    def _check_screen(self, qemu):
        """A display that this QEMU was not built with, or whose package is missing, is named."""
        name = self.screen.split(",")[0]
        if name == "none":
            return
        known = subprocess.run([qemu, "-display", "help"], capture_output=True, text=True, check=False).stdout.split()
        if name not in known and name not in ("vnc",):
            there = " ".join(word for word in known if word not in ("Available", "display", "backend", "types:"))
            raise MachineError(f"SCREEN={name}: QEMU knows {there or 'none'} here; `apt-get install qemu-system-gui` "
                               "brings gtk and sdl")


def disk(path, readonly=False):
    """A virtio disk whose writes are thrown away at the end, so that runs can share the file."""
    if not os.path.exists(path):
        raise MachineError(f"{os.path.relpath(path)} is not there: `make image` makes it")
    mode = "readonly=on" if readonly else "snapshot=on"
    return ["-drive", f"file={path.replace(',', ',,')},format=raw,if=virtio,{mode}"]


def direct_kernel(kind, options=()):
    """Boot the ELF without firmware or GRUB (PVH): a third of a second to the first line."""
    path = kernel_path(kind)
    if not os.path.exists(path):
        raise MachineError(f"{os.path.relpath(path)} is not there: `make image` makes it")
    return ["-kernel", path, "-append", " ".join([ROOT, *options])]


def stop(process, patience=2.0):
    """Ends a QEMU for certain: a wedged one ignores the first request."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make_extra(folder, output):
    """An ext2 image of a host folder, for /extra: owned by root, run bits and links kept."""
    if not os.path.isdir(folder):
        raise MachineError(f"EXTRA={folder}: no such folder")
    blocks, files = 0, 0
    for directory, folders, names in os.walk(folder):
        files += len(folders) + len(names)
        for name in names:
            blocks += (os.lstat(os.path.join(directory, name)).st_size + 4095) // 4096
        blocks += len(folders) + 1 + (len(folders) + len(names)) // 64
    inodes = files + 64
    size = 4096 * (blocks + blocks // 256 + inodes // 16 + 512)
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    command = ["mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-I", "256", "-m", "0", "-L", "extra",
               "-N", str(inodes), "-O", "none,filetype,sparse_super,large_file", "-E",
               "root_owner=0:0,lazy_itable_init=0", "-d", folder, output, str(size // 1024) + "k"]
    if os.getuid() != 0:
        command.insert(0, "fakeroot")
    result = subprocess.run(command, capture_output=True, env=env, text=True, check=False)
    if result.returncode:
        raise MachineError(f"EXTRA={folder}: {result.stderr.strip()}")


class Guest:
    """One guest that runs one command, its output handed on as it comes.

    run() returns the status that `make guest` exits with; `reason` says more when it is one of ours.
    """

    QUIET_AFTER_EXIT = 3.0                       # seconds a guest may take to power off
    QUIET_AFTER_PANIC = 1.0                      # seconds of log we wait for after a panic

    def __init__(self, machine, command, limit=120.0, extra=None, options=(), arguments=()):
        self.machine, self.command, self.limit = machine, command, limit
        self.extra, self.options, self.more = extra, list(options), list(arguments)
        self.status, self.reason, self.panic, self.log = None, "", None, b""
        self.control = b""

    def arguments(self, folder, pipes):
        """The whole command line; `pipes` are the write ends for out, err, ctl and the serial log."""
        script = os.path.join(folder, "run")
        with open(script, "wb") as file:
            file.write(os.fsencode(self.command))
        words = self.machine.arguments() + direct_kernel(self.machine.kernel, self.options)
        words += disk(IMAGE)
        if self.extra:
            image = os.path.join(folder, "extra.ext2")
            make_extra(self.extra, image)
            words += disk(image, readonly=True)
        words += ["-monitor", "none", "-parallel", "none",
                  "-fw_cfg", f"name=opt/osier/run,file={script}"]
        for name, pipe in pipes.items():
            words += ["-chardev", f"file,id={name},path=/dev/fd/{pipe}"]
        for name, port in (("out", "0xe9"), ("err", "0xea"), ("ctl", "0xeb")):
            words += ["-device", f"isa-debugcon,iobase={port},readback=0xe9,chardev={name}"]
        return words + ["-serial", "chardev:log"] + self.more

    def run(self, out=None, err=None):
        """Runs the command; `out` and `err` take the bytes (functions). Never leaves a QEMU."""
        self.out = out or (lambda data: write_all(1, data))
        self.err = err or (lambda data: write_all(2, data))
        folder = tempfile.mkdtemp(prefix="osier-guest-")
        process = None
        try:
            reads, writes = {}, {}
            for name in ("out", "err", "ctl", "log"):
                reads[name], writes[name] = os.pipe()
            words = self.arguments(folder, writes)
            with open(os.path.join(folder, "qemu"), "wb") as trouble:
                process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=trouble,
                                           stderr=trouble, pass_fds=list(writes.values()),
                                           start_new_session=True)
            for pipe in writes.values():
                os.close(pipe)
            self._follow(process, reads)
            if self.status is None:
                self._no_status(process, os.path.join(folder, "qemu"))
            return self.status
        finally:
            if process:
                stop(process)
            shutil.rmtree(folder, ignore_errors=True)

    def give_time(self, seconds):
        """From now on, that much. `out` and `err` may call it to extend a run that makes progress."""
        self.deadline = time.monotonic() + seconds

    def _follow(self, process, reads):
        """Hands bytes on until every pipe is closed (QEMU is gone) or time is up."""
        pipes = selectors.DefaultSelector()
        for name, pipe in reads.items():
            pipes.register(pipe, selectors.EVENT_READ, name)
        begin = time.monotonic()
        self.give_time(self.limit)
        ends_by_itself = False
        while pipes.get_map():
            left = self.deadline - time.monotonic()
            if left <= 0:
                break
            for key, _ in pipes.select(min(left, 1.0)):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    pipes.unregister(key.fd)
                    os.close(key.fd)
                    continue
                self._take(key.data, data)
            if (self.status is not None or self.panic is not None) and not ends_by_itself:
                ends_by_itself = True
                grace = self.QUIET_AFTER_PANIC if self.status is None else self.QUIET_AFTER_EXIT
                self.give_time(grace)
            time.sleep(0.002)                    # one read for many of the guest's single bytes
        timed_out = bool(pipes.get_map()) and not ends_by_itself
        for pipe in list(pipes.get_map() or ()):
            os.close(pipe)
        pipes.close()
        if self.panic is not None:
            self.status, self.reason = PANIC, "the guest panicked: " + self.panic
        elif timed_out:
            self.status = TIME_LIMIT
            self.reason = f"no end after {time.monotonic() - begin:.0f} s (LIMIT): stopped"

    def _take(self, name, data):
        if name == "out":
            self.out(data)
        elif name == "err":
            self.err(data)
        elif name == "log":
            self.log += data
        else:
            self.control += data
            *lines, self.control = self.control.split(b"\n")
            for line in lines:
                word, _, rest = line.decode(errors="replace").partition(" ")
                if word == "panic" and self.panic is None:
                    self.panic = rest
                elif word == "exit" and rest.strip().isdigit() and self.status is None:
                    self.status = int(rest) & 255

    def _no_status(self, process, trouble):
        code = process.wait()
        with open(trouble, encoding="utf-8", errors="replace") as file:
            text = file.read().strip()
        if self.log or (code >= 0 and not text):
            self.status = NO_EXIT
            self.reason = f"the guest ended without saying a status (QEMU's was {code})"
        else:
            self.status, self.reason = HOST_TROUBLE, f"QEMU failed ({code})"
        if text:
            self.reason += ": " + text

    def log_tail(self, lines=40):
        """The last lines of the serial log; after a panic, all from the panic on."""
        text = self.log.decode(errors="replace").replace("\r", "").splitlines()
        if self.panic is not None:
            for index, line in enumerate(text):
                if "panic" in line.lower():
                    return text[max(0, index - 10):]
        return text[-lines:]


def write_all(fd, data):
    """Writes everything, or ends quietly when the reader has gone (`make guest … | head`)."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view):]
        except BrokenPipeError:
            sys.exit(HOST_TROUBLE)


def say(text):
    sys.stderr.write("osier: " + text + "\n")


def guest_main():
    command = os.environ.get("OSIER_CMD", "")
    if not command:
        say("nothing to run: make guest CMD='…'")
        return HOST_TROUBLE
    limit = os.environ.get("LIMIT") or "120"
    try:
        limit = float(limit)
    except ValueError:
        raise MachineError(f"LIMIT={limit}: seconds are wanted") from None
    options = os.environ.get("OSIER_APPEND", "").split()
    guest = Guest(Machine(), command, limit, os.environ.get("OSIER_EXTRA") or None, options)
    status = guest.run()
    if guest.reason:
        for line in guest.log_tail():
            sys.stderr.write("| " + line + "\n")
        say(guest.reason)
    return status


def run_main():
    """An ordinary boot; the terminal is QEMU's until it ends, then as it was."""
    machine = Machine()
    words = machine.arguments() + disk(IMAGE) + ["-serial", "mon:stdio", "-parallel", "none"]
    saved = termios.tcgetattr(0) if os.isatty(0) else None
    say("booting; leave with `poweroff` in the guest or Ctrl-A X here")
    process = subprocess.Popen(words)
    try:
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:            # QEMU has it too, in raw mode it is the guest's
                continue
    finally:
        stop(process)
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
            sys.stdout.write("\x1b[0m\x1b[?25h\x1b[?7h\r\n")
            sys.stdout.flush()
    if code and code % 2 == 0 or code < 0:
        say(f"QEMU ended with status {code}")
        return HOST_TROUBLE
    return PANIC if code else 0


def debug_main():
    from debug import debug_session              # pylint: disable=import-outside-toplevel
    return debug_session()


def main():
    modes = {"run": run_main, "guest": guest_main, "debug": debug_main}
    if len(sys.argv) != 2 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(HOST_TROUBLE))
    try:
        sys.exit(modes[sys.argv[1]]())
    except MachineError as error:
        say(str(error))
        sys.exit(HOST_TROUBLE)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.modules["vm"] = sys.modules[__name__]    # debug.py's MachineError is this one
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
