"""Bad input: damaged programs, scripts and file systems, absurd arguments. What must come is an errno or a clear
message; never a hang, a triple fault or a silent screen."""

import hashlib
import os
import shutil
import struct
import tempfile

from .boot import machine_arguments
from .core import Failure, Test, check, run_command
from .guest import explain, run_guest
from .serial import Console

ROOT_OFFSET = 8 << 20
LOAD, INTERP = 1, 3


def _elf(segments=((LOAD, 5, 0, 0x400000, 0x1000, 0x1000),), entry=0x400078, machine=62, kind=2, size=0x2000, **fields):
    """A program from (type, flags, offset, address, file size, memory size) of its segments; the text exits with 0."""
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF" + bytes([fields.get("bits", 2), 1, 1]) + bytes(9), kind, machine, 1,
                         entry, fields.get("phoff", 64), 0, 0, 64, fields.get("phentsize", 56), fields.get("phnum", len(segments)), 0, 0, 0)
    table = b"".join(struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, filesz, memsz, 0x1000)
                     for kind, flags, offset, address, filesz, memsz in segments)
    text = b"\x31\xff\xb8" + struct.pack("<I", 74) + b"\x0f\x05\xf4"     # xor edi, edi; mov eax, SYS_exit; syscall; hlt
    data = (header + table).ljust(120, b"\0") + text
    return data.ljust(size, b"\0")[:size]


GOOD = (LOAD, 5, 0, 0x400000, 0x1000, 0x1000)
PROGRAMS = {
    "truncated-header": _elf()[:40],
    "truncated-table": _elf()[:80],
    "empty": b"",
    "only-magic": b"\x7fELF",
    "text-beyond-the-file": _elf(((LOAD, 5, 0x100000, 0x400000, 0x1000, 0x1000),)),
    "overlapping": _elf((GOOD, (LOAD, 6, 0, 0x400000, 0x1000, 0x1000))),
    "kernel-address": _elf(((LOAD, 5, 0, 0xffffffff80000000, 0x1000, 0x1000),)),
    "non-canonical": _elf(((LOAD, 5, 0, 0x0000900000000000, 0x1000, 0x1000),)),
    "wraps-around": _elf((GOOD, (LOAD, 6, 0, 0xfffffffffffff000, 0x1000, 0x2000))),
    "memory-below-file": _elf(((LOAD, 5, 0, 0x400000, 0x1000, 0x800),)),
    "huge-memory": _elf((GOOD, (LOAD, 6, 0, 0x800000, 0x1000, 1 << 46))),
    "huge-file-size": _elf(((LOAD, 5, 0, 0x400000, 1 << 62, 1 << 62),)),
    "page-zero": _elf(((LOAD, 5, 0, 0, 0x1000, 0x1000),), entry=0x78),
    "offset-unlike-address": _elf(((LOAD, 5, 0x10, 0x400000, 0x1000, 0x1000),)),
    "entry-in-kernel": _elf(entry=0xffffffff80000000),
    "entry-nowhere": _elf(entry=0x12345678),
    "no-segments": _elf((), phnum=0),
    "many-segments": _elf(phnum=65535),
    "table-far-away": _elf(phoff=1 << 63),
    "odd-table-entries": _elf(phentsize=1),
    "32-bit": _elf(bits=1),
    "other-machine": _elf(machine=40),
    "shared-object": _elf(kind=1),
    "on-the-stack": _elf((GOOD, (LOAD, 6, 0, 0x7fffff0000, 0x1000, 0x20000))),
    "wants-an-interpreter": _elf((GOOD, (INTERP, 4, 0x1000, 0x401000, 0x10, 0x10))),
}
SCRIPTS = {
    "script-without-interpreter": "#!/no/such/shell\n",
    "script-of-itself": "#!/extra/script-of-itself\n",
    "script-empty-line": "#!\n",
    "script-long-line": "#!/" + "x" * 5000 + "\n",
    "script-folder": "#!/etc\n",
}


def _programs(log):
    """Each is refused, or dies by a signal; the last line shows that the system is well."""
    with tempfile.TemporaryDirectory(prefix="osier-hostile-") as folder:
        for name, data in PROGRAMS.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        for name, text in SCRIPTS.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        with open(os.path.join(folder, "good"), "wb") as file:
            file.write(_elf())
        for name in os.listdir(folder):
            os.chmod(os.path.join(folder, name), 0o755)
        names = sorted([*PROGRAMS, *SCRIPTS])
        command = "".join(f"env /extra/{name}; echo {name} $?\n" for name in names) + "/extra/good; echo good $?\nls /bin | wc -l\n"
        status, out, _, guest = run_guest(log, command, 120, extra=folder, KERNEL="debug")
    if guest.reason:
        raise Failure(explain(guest, status))
    answers = dict(line.split() for line in out.splitlines() if len(line.split()) == 2)
    check(answers.get("good") == "0", f"the good program ended with {answers.get('good')}")
    # What is no program at all, env hands to the shell, as POSIX asks: that finds a syntax error (2), or nothing (0).
    fine = {"126", "127", "132", "135", "137", "139", "2"}
    empty = ("empty", "script-empty-line", "script-long-line", "overlapping")
    wrong = [f"{name} ended with {answers.get(name)}" for name in names
             if answers.get(name) not in fine | ({"0"} if name in empty else set())]
    check(not wrong, "; ".join(wrong))
    return f"{len(names)} refused"


