"""make debug: a guest that stands still, and GDB attached to it with Osier's commands loaded.

The machine is the one `make guest` starts, with the debug kernel unless KERNEL says otherwise; its
disk is a qcow2 overlay, so that QEMU can save and load the whole machine. What the guest writes goes
to build/debug/: console.log, output.log. With SCRIPT it gets there at the end, so that several can
run at once.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import vm

FOLDER = os.path.join(vm.BUILD, "debug")
EXTENSION = os.path.join(vm.TOP, "tools", "gdb", "osier.py")
OLDEST_GDB = 12
AT = {"": "", "start": "", "init": "process_start_init"}   # where to stop: the kernel function for AT=


def overlay(folder):
    path = os.path.join(folder, "disk.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", vm.IMAGE, "-F", "raw", path], check=True)
    return ["-drive", f"file={path},format=qcow2,if=virtio"]


def channel(name, port, path):
    return ["-chardev", f"file,id={name},path={path},append=on",
            "-device", f"isa-debugcon,iobase={port},readback=0xe9,chardev={name}"]


def without_debug_exit(words):
    """After a panic the machine must still be there to be looked at."""
    at = next(n for n, word in enumerate(words) if word.startswith("isa-debug-exit"))
    return words[:at - 1] + words[at + 1:]


def machine_arguments(machine, folder, logs, command, extra):
    if not os.path.exists(vm.IMAGE):
        raise vm.MachineError("build/osier.img is not there: `make image` makes it")
    options = os.environ.get("OSIER_APPEND", "").split()
    words = without_debug_exit(machine.arguments()) + vm.direct_kernel(machine.kernel, options) + overlay(folder)
    if extra:
        vm.make_extra(extra, os.path.join(folder, "extra.ext2"))
        words += vm.disk(os.path.join(folder, "extra.ext2"), readonly=True)
    # A machine that turns itself off stands still instead, and can be looked at, or taken back to a checkpoint.
    words += ["-no-shutdown", "-qmp", f"unix:{folder}/qmp,server=on,wait=off",
              "-S", "-gdb", f"unix:{folder}/gdb,server=on,wait=off", "-monitor", "none", "-parallel", "none"]
    words += ["-chardev", f"socket,id=console,path={logs}/console,server=on,wait=off,logfile={logs}/console.log",
              "-serial", "chardev:console"]
    if command:
        script = os.path.join(folder, "run")
        with open(script, "wb") as file:
            file.write(os.fsencode(command))
        words += ["-fw_cfg", f"name=opt/osier/run,file={script}"]
        output, control = os.path.join(logs, "output.log"), os.path.join(logs, "control.log")
        for path in (output, control):
            with open(path, "wb"):
                pass
        words += channel("out", "0xe9", output) + channel("err", "0xea", output)
        words += channel("ctl", "0xeb", control)
    return words


def gdb_arguments(kernel, socket, at, script):
    words = ["gdb", "-q", "-nx", "-iex", "set pagination off", "-iex", "set confirm off",
             "-iex", f"set auto-load safe-path {vm.TOP}", "-iex", "set debuginfod enabled off"]
    if script:
        words += ["-batch"]
    # The symbols first, then the target: GDB takes the architecture from the ELF file.
    words += ["-ex", f"file {kernel}", "-ex", f"directory {vm.TOP}"]
    if os.path.exists(EXTENSION):
        words += ["-ex", f"source {EXTENSION}"]
    words += ["-ex", f"target remote {socket}"]
    if at:
        words += ["-ex", f"thbreak {at}", "-ex", "continue"]
    return words + (["-x", script] if script else [])


def check_gdb():
    """A GDB that is too old, or was built without Python, is named before it confuses."""
    if not shutil.which("gdb"):
        raise vm.MachineError("gdb is missing: `make doctor` says what to install")
    answer = subprocess.run(["gdb", "-nx", "-batch", "-ex", "python print(gdb.VERSION)"], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, check=False).stdout
    version = re.match(r"\D*(\d+)", answer)
    if not version:
        raise vm.MachineError("this gdb cannot run Python scripts (gdb-minimal, perhaps): install the package gdb")
    if int(version[1]) < OLDEST_GDB:
        raise vm.MachineError(f"gdb {answer.strip()} is too old: {OLDEST_GDB} or newer is wanted")


def debug_session():
    command, at = os.environ.get("OSIER_RUN", ""), os.environ.get("OSIER_AT", "")
    script, extra = os.environ.get("OSIER_SCRIPT", ""), os.environ.get("OSIER_EXTRA", "")
    if at not in AT:
        raise vm.MachineError(f"AT={at}: it is one of start, init")
    if script and not os.path.isfile(script):
        raise vm.MachineError(f"SCRIPT={script}: no such file")
    check_gdb()
    machine = vm.Machine(KERNEL=os.environ.get("KERNEL") or "debug")
    os.makedirs(FOLDER, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="osier-debug-")
    logs = folder if script else FOLDER
    guest, gdb = None, None
    try:
        with open(os.path.join(logs, "qemu.log"), "wb") as trouble:
            guest = subprocess.Popen(machine_arguments(machine, folder, logs, command, extra), stdin=subprocess.DEVNULL,
                                     stdout=trouble, stderr=trouble, start_new_session=True)
        socket = os.path.join(folder, "gdb")
        end = time.monotonic() + 10
        while not os.path.exists(socket):
            if guest.poll() is not None or time.monotonic() > end:
                with open(os.path.join(logs, "qemu.log"), encoding="utf-8", errors="replace") as file:
                    raise vm.MachineError("QEMU failed: " + file.read().strip())
            time.sleep(0.02)
        if not script:
            vm.say("`osier console` shows what the guest prints (build/debug/console.log, output.log)")
        os.environ["OSIER_DEBUG_FOLDER"] = logs
        os.environ["OSIER_QMP"] = os.path.join(folder, "qmp")
        words = gdb_arguments(vm.kernel_path(machine.kernel), socket, AT[at], script)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # GDB's to answer, not ours
        gdb = subprocess.Popen(words, stdin=subprocess.DEVNULL if script else None,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        try:
            return gdb.wait(float(os.environ.get("LIMIT") or 120) if script else None)
        except subprocess.TimeoutExpired:
            vm.say("the script did not end in time (LIMIT)")
            return vm.TIME_LIMIT
    finally:
        if gdb:
            vm.stop(gdb)
        if guest:
            vm.stop(guest)
        for name in ("console.log", "output.log", "control.log", "qemu.log"):
            if logs != FOLDER and os.path.exists(os.path.join(logs, name)):
                shutil.copy(os.path.join(logs, name), FOLDER)
        shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()