def _arguments(log):
    command = "set -- $(seq 10000); env echo \"$@\" | wc -w; env true \"$(head -c 3000000 /dev/zero | tr '\\0' x)\" 2>/dev/null; echo $?"
    status, out, err, guest = run_guest(log, command, 120, KERNEL="debug")
    check(status == 0, explain(guest, status))
    check(out.split() == ["10000", "126"], f"ten thousand arguments, then three million bytes: {out!r} {err!r}")


def _digest(log):
    with tempfile.TemporaryDirectory(prefix="osier-digest-") as folder:
        data = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(20 * 32768))
        with open(os.path.join(folder, "data"), "wb") as file:
            file.write(data)
        status, out, _, guest = run_guest(log, "sha256sum </extra/data", 120, extra=folder)
    check(status == 0, explain(guest, status))
    check(out.split()[0] == hashlib.sha256(data).hexdigest(), "the guest reads other bytes than the host")
    return f"{len(data) >> 20} MiB"


def _script(log):
    """A shell script of more than 200 lines, with functions, loops, pipes and here-documents."""
    lines = ["sum=0", "add() { sum=$((sum + $1)); }"]
    for n in range(80):
        lines += [f"add {n}", f"case {n} in *7) add 1 ;; *) add 0 ;; esac", f"[ {n} -lt 80 ] || exit 1"]
    lines += ["text=$(cat <<END", "a $sum", "b", "END", ")", "echo \"$text\" | sed 's/^/> /' | sort -r"]
    with tempfile.TemporaryDirectory(prefix="osier-script-") as folder:
        path = os.path.join(folder, "script")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + "\n".join(lines) + "\n")
        os.chmod(path, 0o755)
        status, out, _, guest = run_guest(log, "/extra/script", 120, extra=folder)
    check(status == 0, explain(guest, status))
    check(out == f"> b\n> a {sum(range(80)) + 8}\n", f"the script printed {out!r}")
    return f"{len(lines)} lines"


def _damaged_root(offset, data, name):
    """The image with some bytes of its root overwritten: the boot must say what is wrong."""
    def run(log):
        from vm import IMAGE, Machine, direct_kernel   # pylint: disable=import-outside-toplevel
        with tempfile.TemporaryDirectory(prefix="osier-damaged-") as folder:
            image = os.path.join(folder, "image")
            shutil.copyfile(IMAGE, image)
            with open(image, "r+b") as file:
                file.seek(ROOT_OFFSET + offset)
                file.write(data)
            words = Machine(KERNEL="debug").arguments() + direct_kernel("debug")
            words += ["-drive", f"file={image},format=raw,if=virtio,snapshot=on", "-serial", "stdio", "-monitor", "none"]
            with Console(log, words) as console:
                console.expect(r"root|ext2|cannot start|init", 20)
                match = console.expect(r"ext2.*|cannot (mount|start).*|panic.*|osier# $", 30, "no word on the damaged root")
                return match[0].strip()[:100]

    return Test("hostile/" + name, run)


def _no_shell(log):
    """An image without /bin/sh: init says so, and goes on trying at a sensible pace."""
    from vm import IMAGE, Machine, direct_kernel   # pylint: disable=import-outside-toplevel
    with tempfile.TemporaryDirectory(prefix="osier-noshell-") as folder:
        image = os.path.join(folder, "image")
        shutil.copyfile(IMAGE, image)
        run_command(log, ["/sbin/debugfs", "-w", "-R", "unlink /bin/sh", f"{image}?offset={ROOT_OFFSET}"], 30)
        words = Machine(KERNEL="debug").arguments() + direct_kernel("debug")
        words += ["-drive", f"file={image},format=raw,if=virtio,snapshot=on", "-serial", "stdio", "-monitor", "none"]
        with Console(log, words) as console:
            console.expect("there is no shell", 30)
            console.expect("trying again in 2 s", 10)


def _nonsense(log):
    options = ["=", "==x", "a=b=c", "x" * 900, "loglevel=99999999999999999999", "fork=maybe", "cpus=-1", "memtest=zebra", "\"", "root"]
    with Console(log, machine_arguments(direct="debug", options=options)) as console:
        console.expect("osier# |cannot mount", 30, "nonsense on the command line stopped the boot")


def tests():
    return [
        Test("hostile/programs", _programs),
        Test("hostile/arguments", _arguments),
        Test("hostile/command-line", _nonsense),
        Test("hostile/no-shell", _no_shell),
        _damaged_root(1024, bytes(1024), "no-superblock"),
        _damaged_root(1024, b"\xff" * 56, "absurd-superblock"),
        _damaged_root(1024 + 24, struct.pack("<I", 30), "huge-block-size"),
        _damaged_root(4096, b"\xff" * 4096, "absurd-groups"),
        _damaged_root(4096, bytes(4096), "empty-groups"),
        Test("work/digest", _digest),
        Test("work/script", _script),
    ]
